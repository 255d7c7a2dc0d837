"""Performs acts: row of the procedure → guards → change → journal → letters, in one transaction."""

from careward.flow.performing import NotPermitted, Refusal, Refused, Step, act, after, guard, represent

__all__ = ["NotPermitted", "Refusal", "Refused", "Step", "act", "after", "guard", "represent"]
