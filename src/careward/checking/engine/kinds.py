"""What each check kind of the specification does with rows: one class per kind, made from its parameters.

``rows(scope)`` gives the plain function used for every file of ordinary size. It returns None when the check
holds or cannot be judged (a value missing or unread, told elsewhere), else what was found. ``suspects(scope)`` is the
same check as a polars expression for large files: true for every row in which ``rows`` may find something – too
many rows cost time only, too few would be a fault – since ``rows`` then looks at those, given the fields that
``rule.named`` tells and no other. Null is an empty cell; rows with an unread one among those are suspects anyway.
"""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Final, Generic, TypeVar

import polars as pl

from careward.checking.cells import UNREAD, Cell, written
from careward.checking.findings import shown
from careward.checking.known import NOTHING_KNOWN, Known
from careward.kernel.identifiers import is_personal_id, normalise_id
from careward.kernel.roc import RocMonth
from careward.rulebook.interchange import Dataset, Interchange
from careward.rulebook.interchange_kind import Comparison, Condition, Kind
from careward.rulebook.interchange_rules import (
    Compare,
    DateBound,
    EmptyUnless,
    EqualsAccountInstitution,
    EqualsFilePeriod,
    HoldsNoPersonalId,
    IdKind,
    MaxLength,
    OfType,
    Pattern,
    Range,
    Required,
    RequiredWhen,
    Sum,
)

R = TypeVar("R", bound=Kind)

Values = Sequence[Cell]
Lines = Sequence[int]
Columns = Sequence[Values]
"""Many rows."""
Told = tuple[str, Mapping[str, object]]
"""What was found, fit to be shown, and what else the wording needs."""

CellTest = Callable[[str, Cell], Mapping[str, object] | None]
"""Text and value of one cell; a mapping (empty as a rule) when the check fails."""

RowTest = Callable[[int, Values], Told | None]
"""Line and values of one row."""

COMPARE: Final[Mapping[Comparison, Callable[[Any, Any], Any]]] = {
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
    ">=": operator.ge,
    ">": operator.gt,
}
_NATIONAL_SECONDS: Final = "12"
_RESIDENT_SECONDS: Final = "89ABCD"
"""The second sign of a number already found valid tells whose it is."""

_NOTHING_MORE: Final[Mapping[str, object]] = {}


def silent(_line: int, _values: Values) -> Told | None:
    """The test of a row that can find nothing in this file, since it has nothing to compare with."""
    return None


def seconds_of(rule: IdKind) -> str:
    """Which second signs numbers of the kind have that is expected."""
    return _NATIONAL_SECONDS if rule.expects == "national" else _RESIDENT_SECONDS


@dataclass(frozen=True, slots=True)
class Scope:
    """What a file is checked against. `institution_code` is the account's; None when there is no account.

    `known` is what was accepted of the same institution before.
    """

    period: RocMonth
    institution_code: str | None
    today: date
    known: Known = NOTHING_KNOWN


@dataclass(frozen=True)
class CellKind(Generic[R]):
    """A kind that needs one cell; `rule` holds its parameters."""

    rule: R

    def rows(self) -> CellTest:
        """Return the test of one cell."""
        raise NotImplementedError


@dataclass(frozen=True)
class RecordKind(Generic[R]):
    """A kind that needs a row, or all of them: a fresh test for every file."""

    rule: R
    dataset: Dataset
    spec: Interchange

    def rows(self, scope: Scope) -> RowTest:
        """Return the test of one row, for the file described by `scope`."""
        raise NotImplementedError

    def suspects(self, scope: Scope) -> pl.Expr | None:
        """Rows of typed columns that :meth:`rows` must look at; None for no row of this file."""
        raise NotImplementedError

    def at(self, name: str) -> int:
        """Where a field stands in a row."""
        return self._places[name]

    @cached_property
    def _places(self) -> dict[str, int]:
        return {field.id: place for place, field in enumerate(self.dataset.fields)}

    def told(self, name: str, value: Cell) -> str:
        """A value as it may be shown: masked when personal, a code with its label."""
        if value is UNREAD:
            return ""
        field = self.dataset.fields[self.at(name)]
        said = shown(written(field, value), field)
        codes = self.spec.code_list(field.codes).codes if field.codes else {}
        return f"{said} {codes[said].label}" if said in codes else said


class _IsRequired(CellKind[Required]):
    def rows(self) -> CellTest:
        return lambda text, _value: None if text else _NOTHING_MORE


class _HasMaxLength(CellKind[MaxLength]):
    def rows(self) -> CellTest:
        most = self.rule.most
        return lambda text, _value: {"count": len(text)} if len(text) > most else None


class _FitsPattern(CellKind[Pattern]):
    def rows(self) -> CellTest:
        fits = re.compile(self.rule.pattern).fullmatch
        return lambda text, _value: None if not text or fits(text) else _NOTHING_MORE


class _IsOfType(CellKind[OfType]):
    def rows(self) -> CellTest:
        return lambda _text, value: _NOTHING_MORE if value is UNREAD else None


class _LiesInRange(CellKind[Range]):
    def rows(self) -> CellTest:
        least, most = self.rule.least, self.rule.most

        def test(_text: str, value: Any) -> Mapping[str, object] | None:
            if value is None or value is UNREAD:
                return None
            inside = (least is None or value >= least) and (most is None or value <= most)
            return None if inside else _NOTHING_MORE

        return test


class _IsNoPersonalId(CellKind[HoldsNoPersonalId]):
    def rows(self) -> CellTest:
        return lambda text, _value: (
            _NOTHING_MORE if len(text) >= _ID_LENGTH and is_personal_id(normalise_id(text)) else None
        )


_ID_LENGTH: Final = 10


class _IsRequiredWhen(RecordKind[RequiredWhen]):
    def rows(self, scope: Scope) -> RowTest:
        here, there, among = self.at(self.rule.field), *self._condition(self.rule.when)

        def test(_line: int, values: Values) -> Told | None:
            if values[here] is not None or values[there] not in among:
                return None
            return shown(""), {"other_found": self.told(self.rule.when.field, values[there])}

        return test

    def _condition(self, when: Condition) -> tuple[int, frozenset[str]]:
        return self.at(when.field), frozenset(when.among)

    def suspects(self, scope: Scope) -> pl.Expr | None:
        when = self.rule.when
        return pl.col(self.rule.field).is_null() & pl.col(when.field).is_in(when.among)


class _IsEmptyUnless(RecordKind[EmptyUnless]):
    def rows(self, scope: Scope) -> RowTest:
        here, there, among = (
            self.at(self.rule.field),
            self.at(self.rule.when.field),
            frozenset(self.rule.when.among),
        )

        def test(_line: int, values: Values) -> Told | None:
            found, other = values[here], values[there]
            if found is None or other is None or other is UNREAD or other in among:
                return None
            return self.told(self.rule.field, found), {"other_found": self.told(self.rule.when.field, other)}

        return test

    def suspects(self, scope: Scope) -> pl.Expr | None:
        when = self.rule.when
        return pl.col(self.rule.field).is_not_null() & ~pl.col(when.field).is_in(when.among)


class _Compares(RecordKind[Compare]):
    def rows(self, scope: Scope) -> RowTest:
        left, right, holds = self.at(self.rule.field), self.at(self.rule.other), COMPARE[self.rule.op]

        def test(_line: int, values: Values) -> Told | None:
            a, b = values[left], values[right]
            if a is None or b is None or a is UNREAD or b is UNREAD or holds(a, b):
                return None
            return self.told(self.rule.field, a), {"other_found": self.told(self.rule.other, b)}

        return test

    def suspects(self, scope: Scope) -> pl.Expr | None:
        return _breaks(self.rule.op, pl.col(self.rule.field), pl.col(self.rule.other))


class _AddsUp(RecordKind[Sum]):
    def rows(self, scope: Scope) -> RowTest:
        parts, total, holds = (
            [self.at(p) for p in self.rule.parts],
            self.at(self.rule.total),
            COMPARE[self.rule.op],
        )

        def test(_line: int, values: Values) -> Told | None:
            numbers = [value for place in parts if isinstance(value := values[place], int)]
            found = values[total]
            if len(numbers) < len(parts) or not isinstance(found, int) or holds(sum(numbers), found):
                return None
            return self.told(self.rule.total, found), {"sum": sum(numbers)}

        return test

    def suspects(self, scope: Scope) -> pl.Expr | None:
        parts = [pl.col(part) for part in self.rule.parts]
        return _breaks(self.rule.op, pl.sum_horizontal(parts, ignore_nulls=False), pl.col(self.rule.total))


class _IsTheFilesPeriod(RecordKind[EqualsFilePeriod]):
    def rows(self, scope: Scope) -> RowTest:
        here, period = self.at(self.rule.field), str(scope.period)
        passed = (period, None, UNREAD)

        def test(_line: int, values: Values) -> Told | None:
            found = values[here]
            return None if found in passed else (self.told(self.rule.field, found), {"period": period})

        return test

    def suspects(self, scope: Scope) -> pl.Expr | None:
        return pl.col(self.rule.field) != str(scope.period)


class _IsTheAccounts(RecordKind[EqualsAccountInstitution]):
    def rows(self, scope: Scope) -> RowTest:
        here, code = self.at(self.rule.field), scope.institution_code
        if code is None:
            return silent
        passed = (code, None, UNREAD)

        def test(_line: int, values: Values) -> Told | None:
            found = values[here]
            if found in passed:
                return None
            return self.told(self.rule.field, found), {"institution": code}

        return test

    def suspects(self, scope: Scope) -> pl.Expr | None:
        code = scope.institution_code
        return None if code is None else pl.col(self.rule.field) != code


class LiesWithin(RecordKind[DateBound]):
    """A day not before, or not after, one that follows from month or today."""

    def rows(self, scope: Scope) -> RowTest:
        """See RecordKind."""
        here, bound, holds = self.at(self.rule.field), self.bound(scope), COMPARE[self.rule.op]

        def test(_line: int, values: Values) -> Told | None:
            found = values[here]
            if found is None or found is UNREAD or holds(found, bound):
                return None
            told = written(self.dataset.field(self.rule.field), bound)
            return self.told(self.rule.field, found), {"bound": told}

        return test

    def suspects(self, scope: Scope) -> pl.Expr | None:
        """See RecordKind."""
        return _breaks(self.rule.op, pl.col(self.rule.field), pl.lit(self.bound(scope)))

    def bound(self, scope: Scope) -> date:
        """The day that is meant."""
        if self.rule.bound == "today":
            return scope.today
        return scope.period.first_day if self.rule.bound == "period_start" else scope.period.last_day


class _IsIdOfKind(RecordKind[IdKind]):
    def rows(self, scope: Scope) -> RowTest:
        here, there, among = (
            self.at(self.rule.field),
            self.at(self.rule.when.field),
            frozenset(self.rule.when.among),
        )
        seconds = seconds_of(self.rule)

        def test(_line: int, values: Values) -> Told | None:
            found = values[here]
            if not isinstance(found, str) or values[there] not in among or found[1] in seconds:
                return None
            return self.told(self.rule.field, found), {
                "other_found": self.told(self.rule.when.field, values[there])
            }

        return test

    def suspects(self, scope: Scope) -> pl.Expr | None:
        when = self.rule.when
        seconds = seconds_of(self.rule)
        second = pl.col(self.rule.field).str.slice(1, 1)
        return pl.col(when.field).is_in(when.among) & ~second.is_in(list(seconds))


def _breaks(op: Comparison, left: pl.Expr, right: pl.Expr) -> pl.Expr:
    holds: pl.Expr = COMPARE[op](left, right)
    return ~holds


CELL_KINDS: Final[Mapping[type[Kind], type[CellKind[Any]]]] = {
    Required: _IsRequired,
    MaxLength: _HasMaxLength,
    Pattern: _FitsPattern,
    OfType: _IsOfType,
    Range: _LiesInRange,
    HoldsNoPersonalId: _IsNoPersonalId,
}
RECORD_KINDS: Final[Mapping[type[Kind], type[RecordKind[Any]]]] = {
    RequiredWhen: _IsRequiredWhen,
    EmptyUnless: _IsEmptyUnless,
    Compare: _Compares,
    Sum: _AddsUp,
    EqualsFilePeriod: _IsTheFilesPeriod,
    EqualsAccountInstitution: _IsTheAccounts,
    DateBound: LiesWithin,
    IdKind: _IsIdOfKind,
}
