"""Whether a moment may be moved; pure decisions over the season as it is and as it would be."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import pairwise

from careward.rulebook import NATIONWIDE, Moment, Season
from careward.rulebook.moving import Move, moved


def why_not(moment: Moment, written: Moment, at: datetime, now: datetime) -> str | None:
    """The code of the refusal to move ``moment`` (in force; ``written`` in the rules) to ``at``, None to allow it.

    Nothing is moved into the past; what has opened stays open; a closing may be moved later than the rules say,
    and back, but never before what was published first [decided: whoever relied on it must not lose].
    """
    if at == moment.at:
        return "same_moment"
    if at <= now:
        return "in_the_past"
    if moment.opens:
        return "already_open" if moment.passed(now) else None
    return "earlier_than_published" if at < written.at else None


def with_move(moves: Iterable[Move], new: Move) -> list[Move]:
    """The moves when ``new`` takes the place of the one for the same season, moment and county."""
    return [*without(moves, new), new]


def without(moves: Iterable[Move], gone: Move) -> list[Move]:
    """The moves without the one for the same season, moment and county."""
    key = (gone.season, gone.code, gone.county)
    return [move for move in moves if (move.season, move.code, move.county) != key]


def out_of_order(written: Season, moves: Sequence[Move]) -> tuple[Moment, Moment] | None:
    """The first two moments that would stand the wrong way round in any county; None when all keep their order."""
    places = {NATIONWIDE} | {move.county for move in moves}
    for place in sorted(places):
        for before, after in pairwise(moved(written, moves, place).in_order):
            if after.at < before.at:
                return before, after
    return None
