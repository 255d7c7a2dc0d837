"""The people of institutions and of system vendors, and what institutions delegate."""
