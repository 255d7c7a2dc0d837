"""What the shared components are drawn from."""

from dataclasses import dataclass
from datetime import date
from typing import Literal


@dataclass(frozen=True)
class Milestone:
    """One moment of a season; a ``datetime`` is shown with its time, a ``date`` without.

    ``note`` stands below, in place of the usual word for done and now.
    """

    label: str
    at: date
    state: Literal["done", "now", "later"]
    note: str = ""


@dataclass(frozen=True)
class Task:
    """One line of a task list; without ``url`` it cannot be opened yet. ``colour`` "" is plain text."""

    label: str
    url: str
    status: str
    colour: str = ""
    hint: str = ""


@dataclass(frozen=True)
class Tab:
    """One view of a list; ``count`` None shows none."""

    label: str
    url: str
    current: bool = False
    count: int | None = None
