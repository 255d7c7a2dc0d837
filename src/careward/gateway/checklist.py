"""連線自我檢測: how far an account's connections come, told by what happened last at each step; pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, Protocol

from careward.gateway.backend import Outcome
from careward.kernel.texts import text
from careward.rulebook import current

STEPS: Final = ("address", "account", "secret", "folder", "file")
"""In the order a connection takes them."""

State = Literal["passed", "failed", "waiting"]

WRONG_PLACE: Final = frozenset({"read_only", "is_folder", "not_found", "rename_other_lane"})
"""Refusals of a file that was put somewhere else than into an inbox."""

_REACHED: Final[Mapping[Outcome, tuple[str, bool]]] = {
    Outcome.ADDRESS_NOT_LISTED: ("address", False),
    Outcome.NOT_OPEN_YET: ("account", False),
    Outcome.CLOSED: ("account", False),
    Outcome.WITHOUT_RIGHT: ("account", False),
    Outcome.LOCKED: ("account", False),
    Outcome.RIGHT_ENDED: ("account", False),
    Outcome.PASSWORD_WRONG: ("secret", False),
    Outcome.KEY_UNKNOWN: ("secret", False),
    Outcome.SIGNED_IN: ("secret", True),
    Outcome.TOO_MANY_SESSIONS: ("folder", False),
    Outcome.RECEIVED: ("file", True),
    Outcome.FILE_HELD: ("file", True),
    Outcome.FILE_REFUSED: ("file", False),
    Outcome.FILE_CUT: ("file", False),
}


class Happened(Protocol):
    """What the check-list needs to know of an attempt."""

    @property
    def outcome(self) -> str:
        """One of :class:`Outcome`."""

    @property
    def detail(self) -> str:
        """The code of a refusal, or nothing."""

    @property
    def at(self) -> datetime:
        """When."""

    @property
    def source(self) -> str:
        """From where."""


def said_of(outcome: str) -> str:
    """What an outcome says to people."""
    return text(f"gateway:outcomes.{outcome}", minutes=current().policies.sign_in.lock_minutes.value)


@dataclass(frozen=True, slots=True)
class Line:
    """One step of the check-list; ``last`` is the attempt that tells, None while nobody came so far."""

    step: str
    state: State
    last: Happened | None

    @property
    def label(self) -> str:
        """The step in words."""
        return text(f"gateway:checklist.{self.step}.label")

    @property
    def says(self) -> str:
        """What holds now, and what to do if it does not."""
        if self.state == "failed" and self.last is not None:
            return said_of(self.last.outcome)
        return text(f"gateway:checklist.{self.step}.{self.state}")

    @property
    def state_label(self) -> str:
        """The state in words."""
        return text(f"gateway:checklist.states.{self.state}")

    @property
    def colour(self) -> str:
        """The colour of its tag."""
        return {"passed": "green", "failed": "red", "waiting": "grey"}[self.state]


def reached(attempt: Happened) -> tuple[str, bool]:
    """Say at which step an attempt ended, and whether it passed it; an unknown account is of nobody."""
    step, passed = _REACHED.get(Outcome(attempt.outcome), ("account", False))
    if attempt.outcome == Outcome.FILE_REFUSED and attempt.detail in WRONG_PLACE:
        return "folder", False
    return step, passed


def checklist(newest_first: Iterable[Happened]) -> list[Line]:
    """Tell for each step what the last connection that came so far found there."""
    attempts = [(attempt, *reached(attempt)) for attempt in newest_first]
    lines = []
    for number, step in enumerate(STEPS):
        told = next((a for a in attempts if STEPS.index(a[1]) >= number), None)
        if told is None:
            lines.append(Line(step, "waiting", None))
        else:
            attempt, ended, passed = told
            lines.append(Line(step, "passed" if passed or ended != step else "failed", attempt))
    return lines
