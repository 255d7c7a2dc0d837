"""A large file, by whole columns: polars reads the cells and finds the rows that may break a check.

Those rows – few, as a rule – then go through the very tests of small files, which decide and word what is found.
So the two ways cannot come to different answers but by overlooking a row; a property test looks for one.
"""

from dataclasses import replace
from typing import Final

import polars as pl

from careward.intake.columns import ColumnReader
from careward.intake.examination import Examination
from careward.intake.findings import Notes
from careward.intake.gathering import Doubles, Orders
from careward.intake.table import Batch, Table, Unreadable
from careward.rulebook.interchange_rules import Unique

_AT_ONCE: Final = 2_000
"""Suspected rows looked at together, so that memory holds no more of them as Python's values."""


class ByColumns:
    """Walks a table in batches; memory grows only with the key columns of checks across records."""

    def __init__(self, one: Examination) -> None:
        self._one, made, scope = one, one.made, one.scope
        dataset = made.dataset
        self._fields = [field.id for field in dataset.fields]
        self._readers = [ColumnReader(column) for column in made.columns]
        self._suspects = made.suspects(scope)
        tests = made.row_tests(scope)
        self._tests = [
            replace(tested, quiet=None) for tested in tests if not isinstance(tested.check.rule, Unique)
        ]
        self._doubles = [
            Doubles(tested.check, rule, tested.test, one)
            for tested in tests
            if isinstance(rule := tested.check.rule, Unique)
        ]
        self._orders = [Orders(check, test, self._fields) for check, test in made.whole_tests(scope)]

    def run(self, table: Table) -> None:
        """Check every batch, then what needs all of them. Raises Unreadable."""
        try:
            for batch in table.batches():
                self._batch(batch, table.width)
        except Unreadable:
            self._across()
            raise
        self._across()
        for orders in self._orders:
            self._one.take(orders.findings())
        self._one.count_rows()

    def _across(self) -> None:
        for doubles in self._doubles:
            self._one.take(doubles.findings())

    def _batch(self, batch: Batch, width: int) -> None:
        one = self._one
        one.row_count += batch.lines.len() + len(batch.ragged)
        for row in batch.ragged:
            one.ragged(row, width)
        if not batch.lines.len():
            return
        values, suspect = self._read(batch)
        if suspect.any():
            lines, cells = batch.lines.filter(suspect), batch.cells.filter(suspect)
            for at in range(0, len(lines), _AT_ONCE):
                some = slice(at, at + _AT_ONCE)
                columns = [column.to_list() for column in cells[some]]
                one.rows(lines[some].to_list(), columns, self._tests, Notes())
        key_at = one.made.key_at
        keys = None if key_at is None else batch.cells.to_series(key_at)
        for doubles in self._doubles:
            doubles.take(batch.lines, values, keys)
        for orders in self._orders:
            orders.take(batch.lines, values)
        if one.keep is not None and not one.found.errors:
            one.keep.add_all(values)

    def _read(self, batch: Batch) -> tuple[pl.DataFrame, pl.Series]:
        """The values, and in which rows the tests of rows may find something."""
        columns: list[pl.Series] = []
        suspect = pl.repeat(value=False, n=batch.lines.len(), eager=True)
        sides = list(zip(self._readers, batch.cells, strict=True))
        asked = batch.cells.select(reader.ask(cells).alias(cells.name) for reader, cells in sides)
        for (reader, cells), answer in zip(sides, asked, strict=True):
            told = reader.read(answer, cells, batch.lines, self._one.notes)
            columns.append(told.values.alias(cells.name))
            if told.sound is not None:
                suspect |= ~told.sound
        values = pl.DataFrame(columns)
        if self._suspects:
            suspect |= values.select(pl.any_horizontal(self._suspects).fill_null(value=False)).to_series()
        return values, suspect
