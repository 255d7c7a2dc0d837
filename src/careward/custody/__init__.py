"""What becomes of files that were received: looked at in full with a reason, kept for their time, then destroyed."""
