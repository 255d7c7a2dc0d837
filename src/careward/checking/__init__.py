"""A file checked against its specification: read, checked, kept, answered; knows no Django and no database."""
