"""Changes of connection data after the accounts are made: asked for, reviewed, gathered by month, processed."""
