"""The institutions the platform knows, and who may see which of them."""
