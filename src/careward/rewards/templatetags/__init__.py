"""Template filters of rewards."""
