"""Places that all gateways of one host share, so that a limit holds however many processes serve the port.

A place is one byte of a file that has none: whoever locks it has it, and the kernel gives back what a process held
when it ends, however it ends. Taking one asks no database and waits for nobody (decision 0033).
"""

import fcntl
import hashlib
import os
import struct
from pathlib import Path
from secrets import randbelow
from typing import Final

_FLOCK: Final = "@hhqqi4x"
"""Linux's ``struct flock``: type, whence, start, length, process id."""

ALL: Final = 0
STRANGERS: Final = 1 << 24
_SOURCES: Final = 1 << 32
_OF_ONE_SOURCE: Final = 1 << 12
"""More than any source is ever allowed."""


def of_source(source: str) -> int:
    """Where the places of one address begin."""
    number = int.from_bytes(hashlib.sha256(source.encode()).digest()[:6])
    return _SOURCES + number * _OF_ONE_SOURCE


class Doors:
    """The places as one process sees them; for its event loop alone."""

    def __init__(self, path: Path) -> None:
        # Locks of the open file, not of the process: another descriptor may be closed without losing them.
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._mine: set[int] = set()

    def take(self, first: int, count: int) -> int | None:
        """Take one of ``count`` places from ``first`` on; None when all are taken."""
        start = randbelow(count) if count else 0
        for step in range(count):
            place = first + (start + step) % count
            if place not in self._mine and self._lock(place, fcntl.F_WRLCK):
                self._mine.add(place)
                return place
        return None

    def give_back(self, place: int) -> None:
        """Let others have it."""
        if place in self._mine:
            self._mine.remove(place)
            self._lock(place, fcntl.F_UNLCK)

    def _lock(self, place: int, kind: int) -> bool:
        wanted = struct.pack(_FLOCK, kind, os.SEEK_SET, place, 1, 0)
        try:
            fcntl.fcntl(self._descriptor, fcntl.F_OFD_SETLK, wanted)
        except BlockingIOError:
            return False
        return True

    def close(self) -> None:
        """Give all places back."""
        self._mine.clear()
        os.close(self._descriptor)
