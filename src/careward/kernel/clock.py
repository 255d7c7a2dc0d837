"""The one clock: every moment the product decides by comes from :func:`now`.

The demo season moves it and tests freeze it; no other module may read the machine's time to decide anything.
Source: domain.md §1 (Asia/Taipei everywhere a person reads a time) and §2 (the server's clock decides).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

TAIPEI: Final = ZoneInfo("Asia/Taipei")


class Remaining(NamedTuple):
    """Whole days, hours and minutes left; the rest below a minute is dropped."""

    days: int
    hours: int
    minutes: int


class _Holder:
    """The source in force, for all threads of the process alike: jobs and SFTP work in threads."""

    def __init__(self) -> None:
        self.source: Callable[[], datetime] = _machine


def _machine() -> datetime:
    return datetime.now(UTC)


_holder = _Holder()


def now() -> datetime:
    """Return the present moment, aware, in Asia/Taipei.

    Raises ValueError when the installed source gives a moment without time zone: guessing one could move a
    deadline by eight hours.
    """
    return _aware(_holder.source()).astimezone(TAIPEI)


def install(source: Callable[[], datetime]) -> None:
    """Make ``source`` the clock of the whole process (the demo's movable one); it must give aware moments."""
    _holder.source = source


@contextmanager
def frozen(moment: datetime) -> Iterator[None]:
    """Hold the clock at ``moment`` in every thread; may be nested, and gives back the clock it found.

    For tests. Raises ValueError for a moment without time zone.
    """
    held = _aware(moment)
    before = _holder.source
    _holder.source = lambda: held
    try:
        yield
    finally:
        _holder.source = before


def taipei(y: int, m: int, d: int, h: int = 0, mi: int = 0, s: int = 0) -> datetime:
    """Build the moment at which clocks in Taipei show this; ``y`` is the AD year."""
    return datetime(y, m, d, h, mi, s, tzinfo=TAIPEI)


def remaining(until: datetime, now: datetime) -> Remaining:
    """Count what is left from ``now`` to ``until``, in whole units, floored; all zero once it is reached."""
    left = (_aware(until).astimezone(UTC) - _aware(now).astimezone(UTC)) // timedelta(minutes=1)
    hours, minutes = divmod(max(0, left), 60)
    days, hours = divmod(hours, 24)
    return Remaining(days, hours, minutes)


def _aware(moment: datetime) -> datetime:
    if moment.utcoffset() is None:
        raise ValueError(f"moment without time zone: {moment.isoformat()}")
    return moment
