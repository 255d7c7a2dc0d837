"""A file as a table of one dataset: its rows of text cells, or the reasons why it is none."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from careward.rulebook.interchange_rules import ReadingProblem

Source = Path | bytes | BinaryIO
"""A file: its path, its bytes, or a seekable stream at its beginning, which is left open."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One reason why a file cannot be read; `values` are what the check's wording needs beside `found`."""

    problem: ReadingProblem
    found: str = ""
    values: Mapping[str, object] = field(default_factory=dict)
    line: int | None = None


class Unreadable(Exception):
    """The file, or its rest, is not a table of the dataset. `faults` has every reason that could be told."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__(", ".join(fault.problem for fault in faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Row:
    """One data row. `line` is the one it begins on; `cells` stand in the order of the dataset's fields.

    A row with too few or too many cells has none, and `width` says how many it had.
    """

    line: int
    cells: tuple[str, ...] | None
    width: int


@dataclass(frozen=True)
class Table:
    """An opened file with a good heading. ``rows`` may be walked once and raises :class:`Unreadable`."""

    width: int
    rows: Iterator[Row]
