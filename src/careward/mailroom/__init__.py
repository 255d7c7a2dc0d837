"""What became of the letters: for staff within their reach, for bounces, and how every letter reads."""
