"""What is wrong in a batch of a large file: Python looks only at the cells and rows that polars points out.

What a cell or a row is told is said by the very readers and tests of small files.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress, count
from typing import Final

import polars as pl

from careward.checking.cells import UNREAD, Cell
from careward.checking.engine.compiling import Breach
from careward.checking.engine.examination import Examination
from careward.checking.engine.kinds import RowTest
from careward.checking.reading.table import Batch
from careward.rulebook.interchange import Check

_AT_ONCE: Final = 2_000
"""Rows looked at together, so that memory holds no more of them as Python's values."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A check of whole rows: which rows `test` is asked of, and where the fields stand that it speaks of."""

    check: Check
    test: RowTest
    suspected: pl.Expr
    places: tuple[int, ...]

    def where(self, unsound: Mapping[int, pl.Series]) -> pl.Expr:
        """Rows with an unread cell may be told something, too: to `suspected` it looks empty."""
        unread = [pl.col(_mark(place)) for place in self.places if place in unsound]
        return pl.any_horizontal(self.suspected.fill_null(value=False), *unread).alias(self.check.id)


@dataclass(frozen=True, slots=True)
class _Some:
    """Some suspected rows; `where` says for each check of rows, and each column with unsound cells, which of them."""

    lines: list[int]
    cells: pl.DataFrame
    values: pl.DataFrame
    where: pl.DataFrame
    written: list[str | None]
    keys: list[str]
    columns: dict[int, list[Cell]] = field(default_factory=dict)

    def rows(self, name: str) -> list[int]:
        """Which rows are meant, by their number."""
        return list(compress(count(), self.where.get_column(name).to_list()))

    def column(self, place: int) -> list[Cell]:
        """The values of a column; those of unsound cells are put there by who has read them."""
        if place not in self.columns:
            self.columns[place] = self.values.to_series(place).to_list()
        return self.columns[place]


class Suspects:
    """Adds what it finds to the examination of one file, batch after batch."""

    def __init__(self, one: Examination) -> None:
        self._one, made = one, one.made
        self._width = len(made.dataset.fields)
        places = {each.id: place for place, each in enumerate(made.dataset.fields)}
        suspected = made.suspects(one.scope)
        self._asked = [
            _Asked(
                tested.check,
                tested.test,
                suspected[tested.check.id],
                tuple(places[name] for name in tested.check.rule.named),
            )
            for tested in made.row_tests(one.scope)
            if tested.check.id in suspected
        ]

    def look(self, batch: Batch, values: pl.DataFrame, unsound: Mapping[int, pl.Series]) -> None:
        """Tell what is wrong; `unsound` says of some columns, by their place, which cells their reader refused."""
        marks = [cells.alias(_mark(place)) for place, cells in unsound.items()]
        asked = [asked.where(unsound) for asked in self._asked]
        if not marks and not asked:
            return
        where = values.with_columns(marks).select(*(mark.name for mark in marks), *asked)
        odd = where.select(pl.any_horizontal(pl.all())).to_series()
        if not odd.any():
            return
        lines, cells = batch.lines.filter(odd), batch.cells.filter(odd)
        values, where = values.filter(odd), where.filter(odd)
        for at in range(0, len(lines), _AT_ONCE):
            some = slice(at, at + _AT_ONCE)
            self._look_at(self._some(lines[some], cells[some], values[some], where[some]), unsound)

    def _some(
        self, lines: pl.Series, cells: pl.DataFrame, values: pl.DataFrame, where: pl.DataFrame
    ) -> _Some:
        key_at = self._one.made.key_at
        written = [None] * len(lines) if key_at is None else cells.to_series(key_at).to_list()
        keys = [self._one.key(cell) for cell in written]
        return _Some(lines.to_list(), cells, values, where, written, keys)

    def _look_at(self, some: _Some, unsound: Iterable[int]) -> None:
        for place in unsound:
            self._cells(some, place)
        for asked in self._asked:
            rows = some.rows(asked.check.id)
            if rows:
                self._rows(some, rows, asked)

    def _cells(self, some: _Some, place: int) -> None:
        column, rows = self._one.made.columns[place], some.rows(_mark(place))
        if not rows:
            return
        cells, read = some.cells.to_series(place).to_list(), some.column(place)
        judged = {raw: column.judged(raw) for raw in {cells[row] for row in rows}}
        values: list[Cell] = [None] * self._width
        for row in rows:
            value, breaches, _ = judged[cells[row]]
            read[row] = values[place] = value
            for breach in breaches:
                self._add(some, row, breach, values)

    def _rows(self, some: _Some, rows: Sequence[int], asked: _Asked) -> None:
        values: list[Cell] = [None] * self._width
        columns = [(place, some.column(place)) for place in asked.places]
        for row in rows:
            for place, column in columns:
                values[place] = column[row]
            told = asked.test(some.lines[row], values)
            if told is not None:
                self._add(some, row, (asked.check, *told), values)

    def _add(self, some: _Some, row: int, breach: Breach, values: Sequence[Cell]) -> None:
        cells = some.cells.row(row) if UNREAD in values else ()
        self._one.tell(some.lines[row], some.written[row], some.keys[row], breach, values, cells)


def _mark(place: int) -> str:
    """Under which name it stands which cells of a column are not sound; no check has such an id, and no field."""
    return f"\0{place}"
