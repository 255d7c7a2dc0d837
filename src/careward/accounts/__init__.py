"""Who comes in: staff by password and second factor, institutions by mailed code, applicants by link."""
