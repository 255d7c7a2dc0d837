"""Template tags for letters."""
