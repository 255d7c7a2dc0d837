"""A file as a table of one dataset: its rows of text cells, or the reasons why it is none."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import polars as pl

from careward.checking.unreadable import Unreadable

_GATHERED: Final = 50_000
_IN_PART: Final = 1_000

BLANKS: Final = "".join(sign for sign in map(chr, range(0x3001)) if sign.isspace())
"""What ``str.strip`` takes away; polars would leave some of it."""

Source = Path | bytes | BinaryIO
"""A file: its path, its bytes, or a seekable stream at its beginning, which is left open."""


@dataclass(frozen=True, slots=True)
class Row:
    """One data row. `line` is the one it begins on; `cells` stand in the order of the dataset's fields.

    A row with too few or too many cells has none, and `width` says how many it had.
    """

    line: int
    cells: tuple[str, ...] | None
    width: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Many rows at once: the line each begins on, and its cells, one column per field, in their order.

    `ragged` are the rows between them that have no cells.
    """

    lines: pl.Series
    cells: pl.DataFrame
    ragged: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """Some rows, as :class:`Batch`, in plain Python."""

    lines: Sequence[int]
    columns: Sequence[Sequence[str]]
    ragged: Sequence[Row] = ()


@dataclass(frozen=True)
class Table:
    """An opened file with a good heading.

    Either ``rows``, ``batches`` or ``in_parts`` may be asked for, once; all raise :class:`Unreadable`. `expected` says
    roughly how many rows there are. `whole` gives all rows of a small file at once, where that is known to be the same
    as reading row by row.
    """

    width: int
    rows: Callable[[], Iterator[Row]]
    batches: Callable[[], Iterator[Batch]]
    expected: int
    whole: Callable[[], Part | None] = lambda: None

    def in_parts(self) -> Iterator[Part]:
        """All rows, some at a time."""
        part = self.whole()
        if part is not None:
            yield part
            return
        for rows in _held(self.rows(), _IN_PART):
            full = [(row.line, row.cells) for row in rows if row.cells is not None]
            columns = list(zip(*(cells for _, cells in full), strict=True))
            ragged = [row for row in rows if row.cells is None]
            yield Part([line for line, _ in full], columns, ragged)


def ahead(batches: Iterator[Batch]) -> Iterator[Batch]:
    """The same, each read while the one before it is looked at."""
    with ThreadPoolExecutor(1, "ahead") as reader:
        coming = reader.submit(next, batches, None)
        while (batch := coming.result()) is not None:
            coming = reader.submit(next, batches, None)
            yield batch


def gathered(rows: Iterable[Row], fields: Sequence[str]) -> Iterator[Batch]:
    """Rows put together into batches; those before an :class:`Unreadable` are given before it is raised."""
    for held in _held(rows, _GATHERED):
        yield batch_of(held, fields)


def _held(rows: Iterable[Row], most: int) -> Iterator[list[Row]]:
    held: list[Row] = []
    try:
        for row in rows:
            held.append(row)
            if len(held) >= most:
                yield held
                held = []
    except Unreadable:
        if held:
            yield held
        raise
    if held:
        yield held


def batch_of(rows: Sequence[Row], fields: Sequence[str]) -> Batch:
    """Rows put together."""
    whole = [(row.line, row.cells) for row in rows if row.cells is not None]
    cells = zip(*(cells for _, cells in whole), strict=True) if whole else [()] * len(fields)
    columns = {
        name: pl.Series(name, column, dtype=pl.String) for name, column in zip(fields, cells, strict=True)
    }
    lines = pl.Series([line for line, _ in whole], dtype=pl.UInt32)
    return Batch(lines, pl.DataFrame(columns), tuple(row for row in rows if row.cells is None))
