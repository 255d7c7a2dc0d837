"""Pure decisions about continuing: where an invitation stands, which reminder is due, what differs."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from careward.applications.rules import sections, shown_source, unfinished
from careward.continuing.procedure import AGREED, CHANGED, LISTED, STRUCK
from careward.rulebook.season import Season


class Standing(StrEnum):
    """Where an invitation stands, as people are told; computed whenever it is asked."""

    NOT_INVITED = "not_invited"
    WAITING = "waiting"
    UNFINISHED = "unfinished"
    AGREED = "agreed"
    CHANGED = "changed"
    ANEW = "anew"
    LAPSED = "lapsed"
    STRUCK = "struck"


FINISHED = frozenset({Standing.AGREED, Standing.CHANGED, Standing.ANEW})
"""Those that need no reminder."""


def standing(state: str, *, begun: bool, anew: bool, closed: bool) -> Standing:
    """Where an invitation in ``state`` stands.

    ``begun``: its letter was opened or a change begun; ``anew``: the institution applies as a new one (the
    way to change the mailbox); ``closed``: the window is past. Source: S0 註 2, domain.md §2 (尚未完成 while
    it can still be sent, 視同不提出申請 from the moment on).
    """
    if state in (AGREED, CHANGED, STRUCK):
        return Standing(state)
    if anew:
        return Standing.ANEW
    if state == LISTED:
        return Standing.NOT_INVITED
    if closed:
        return Standing.LAPSED
    return Standing.UNFINISHED if begun else Standing.WAITING


def due_step(
    closes: datetime, days_before: Sequence[int], *, invited_at: datetime, done: Collection[int], now: datetime
) -> int | None:  # fmt: skip
    """Which reminder (by its days before the closing) is due now; None when none is.

    Only the latest step whose moment has come: what was missed while nothing ran is not caught up in a burst.
    A step at whose moment the invitation had not been sent yet, or one that is ``done``, is never due.
    """
    if now > closes:
        return None
    come = [days for days in days_before if closes - timedelta(days=days) <= now]
    if not come:
        return None
    latest = min(come)
    moment = closes - timedelta(days=latest)
    return None if invited_at > moment or any(step <= latest for step in done) else latest


def lacking(answers: Mapping[str, Any], season: Season) -> tuple[str, ...]:
    """Ids of the form's pages that what was carried over leaves unfilled; then 同意 alone is not possible."""
    mode = season.modes.get(answers["mode"])
    filled = {**answers, "mailbox_proved": True}
    if mode is None:
        return ("mode",)
    return tuple(section.id for section in unfinished(sections(mode), filled, not_asked=("person_id",)))


@dataclass(frozen=True, slots=True)
class Difference:
    """One answer that is no longer what was carried over: its label, old and new, as people read them."""

    label: str
    old: str
    new: str


def as_text(value: Any) -> str:
    """A value as one line: source addresses as people write them."""
    if isinstance(value, list | tuple):
        return "、".join(shown_source(str(one)) for one in value) if value else ""
    return "" if value is None else str(value)
