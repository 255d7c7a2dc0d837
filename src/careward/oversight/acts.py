"""Imported at the start like every package's acts: what follows the acts of an application."""

from careward.oversight import receipts

__all__ = ["receipts"]
