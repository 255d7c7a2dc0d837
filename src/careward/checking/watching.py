"""How far a long file has been read, shown on a terminal while it is checked offline."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

LONG: Final = 4 << 20
"""Bytes from which on checking takes so long that somebody wonders [decided]."""


class Watched(io.FileIO):
    """A file that tells how far it has been read.

    A CSV is gone through twice, for its encoding and for its rows; each counts for one half.
    """

    def __init__(self, path: Path, tell: Callable[[int], None]) -> None:
        super().__init__(path)
        self._tell_others, self._size = tell, path.stat().st_size
        self._furthest, self._again = 0, False

    @property
    def total(self) -> int:
        """What is told at the end."""
        return 2 * self._size

    def readinto(self, buffer: memoryview, /) -> int | None:  # type: ignore[override]
        """See FileIO."""
        count = super().readinto(buffer)
        self._told()
        return count

    def readall(self) -> bytes:
        """See FileIO."""
        content = super().readall()
        self._told()
        return content

    def _told(self) -> None:
        at = self.tell()
        if at >= self._size and not self._again:
            self._again, self._furthest = True, self._size
        elif self._again:
            self._furthest = max(self._furthest, self._size + (at if at < self._size else 0))
        else:
            self._furthest = max(self._furthest, at)
        self._tell_others(self._furthest)


def _nothing() -> None:
    """There is no bar to be taken away."""


@contextmanager
def watched(path: Path, err: TextIO) -> Iterator[tuple[BinaryIO | None, Callable[[], None]]]:
    """The file to be checked, with a bar on ``err``, and what takes the bar away before the answer is written.

    The file is None when that is no terminal or the file is short. Raises OSError when there is no such file.
    """
    console = Console(file=err)
    if not console.is_terminal or path.stat().st_size < LONG:
        yield None, _nothing
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(path.name.replace("[", "\\["), total=1)
        raw = Watched(path, lambda done: progress.update(task, completed=done))
        progress.update(task, total=raw.total)
        with io.BufferedReader(raw) as stream:
            yield stream, progress.stop
