"""Upload accounts and address lists."""
