"""Pure decisions about delivered months: in time or not, what is asked of whom, which reminder is due.

In time is what was received by the end of the due day and accepted, whenever its check ended. Corrections sent later
take nothing away. Source: rules/seasons (data_months, indicator_proposal, upload_reminders,
suspended_months).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

from careward.kernel.clock import TAIPEI
from careward.kernel.roc import RocMonth
from careward.kernel.spans import Span, covered
from careward.rulebook.season import Season

REMINDED_WITHIN = timedelta(days=3)
"""A reminder that could not leave for so long is not sent any more: it would no longer be true [decided]."""


class Standing(StrEnum):
    """Where a dataset of a month, or the month as a whole, stands; computed whenever it is asked."""

    ON_TIME = "on_time"
    LATE = "late"
    CHECKING = "checking"
    REJECTED = "rejected"
    WAITING = "waiting"
    OVERDUE = "overdue"
    TO_COME = "to_come"
    """Not begun: nobody can send anything of it yet."""
    NOT_ASKED = "not_asked"
    PAUSED = "paused"
    """Begun, not due yet, and nothing can come: the account, or its system, is stopped. Only of a whole month."""
    HINDERED = "hindered"
    """Not in time, because nothing could come for so long before it was due. Only of a whole month."""


HELD = frozenset({Standing.ON_TIME, Standing.LATE})
"""There is an accepted file."""
STILL_OPEN = frozenset({Standing.TO_COME, Standing.WAITING, Standing.PAUSED})
"""Not complete and not due: it may yet come in time."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What is known of one dataset of one month: when the first file that was accepted was received.

    ``newest`` is ``checking`` or ``rejected`` where the newest delivery is so, ``ticket`` that delivery's.
    """

    first_accepted: datetime | None = None
    newest: str = ""
    ticket: str = ""


def standing_of(sent: Sent, due: datetime, now: datetime) -> Standing:
    """Where one dataset of a month stands; delivered exactly at ``due`` is in time."""
    if sent.first_accepted is not None:
        return Standing.ON_TIME if sent.first_accepted <= due else Standing.LATE
    if sent.newest in (Standing.CHECKING, Standing.REJECTED):
        return Standing(sent.newest)
    return Standing.OVERDUE if now > due else Standing.WAITING


def complete(required: Iterable[Standing]) -> bool:
    """Whether there is an accepted file of each."""
    return all(standing in HELD for standing in required)


def together(required: Iterable[Standing], due: datetime, now: datetime) -> Standing:
    """Where the month stands: on time or late once every required dataset is accepted, else waiting or overdue."""
    states = list(required)
    if complete(states):
        return Standing.LATE if Standing.LATE in states else Standing.ON_TIME
    return Standing.OVERDUE if now > due else Standing.WAITING


def month_standing(
    required: Iterable[Standing], season: Season, month: RocMonth, stops: Collection[Span], now: datetime
) -> Standing:
    """Where the month stands, with the times in which nothing could be uploaded told apart."""
    due = season.due_at(month)
    whole = together(required, due, now)
    if whole in (Standing.LATE, Standing.OVERDUE) and _hindered(season, month, stops):
        return Standing.HINDERED
    if whole is not Standing.WAITING:
        return whole
    if now < season.month_opens_at(month):
        return Standing.TO_COME
    return Standing.PAUSED if any(stop.holds(now) for stop in stops) else whole


def _hindered(season: Season, month: RocMonth, stops: Collection[Span]) -> bool:
    due = season.due_at(month)
    ended = datetime.combine(month.following().first_day, time(), tzinfo=TAIPEI)
    enough = timedelta(hours=season.suspended_months.hours_before_due)
    return any(stop.holds(due) for stop in stops) or covered(stops, ended, due) >= enough


def asked_months(season: Season, begins: datetime) -> tuple[RocMonth, ...]:
    """The data months asked of an institution that delivers for real since ``begins``: from that month on."""
    local = begins.astimezone(TAIPEI).date()
    return tuple(month for month in season.months if month.last_day >= local)


class Result(StrEnum):
    """What is proposed for the season's indicator; the authority decides."""

    MET = "met"
    UNMET = "unmet"
    PENDING = "pending"


@dataclass(frozen=True, slots=True)
class Proposal:
    """The proposed result with what it was made of: months asked, needed, on time and still to come."""

    result: Result
    asked: int
    needed: int
    on_time: int
    open: int


def proposal(season: Season, months: Mapping[RocMonth, Standing]) -> Proposal:
    """Propose the result of 指標 3.1 from where the asked months stand.

    A month missed through a stop is asked only where the season counts it. Met once enough months are on time,
    unmet once they no longer can be. Nothing asked: pending.
    """
    aside = (
        {Standing.NOT_ASKED} if season.suspended_months.counted else {Standing.NOT_ASKED, Standing.HINDERED}
    )
    asked = [standing for standing in months.values() if standing not in aside]
    needed = -(-len(asked) * season.indicator_proposal.percent_on_time // 100)
    on_time = asked.count(Standing.ON_TIME)
    still = sum(standing in STILL_OPEN for standing in asked)
    if asked and on_time >= needed:
        result = Result.MET
    elif on_time + still < needed:
        result = Result.UNMET
    else:
        result = Result.PENDING
    return Proposal(result, len(asked), needed, on_time, still)


def due_step(due: datetime, days: Sequence[int], *, done: Collection[int], now: datetime) -> int | None:
    """Which reminder is due now, by its days after the due moment (negative: before); None when none is.

    Only the latest step whose moment has come, and no longer than :data:`REMINDED_WITHIN` after it. A step is done
    when it, or a later one, was sent.
    """
    come = [step for step in days if due + timedelta(days=step) <= now]
    if not come or any(step >= come[-1] for step in done):
        return None
    return come[-1] if now < due + timedelta(days=come[-1]) + REMINDED_WITHIN else None
