"""The answer to a file: one document, signed, as text and as sheets of a workbook; and its verification."""
