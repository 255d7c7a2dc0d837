"""The movable clock: demo time runs on from where it was set, the same in every process.

It lies in a small file of the home folder, so that a process whose transaction has failed still knows the time.
"""

import json
import os
import time
from datetime import UTC, datetime, timedelta
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
    place = _file(Path(settings.HOME))
    if not place.exists():
        set_to(BEGINNING)
    # Read every time: file systems stamp times too coarsely to tell by them whether it was written again.
    ahead = json.loads(place.read_text(encoding="utf-8"))["ahead_seconds"]
    return (datetime.now(UTC) + timedelta(seconds=ahead)).astimezone(TAIPEI)
