"""Resident-days of a month from the roster and the moves of an institution.

The day of arrival or return counts, the day of leaving does not; days in hospital or on leave do not
(domain.md §4). Of two moves on one day the later decides [decided]. Which datasets, fields and codes tell
it is data of the specification (``resident_days``).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from careward.checking.cells import Value
from careward.checking.known import KnownTable
from careward.kernel.roc import RocMonth
from careward.rulebook.interchange_types import ResidentDays

_ONE: timedelta = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Move:
    """Somebody left for a time (``away``) or came back, on ``day``."""

    day: date
    away: bool


def days_present(
    start: date, end: date | None, moves: Iterable[Move], period: RocMonth, *, away_before: bool
) -> int:
    """Days of one stay that count in a month; ``away_before`` says whether somebody was out as it began.

    ``end`` is the day of leaving, None while the stay lasts. Moves outside the stay or the month count for
    nothing.
    """
    first = max(start, period.first_day)
    last = period.last_day if end is None else min(end - _ONE, period.last_day)
    within = [move for move in moves if first <= move.day <= period.last_day]
    away, since, absent = away_before and start < period.first_day, first, 0
    for move in _in_order(within, away=away):
        away = move.away
        if away:
            since = move.day
        else:
            absent += _days(since, min(move.day - _ONE, last))
    if away:
        absent += _days(since, last)
    return _days(first, last) - absent


def _in_order(moves: Iterable[Move], *, away: bool) -> Iterator[Move]:
    """Those that change where somebody is, in turn: of one day first the one that ends how the day began.

    So the last of a day decides about it: left and back counts, back and left again does not.
    """
    for _, on_day in groupby(sorted(moves, key=lambda move: move.day), key=lambda move: move.day):
        left = list(on_day)
        while turn := next((move for move in left if move.away != away), None):
            left.remove(turn)
            away = turn.away
            yield turn


def _days(first: date, last: date) -> int:
    return max(0, (last - first).days + 1)


def resident_days(
    rule: ResidentDays,
    roster: KnownTable,
    moves: KnownTable | None,
    *,
    away_before: Collection[Value] = (),
) -> int:
    """Resident-days of an institution in the roster's month.

    ``moves`` are those of the same month, None when none were sent; ``away_before`` are the keys of those out as
    the month began (:func:`away_at_end` of the month before, and of those still out then).
    """
    of = _by_resident(rule, moves)
    total = 0
    for row in roster.rows:
        who, start, end = row.get(rule.stays.key), row.get(rule.stays.start), row.get(rule.stays.end)
        if not isinstance(start, date):
            continue
        total += days_present(
            start,
            end if isinstance(end, date) else None,
            of[who],
            roster.period,
            away_before=who in away_before or _came_back_first(of[who]),
        )
    return total


def away_at_end(
    rule: ResidentDays, moves: KnownTable | None, *, away_before: Collection[Value] = ()
) -> frozenset[Value]:
    """Keys of those out as the month ended."""
    of = _by_resident(rule, moves)
    return frozenset(who for who in {*of, *away_before} if _away_after(of[who], away=who in away_before))


def _away_after(moves: list[Move], *, away: bool) -> bool:
    for move in _in_order(moves, away=away or _came_back_first(moves)):
        away = move.away
    return away


def _came_back_first(moves: list[Move]) -> bool:
    """Whose first move of the month is a return was out as it began, whether or not the leaving is known."""
    first = min(moves, key=lambda move: (move.day, not move.away), default=None)
    return first is not None and not first.away


def _by_resident(rule: ResidentDays, moves: KnownTable | None) -> dict[Value, list[Move]]:
    of: dict[Value, list[Move]] = defaultdict(list)
    for who, move in _told(rule, moves):
        of[who].append(move)
    return of


def _told(rule: ResidentDays, moves: KnownTable | None) -> Iterator[tuple[Value, Move]]:
    for row in moves.rows if moves else ():
        day, code = row.get(rule.moves.day), row.get(rule.moves.code)
        if isinstance(day, date) and code in (*rule.leaves, *rule.returns):
            yield row.get(rule.moves.key), Move(day, away=code in rule.leaves)
