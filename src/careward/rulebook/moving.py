"""Moments moved after the rules were written: a typhoon closes the offices, a documented outage shuts the form.

A moment is moved for the whole season or for one county, never for one institution (domain.md §2: 不再受理申請).
Where the moves are kept the rulebook does not know; :func:`install` tells it whom to ask. Every season that
:func:`careward.rulebook.current` hands out carries the moves in force.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from careward.rulebook.season import Moment, MovedMoment, Season

NATIONWIDE: Final = ""
"""No county in particular: the season as everybody's page shows it, and a move for the whole season."""

ANYWHERE: Final = "*"
"""A county nobody has named yet: what opens, opens as early, what closes, closes as late as in any county."""


@dataclass(frozen=True, slots=True)
class Move:
    """One moment of one season, moved for a county (five digits) or for all (:data:`NATIONWIDE`)."""

    season: str
    code: str
    county: str
    at: datetime
    reason: str


Source = Callable[[], Sequence[Move]]


def none() -> Sequence[Move]:
    """No moves: the rules as they are written."""
    return ()


class _Holder:
    """The source in force, for all threads of the process alike."""

    def __init__(self) -> None:
        self.source: Source = none


_holder = _Holder()


def install(source: Source) -> None:
    """Make ``source`` the one asked for the moves in force, at every look at a season."""
    _holder.source = source


def in_force() -> Sequence[Move]:
    """The moves in force now, of all seasons and counties."""
    return _holder.source()


def moved(season: Season, moves: Iterable[Move], county: str) -> Season:
    """The season with its moments as they are in a county: its own move before the whole season's."""
    mine = [move for move in moves if move.season == season.code]
    if not mine:
        return season
    if county != ANYWHERE:
        return season.with_moments(_of_county(season, mine, county))
    everywhere = {move.county for move in mine} | {NATIONWIDE}
    views = [season.with_moments(_of_county(season, mine, place)) for place in sorted(everywhere)]
    return season.with_moments(
        {code: _widest([view.moment(code) for view in views]) for code in season.moments}
    )


def _of_county(season: Season, moves: Sequence[Move], county: str) -> Mapping[str, Moment]:
    chosen = {move.code: move for move in moves if move.county == NATIONWIDE}
    chosen |= {move.code: move for move in moves if move.county == county}
    return {
        code: _moved(moment, chosen[code]) if code in chosen else moment
        for code, moment in season.moments.items()
    }


def _moved(moment: Moment, move: Move) -> Moment:
    told = {name: getattr(moment, name) for name in type(moment).model_fields}
    return MovedMoment.model_construct(
        **{**told, "at": move.at, "was": moment.at, "reason": move.reason, "county": move.county}
    )


def _widest(moments: Sequence[Moment]) -> Moment:
    return (min if moments[0].opens else max)(moments, key=lambda moment: moment.at)
