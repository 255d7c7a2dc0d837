"""Changed rules tried in shadow on what is kept: which accepted files would now be refused, and who must be told."""
