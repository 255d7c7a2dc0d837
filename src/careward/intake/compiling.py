"""The checks of a dataset compiled into plain functions over rows, once per dataset and process."""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import polars as pl

from careward.intake.cells import UNREAD, Reader, reader_for
from careward.intake.findings import Notes, shown
from careward.intake.kinds import CELL_KINDS, RECORD_KINDS, Cell, CellTest, RecordKind, RowTest, Scope
from careward.intake.kinds_across import ACROSS_KINDS, WHOLE_KINDS, Follow
from careward.rulebook.interchange import Check, Dataset, Field, Interchange
from careward.rulebook.interchange_across import CountsOther, InOther, WithinStay
from careward.rulebook.interchange_rules import RowCount

_REMEMBERED: Final = 4096
Breach = tuple[Check, str, Mapping[str, object]]
"""A failed check, what was found (fit to be shown), what else the wording needs."""


CleanCells = dict[str, Cell]
ReadCell = Callable[[str, int, Notes, list[Breach]], Cell]


@dataclass(frozen=True)
class Column:
    """Reads and tests the cells of one field.

    Cells that were clean and need no note are remembered with their value – most columns hold few different
    ones – unless the field is personal: nothing personal outlives its file.
    """

    field: Field
    reader: Reader
    tests: tuple[tuple[Check, CellTest], ...]
    clean: CleanCells = dataclasses.field(default_factory=dict)

    def read(self, raw: str, line: int, notes: Notes, breaches: list[Breach]) -> Cell:
        """The cell's value; its breaches are added to `breaches`, what was adapted to `notes`."""
        text = self.reader.text(raw)
        value: Cell = self.reader.parse(text) if text else None
        sound = True
        for check, test in self.tests:
            told = test(text, value)
            if told is not None:
                sound = False
                breaches.append((check, shown(text, self.field), told))
        ways = self.reader.adapted(raw, text, value)
        for way in ways:
            notes.add(way, line, self.field.id)
        if sound and not ways and self.field.personal_data == "none" and len(self.clean) < _REMEMBERED:
            self.clean[raw] = value
        return value if sound or value is None else UNREAD


@dataclass(frozen=True)
class Compiled:
    """All checks of one dataset, ready to run."""

    spec: Interchange
    dataset: Dataset

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """One per field, in their order."""
        return tuple(self._column(field) for field in self.dataset.fields)

    @cached_property
    def cells(self) -> tuple[tuple[CleanCells, ReadCell], ...]:
        """Per column: the values of clean cells by their text, and what to do with any other cell."""
        return tuple((column.clean, column.read) for column in self.columns)

    @cached_property
    def order(self) -> dict[str, int]:
        """Which check is told first of one line, by id: those of cells by their columns, of rows, of all rows."""
        of_cells = [check for column in self.columns for check, _ in column.tests]
        told = {check.id for check in of_cells}
        others = (check for check in self.dataset.checks if check.id not in told)
        last = sorted(others, key=lambda check: (type(check.rule) in WHOLE_KINDS, check.level == "file"))
        return {check.id: rank for rank, check in enumerate((*of_cells, *last))}

    @cached_property
    def key_at(self) -> int | None:
        """Where the field stands by which the institution knows the row."""
        names = [field.id for field in self.dataset.fields]
        return None if self.dataset.record_key is None else names.index(self.dataset.record_key)

    @cached_property
    def row_counts(self) -> tuple[tuple[Check, RowCount], ...]:
        """Checks on the number of rows."""
        return tuple(
            (check, rule) for check in self.dataset.checks if isinstance(rule := check.rule, RowCount)
        )

    def row_tests(self, scope: Scope) -> tuple[tuple[Check, RowTest], ...]:
        """Fresh tests of whole rows for one file."""
        return tuple((check, kind.rows(scope)) for check, kind in self._row_kinds)

    def suspects(self, scope: Scope) -> list[pl.Expr]:
        """Of typed columns: the rows that some test of whole rows must look at."""
        asked = (kind.suspects(scope) for _, kind in self._row_kinds)
        return [expression for expression in asked if expression is not None]

    @cached_property
    def _row_kinds(self) -> tuple[tuple[Check, RecordKind[Any]], ...]:
        kinds = {**RECORD_KINDS, **ACROSS_KINDS}
        made = ((check, kinds.get(type(check.rule))) for check in self.dataset.checks)
        return tuple(
            (check, kind(check.rule, self.dataset, self.spec)) for check, kind in made if kind is not None
        )

    def whole_tests(self, scope: Scope) -> tuple[tuple[Check, Follow], ...]:
        """Fresh tests of all rows together, for one file."""
        made = ((check, WHOLE_KINDS.get(type(check.rule))) for check in self.dataset.checks)
        return tuple(
            (check, kind(check.rule, self.dataset, self.spec).whole(scope))  # type: ignore[arg-type]
            for check, kind in made
            if kind is not None
        )

    def not_compared(self, scope: Scope) -> tuple[str, ...]:
        """Titles of the datasets some check would look into, of which nothing is accepted for this month."""
        rules = (check.rule for check in self.dataset.checks)
        asked = {rule.dataset: None for rule in rules if isinstance(rule, InOther | WithinStay | CountsOther)}
        return tuple(self.spec.dataset(name).title for name in asked if scope.known.month(name) is None)

    def _column(self, field: Field) -> Column:
        codes = self.spec.code_list(field.codes) if field.codes else None
        made = ((c, CELL_KINDS.get(type(c.rule))) for c in self.dataset.checks if c.field == field.id)
        tests = tuple((check, kind(check.rule).rows()) for check, kind in made if kind is not None)
        return Column(field, reader_for(field, codes), tests)


_MADE: dict[int, Compiled] = {}
_MOST_MADE: Final = 64


def compiled(spec: Interchange, dataset: Dataset) -> Compiled:
    """Return the compiled checks of a dataset, made once as long as the same objects are used."""
    made = _MADE.get(id(dataset))
    if made is None or made.dataset is not dataset or made.spec is not spec:
        if len(_MADE) >= _MOST_MADE:
            _MADE.clear()
        made = _MADE[id(dataset)] = Compiled(spec, dataset)
    return made
