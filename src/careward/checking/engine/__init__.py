"""One list of rules, compiled two ways: row by row for small files, by whole columns for large ones."""
