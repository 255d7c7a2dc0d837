"""Process runner, health, demo season."""
