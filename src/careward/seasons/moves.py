"""The moves in force, as the rulebook asks for them at every look at a season.

Within one request or job step they are read once (:func:`held_moves`); an act that changes them lets go of what is
held. Elsewhere every look reads them: the table holds a handful of rows.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from django.db import connection
from django.http import HttpRequest, HttpResponse

from careward.rulebook.moving import Move
from careward.seasons.procedure import IN_FORCE

# As plain SQL: every page and every guard asks, and most times there is none.
_IN_FORCE: Final = """
SELECT "season", "code", "county", "at", "reason" FROM "seasons_momentmove" WHERE "state" = %s
"""

_held: ContextVar[list[Sequence[Move]] | None] = ContextVar("held_moves", default=None)


def in_force() -> Sequence[Move]:
    """The moves in force now."""
    held = _held.get()
    if held is None:
        return _read()
    if not held:
        held.append(_read())
    return held[0]


def forget() -> None:
    """Let go of what is held: the moves have changed."""
    held = _held.get()
    if held:
        held.clear()


def hold(read: Sequence[Move]) -> None:
    """Where the moves are held, they are these from now on: they were read beside something else."""
    held = _held.get()
    if held is not None:
        held[:] = [read]


def _read() -> Sequence[Move]:
    with connection.cursor() as cursor:
        cursor.execute(_IN_FORCE, [IN_FORCE])
        return [Move(*row) for row in cursor.fetchall()]


@contextmanager
def held_moves(*read: Sequence[Move]) -> Iterator[None]:
    """Within the block every look sees the same moments, read once; or those that were ``read`` already."""
    token = _held.set(list(read))
    try:
        yield
    finally:
        _held.reset(token)


class HeldMoves:
    """Middleware: within one request every page part sees the same moments, read once."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Hold the moves from the first look to the answer."""
        with held_moves():
            return self.get_response(request)
