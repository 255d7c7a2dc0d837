"""Whole columns of cells into typed values: exact cells by their form, any other once per distinct text.

What a text means is said by the one :class:`careward.checking.engine.compiling.Column`, as for single rows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import polars as pl

from careward.checking.cells import UNREAD, Value
from careward.checking.engine.compiling import Column
from careward.checking.engine.forms import Form, form_of
from careward.checking.findings import AdaptationKind, Notes
from careward.rulebook.interchange import Field

_PRECISION: Final = 18
_MOST_REMEMBERED: Final = 50_000
_LOOKED_AT: Final = 5_000
_MANY: Final = 0.5
"""From this share of distinct texts in the first rows on, a column is read by its form."""


def kind_of(field: Field) -> pl.DataType:
    """The type of a field's values in polars."""
    if field.type == "integer":
        return pl.Int64()
    if field.type == "decimal":
        return pl.Decimal(_PRECISION, field.decimals or 0)
    if field.type == "date":
        return pl.Date()
    return pl.String()


def series_of(name: str, values: Sequence[Any], kind: pl.DataType) -> pl.Series:
    """Values as a column: decimals by way of text, which takes a third of the time."""
    if isinstance(kind, pl.Decimal):
        said = [None if value is None else str(value) for value in values]
        return pl.Series(name, said, dtype=pl.String).cast(kind)
    return pl.Series(name, values, dtype=kind)


@dataclass(frozen=True, slots=True)
class Told:
    """A column that was read: null is an empty cell or one that is not sound; `sound` None means that all are."""

    values: pl.Series
    sound: pl.Series | None


@dataclass
class _Texts:
    """The distinct texts met, each with what the reader said of it."""

    kind: pl.DataType
    values: list[Value] = field(default_factory=list)
    sound: list[bool] = field(default_factory=list)
    ways: dict[int, tuple[AdaptationKind, ...]] = field(default_factory=dict)
    raw: list[str] = field(default_factory=list)
    categories: pl.DataType = field(default_factory=lambda: pl.Enum([]))
    column: pl.Series = field(default_factory=lambda: pl.Series(dtype=pl.Null))

    def add(self, column: Column, texts: Sequence[str]) -> None:
        """Let the reader read texts not met before."""
        for raw in texts:
            value, breaches, ways = column.judged(raw)
            if ways:
                self.ways[len(self.raw)] = tuple(ways)
            self.raw.append(raw)
            self.values.append(None if value is UNREAD else value)
            self.sound.append(not breaches)
        self.categories = pl.Enum(self.raw)
        self.column = series_of("", self.values, self.kind)


class ColumnReader:
    """Reads one field of one file, batch after batch: first :meth:`ask`, then :meth:`read` with the answer."""

    def __init__(self, column: Column) -> None:
        self._column = column
        self._name = column.field.id
        self._kind = kind_of(column.field)
        self._texts = _Texts(self._kind)
        self._form: Form | None = None
        self._begun = False

    def ask(self, cells: pl.Series) -> pl.Expr:
        """What polars is to find out about the cells, for all columns at once."""
        if not self._begun:
            self._begun = True
            head = cells.head(_LOOKED_AT)
            if head.n_unique() > _MANY * len(head):
                self._form = form_of(self._column.field, tuple(check for check, _ in self._column.tests))
        return self._slots if self._form is None else self._form(pl.col(self._name))

    def read(self, asked: pl.Series, cells: pl.Series, lines: pl.Series, notes: Notes) -> Told:
        """The values; what had to be adapted is counted in `notes`."""
        if self._form is None:
            return self._by_text(asked, cells, lines, notes)
        if asked.all():
            return Told(cells, None)
        rest = cells.set(asked, None)
        others = self._by_text(rest.to_frame().select(self._slots).to_series(), rest, lines, notes)
        sound = None if others.sound is None else others.sound | asked
        return Told(cells.zip_with(asked, others.values), sound)

    @property
    def _slots(self) -> pl.Expr:
        """Where each text stands among those met; null for one that is new."""
        return pl.col(self._name).cast(self._texts.categories, strict=False).to_physical()

    def _by_text(self, slots: pl.Series, cells: pl.Series, lines: pl.Series, notes: Notes) -> Told:
        if slots.null_count() > cells.null_count():
            slots = self._with_new(slots, cells)
        texts = self._texts
        if texts.ways:
            self._note(slots, lines, notes)
        values = texts.column.gather(slots)
        if all(texts.sound):
            return Told(values, None)
        return Told(values, pl.Series(texts.sound).gather(slots).fill_null(value=True))

    def _with_new(self, slots: pl.Series, cells: pl.Series) -> pl.Series:
        new = cells.filter(slots.is_null() & cells.is_not_null())
        if len(self._texts.raw) > _MOST_REMEMBERED:
            self._texts, new = _Texts(self._kind), cells.drop_nulls()
        self._texts.add(self._column, new.unique().to_list())
        return cells.to_frame().select(self._slots).to_series()

    def _note(self, slots: pl.Series, lines: pl.Series, notes: Notes) -> None:
        """Count what was adapted, each way with the line it was first met on."""
        met = pl.DataFrame({"slot": slots, "line": lines}).filter(
            pl.col("slot").is_in(list(self._texts.ways))
        )
        counted = met.group_by("slot").agg(pl.len().alias("count"), pl.col("line").min())
        totals: dict[AdaptationKind, tuple[int, int]] = {}
        for slot, count, line in counted.iter_rows():
            for way in self._texts.ways[slot]:
                before, first = totals.get(way, (0, line))
                totals[way] = (before + count, min(first, line))
        for way, (count, line) in _in_order(totals).items():
            notes.add(way, line, self._column.field.id, count=count)


def _in_order(totals: Mapping[AdaptationKind, tuple[int, int]]) -> dict[AdaptationKind, tuple[int, int]]:
    """By first line; of one line in the order in which a cell is tidied."""
    ways: tuple[AdaptationKind, ...] = ("spaces", "width")
    place = {way: number for number, way in enumerate(ways)}
    return dict(sorted(totals.items(), key=lambda one: (one[1][1], place.get(one[0], len(ways)))))
