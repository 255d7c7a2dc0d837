"""One file being checked: what both ways of going through it share."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import polars as pl

from careward.checking.engine.compiling import Breach, Compiled, Tested
from careward.checking.engine.kinds import Scope, Values
from careward.checking.findings import Finding, Notes, shown
from careward.checking.marking import Marker
from careward.checking.reading.table import Row
from careward.checking.spill import Findings
from careward.rulebook.interchange import Check


class Sink(Protocol):
    """Takes the values of clean rows: one column per field, in their order."""

    def add(self, columns: Sequence[Values], /) -> None:
        """Some, as Python has them."""

    def add_all(self, values: pl.DataFrame, /) -> None:
        """Many, as polars has them."""


@dataclass
class Examination:
    """What a file is checked against and what came of it so far.

    `keep` gets rows until the first error, since a faulty file is not kept. `marker` marks the warnings, where the
    institution is known.
    """

    made: Compiled
    scope: Scope
    notes: Notes
    found: Findings
    keep: Sink | None
    marker: Marker | None = None
    row_count: int = 0

    def rows(
        self, lines: Sequence[int], cells: Sequence[Sequence[str]], tests: Sequence[Tested], notes: Notes
    ) -> list[Values]:
        """Read and test some rows, given as columns; what is found is added, the values are given back."""
        breaches: dict[int, list[Breach]] = {}
        values = [
            column.read(column_cells, lines, notes, breaches)
            for column, column_cells in zip(self.made.columns, cells, strict=True)
        ]
        all_read = not breaches
        for tested in tests:
            if all_read and tested.quiet is not None and tested.quiet(lines, values):
                continue
            for place, row in enumerate(zip(*values, strict=True)):
                told = tested.test(lines[place], row)
                if told is not None:
                    breaches.setdefault(place, []).append((tested.check, *told))
        for place in sorted(breaches):
            self._tell(
                lines[place],
                [column[place] for column in cells],
                [column[place] for column in values],
                breaches[place],
            )
        return values

    def _tell(self, line: int, cells: Sequence[str], values: Values, breaches: Sequence[Breach]) -> None:
        written = None if self.made.key_at is None else cells[self.made.key_at]
        key = self.key(written)
        for breach in breaches:
            self.tell(line, written, key, breach, values, cells)

    def key(self, written: str | None) -> str:
        """How the institution knows a row, fit to be shown."""
        return "" if written is None else shown(written.strip())

    def tell(
        self,
        line: int,
        written: str | None,
        key: str,
        breach: Breach,
        values: Values,
        cells: Sequence[str],
    ) -> None:
        """Add what was found in a row; of `values` and `cells` those count of which the check speaks."""
        check, found, more = breach
        mark = self.mark(check, written, values, cells, more) if check.warns else ""
        self.found.add(Finding(line, check, found, key, more, mark))

    def mark(
        self, check: Check, key: str | None, values: Values, cells: Sequence[str], more: Mapping[str, object]
    ) -> str:
        """What a warning is known by; empty where the institution is not."""
        return "" if self.marker is None else self.marker.of(check, key, values, cells, more)

    def ragged(self, row: Row, width: int) -> None:
        """Note a row that has not as many cells as the heading."""
        check = self.made.spec.reading_check("row_ragged")
        self.found.add(Finding(row.line, check, str(row.width), values={"count": row.width, "limit": width}))

    def take(self, findings: Iterable[Finding]) -> None:
        """Add what was found when all rows were seen."""
        for finding in findings:
            self.found.add(finding)

    def count_rows(self) -> None:
        """Test how many rows there were."""
        for check, rule in self.made.row_counts:
            if not rule.least <= self.row_count <= rule.most:
                self.found.add(Finding(None, check, str(self.row_count), values={"count": self.row_count}))
