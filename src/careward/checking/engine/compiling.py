"""The checks of a dataset compiled into plain functions over rows, once per dataset and process."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import polars as pl

from careward.checking.cells import UNREAD, Cell, Reader, reader_for
from careward.checking.engine.at_once import Quiet, quiet_of
from careward.checking.engine.exact import Exact, exact_of
from careward.checking.engine.kinds import CELL_KINDS, RECORD_KINDS, CellTest, RecordKind, RowTest, Scope
from careward.checking.engine.kinds_across import ACROSS_KINDS, WHOLE_KINDS, Follow
from careward.checking.findings import AdaptationKind, Notes, shown
from careward.checking.made_once import MadeOnce
from careward.rulebook.interchange import Check, Dataset, Field, Interchange
from careward.rulebook.interchange_across import CountsOther, InOther, WithinStay
from careward.rulebook.interchange_rules import RowCount

_REMEMBERED: Final = 4096
Breach = tuple[Check, str, Mapping[str, object]]
"""A failed check, what was found (fit to be shown), what else the wording needs."""


Judged = tuple[Cell, Sequence[Breach], Sequence[AdaptationKind]]
"""The value of a cell, the checks it breaks, the ways in which it is not written as the specification says."""


@dataclass(frozen=True)
class Column:
    """Reads and tests the cells of one field.

    Cells that were clean and need no note are remembered with their value – most columns hold few different
    ones – unless the field is personal: nothing personal outlives its file.
    """

    field: Field
    reader: Reader
    tests: tuple[tuple[Check, CellTest], ...]
    clean: dict[str, Cell] = dataclasses.field(default_factory=dict)

    def judged(self, raw: str) -> Judged:
        """All that is to say of one cell."""
        text = self.reader.text(raw)
        value: Cell = self.reader.parse(text) if text else None
        told = [(check, test(text, value)) for check, test in self.tests]
        breaches = [(check, shown(text, self.field), more) for check, more in told if more is not None]
        ways = self.reader.adapted(raw, text, value)
        return (UNREAD if breaches and value is not None else value), breaches, ways

    def read(
        self, cells: Sequence[str], lines: Sequence[int], notes: Notes, found: dict[int, list[Breach]]
    ) -> Sequence[Cell]:
        """The values of some rows' cells; breaches are added to `found` by place, what was adapted to `notes`."""
        clean = self.clean
        try:
            return [clean[raw] for raw in cells]
        except KeyError:
            pass
        exact = None if self._exact is None else self._exact(cells)
        if exact is None:
            return self._each(cells, lines, notes, found)
        if self._remembers and len(clean) < _REMEMBERED:
            clean.update(zip(cells, exact, strict=True))
        return exact

    def _each(
        self, cells: Sequence[str], lines: Sequence[int], notes: Notes, found: dict[int, list[Breach]]
    ) -> Sequence[Cell]:
        values: dict[str, Cell] = {}
        odd: dict[str, Judged] = {}
        for raw in dict.fromkeys(cells):
            if raw in self.clean:
                values[raw] = self.clean[raw]
                continue
            judged = self.judged(raw)
            values[raw], breaches, ways = judged
            if breaches or ways:
                odd[raw] = judged
            elif self._remembers and len(self.clean) < _REMEMBERED:
                self.clean[raw] = values[raw]
        for place, raw in enumerate(cells if odd else ()):
            if raw in odd:
                _, breaches, ways = odd[raw]
                for way in ways:
                    notes.add(way, lines[place], self.field.id)
                if breaches:
                    found.setdefault(place, []).extend(breaches)
        return [values[raw] for raw in cells]

    @cached_property
    def _remembers(self) -> bool:
        return self.field.personal_data == "none"

    @cached_property
    def _exact(self) -> Exact | None:
        return exact_of(self.field, [check for check, _ in self.tests])


@dataclass(frozen=True, slots=True)
class Tested:
    """A check of whole rows: how one row is asked, and what spares asking."""

    check: Check
    test: RowTest
    quiet: Quiet | None


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

    def row_tests(self, scope: Scope) -> tuple[Tested, ...]:
        """Fresh tests of whole rows for one file."""
        made = ((check, kind, kind.rows(scope)) for check, kind in self._row_kinds)
        return tuple(Tested(check, test, quiet_of(kind, test, scope)) for check, kind, test in made)

    def suspects(self, scope: Scope) -> dict[str, pl.Expr]:
        """By check: the rows of typed columns that its test must look at; without those that may find nothing."""
        asked = ((check.id, kind.suspects(scope)) for check, kind in self._row_kinds)
        return {check: rows for check, rows in asked if rows is not None}

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
        return tuple(self.spec.dataset(name).title for name in self._asked if scope.known.month(name) is None)

    @cached_property
    def _asked(self) -> tuple[str, ...]:
        rules = (check.rule for check in self.dataset.checks)
        asked = (rule.dataset for rule in rules if isinstance(rule, InOther | WithinStay | CountsOther))
        return tuple(dict.fromkeys(asked))

    def _column(self, field: Field) -> Column:
        codes = self.spec.code_list(field.codes) if field.codes else None
        made = ((c, CELL_KINDS.get(type(c.rule))) for c in self.dataset.checks if c.field == field.id)
        tests = tuple((check, kind(check.rule).rows()) for check, kind in made if kind is not None)
        return Column(field, reader_for(field, codes), tests)


compiled: Final = MadeOnce(Compiled)
"""The compiled checks of a specification's dataset."""
