"""A large file, by whole columns: polars reads the cells and finds those cells and rows that may break a check.

They – few, as a rule – then go through the very readers and tests of small files, which decide and word what is found
(:mod:`careward.checking.engine.suspects`). So the two ways cannot come to different answers but by overlooking a row; a
property test looks for one.
"""

import polars as pl

from careward.checking.engine.columns import ColumnReader
from careward.checking.engine.examination import Examination
from careward.checking.engine.gathering import Doubles, Orders
from careward.checking.engine.suspects import Suspects
from careward.checking.reading.table import Batch, Table, ahead
from careward.checking.unreadable import Unreadable
from careward.rulebook.interchange_rules import Unique


class ByColumns:
    """Walks a table in batches; memory grows only with the key columns of checks across records."""

    def __init__(self, one: Examination) -> None:
        self._one, made, scope = one, one.made, one.scope
        dataset = made.dataset
        self._fields = [field.id for field in dataset.fields]
        self._readers = [ColumnReader(column) for column in made.columns]
        self._suspects = Suspects(one)
        self._doubles = [
            Doubles(tested.check, rule, tested.test, one)
            for tested in made.row_tests(scope)
            if isinstance(rule := tested.check.rule, Unique)
        ]
        self._orders = [Orders(check, test, self._fields) for check, test in made.whole_tests(scope)]

    def run(self, table: Table) -> None:
        """Check every batch, then what needs all of them. Raises Unreadable."""
        try:
            for batch in ahead(table.batches()):
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
        values, unsound = self._read(batch)
        self._suspects.look(batch, values, unsound)
        key_at = one.made.key_at
        keys = None if key_at is None else batch.cells.to_series(key_at)
        for doubles in self._doubles:
            doubles.take(batch.lines, values, keys)
        for orders in self._orders:
            orders.take(batch.lines, values)
        if one.keep is not None and not one.found.errors:
            one.keep.add_all(values)

    def _read(self, batch: Batch) -> tuple[pl.DataFrame, dict[int, pl.Series]]:
        """The values, and by column which cells a check of one cell refuses, where there may be any."""
        columns: list[pl.Series] = []
        unsound: dict[int, pl.Series] = {}
        sides = list(zip(self._readers, batch.cells, strict=True))
        asked = batch.cells.select(reader.ask(cells).alias(cells.name) for reader, cells in sides)
        for place, ((reader, cells), answer) in enumerate(zip(sides, asked, strict=True)):
            told = reader.read(answer, cells, batch.lines, self._one.notes)
            columns.append(told.values.alias(cells.name))
            if told.sound is not None:
                unsound[place] = ~told.sound
        return pl.DataFrame(columns), unsound
