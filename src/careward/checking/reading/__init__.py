"""What people really send, read into a table of texts: delimited files, workbooks, JSON, ZIP."""
