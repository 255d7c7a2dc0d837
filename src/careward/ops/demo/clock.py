"""The movable clock: demo time runs on from where it was set, the same in every process.

It lies in a small file of the home folder, so that a process whose transaction has failed still knows the time.
"""

import json
import os
import time
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from careward.kernel.clock import TAIPEI, taipei

BEGINNING = taipei(2025, 12, 1, 9)
"""114-12-01 09:00, where the demo season starts (decided: inside the institutions' window, a week to go)."""


def _file(home: Path) -> Path:
    return home / "demo" / "clock.json"


def set_to(moment: datetime) -> None:
    """Let the demo's time be ``moment`` now, and run on from there."""
    write(Path(settings.HOME), moment)


def write(home: Path, moment: datetime) -> None:
    """Put the clock of the demo that lives in ``home`` to a moment; all its processes follow at once."""
    ahead = moment - datetime.now(UTC)
    place = _file(home)
    place.parent.mkdir(parents=True, exist_ok=True)
    fresh = place.with_name(f"clock-{os.getpid()}-{time.monotonic_ns()}.json")
    fresh.write_text(json.dumps({"ahead_seconds": ahead.total_seconds()}), encoding="utf-8")
    fresh.replace(place)


def source() -> datetime:
    """The demo's time, for ``kernel.clock.install``; starts at the beginning when never set."""
    # Read every time: file systems stamp times too coarsely to tell by them whether it was written again.
    place = f"{settings.HOME}/demo/clock.json"
    try:
        written = _bytes_of(place)
    except FileNotFoundError:
        set_to(BEGINNING)
        written = _bytes_of(place)
    return (datetime.now(UTC) + _ahead(written)).astimezone(TAIPEI)


def _bytes_of(place: str) -> bytes:
    """The whole small file by two calls of the system: every page asks for the time a dozen times."""
    file = os.open(place, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(file, 4096)
    finally:
        os.close(file)


@lru_cache(maxsize=1)
def _ahead(written: bytes) -> timedelta:
    return timedelta(seconds=json.loads(written)["ahead_seconds"])
