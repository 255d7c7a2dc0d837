"""Spans of time: from a moment on, up to another, or not ended yet."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Span:
    """``begins <= at < ends``, both aware; ``ends`` None while it lasts. ``reason`` is what people are told."""

    begins: datetime
    ends: datetime | None
    reason: str = ""

    def holds(self, at: datetime) -> bool:
        """Whether a moment lies in it."""
        return self.begins <= at and (self.ends is None or at < self.ends)


def covered(spans: Iterable[Span], begins: datetime, ends: datetime) -> timedelta:
    """How much of ``begins`` to ``ends`` lies in any of the spans; what overlaps is counted once."""
    total, reached = timedelta(), begins
    for span in sorted(spans, key=lambda one: one.begins):
        start = max(span.begins, reached)
        stop = ends if span.ends is None else min(span.ends, ends)
        if start < stop:
            total += stop - start
            reached = stop
    return total
