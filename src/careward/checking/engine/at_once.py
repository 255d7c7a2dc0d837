"""Check kinds over whole columns of Python values: whether surely none of the rows breaks a check.

True only where the test of a row (:mod:`careward.checking.engine.kinds`) would find nothing in any of them;
otherwise the rows are asked one by one. The columns hold no unread cell; None is an empty one.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from careward.checking.cells import Cell
from careward.checking.engine.kinds import (
    COMPARE,
    Columns,
    LiesWithin,
    Lines,
    RecordKind,
    RowTest,
    Scope,
    seconds_of,
    silent,
)
from careward.checking.engine.kinds_across import AsBefore, Once
from careward.rulebook.interchange_across import SameAsBefore
from careward.rulebook.interchange_kind import Kind
from careward.rulebook.interchange_rules import (
    Compare,
    DateBound,
    EmptyUnless,
    EqualsAccountInstitution,
    EqualsFilePeriod,
    IdKind,
    RequiredWhen,
    Unique,
)

Quiet = Callable[[Lines, Columns], bool]
"""Lines and columns of some rows."""


def quiet_of(kind: RecordKind[Any], test: RowTest, scope: Scope) -> Quiet | None:
    """What spares the rows of one file the `test` of this kind; None where each must be asked."""
    if test is silent:
        return _always
    made = AT_ONCE.get(type(kind.rule))
    return None if made is None else made(kind, test, scope)


def _always(_lines: Lines, _columns: Columns) -> bool:
    return True


def _required_when(kind: RecordKind[RequiredWhen], _test: RowTest, _scope: Scope) -> Quiet:
    here, there, among = kind.at(kind.rule.field), kind.at(kind.rule.when.field), set(kind.rule.when.among)

    def quiet(_lines: Lines, columns: Columns) -> bool:
        if None not in columns[here]:
            return True
        pairs = zip(columns[here], columns[there], strict=True)
        return among.isdisjoint([other for value, other in pairs if value is None])

    return quiet


def _empty_unless(kind: RecordKind[EmptyUnless], _test: RowTest, _scope: Scope) -> Quiet:
    here, there = kind.at(kind.rule.field), kind.at(kind.rule.when.field)
    allowed = {*kind.rule.when.among, None}

    def quiet(_lines: Lines, columns: Columns) -> bool:
        pairs = zip(columns[here], columns[there], strict=True)
        return allowed.issuperset([other for value, other in pairs if value is not None])

    return quiet


def _compare(kind: RecordKind[Compare], _test: RowTest, _scope: Scope) -> Quiet:
    left, right, holds = kind.at(kind.rule.field), kind.at(kind.rule.other), COMPARE[kind.rule.op]

    def quiet(_lines: Lines, columns: Columns) -> bool:
        pairs = zip(columns[left], columns[right], strict=True)
        return not [1 for a, b in pairs if a is not None and b is not None and not holds(a, b)]

    return quiet


def _is_one_of(field: str, *allowed: Cell) -> Callable[[RecordKind[Any]], Quiet]:
    def made(kind: RecordKind[Any]) -> Quiet:
        here, silent = kind.at(field), {None, *allowed}
        return lambda _lines, columns: silent.issuperset(columns[here])

    return made


def _is_period(kind: RecordKind[EqualsFilePeriod], _test: RowTest, scope: Scope) -> Quiet:
    return _is_one_of(kind.rule.field, str(scope.period))(kind)


def _is_accounts(kind: RecordKind[EqualsAccountInstitution], _test: RowTest, scope: Scope) -> Quiet:
    return _is_one_of(kind.rule.field, scope.institution_code)(kind)


def _date_bound(kind: LiesWithin, _test: RowTest, scope: Scope) -> Quiet:
    here, bound, holds = kind.at(kind.rule.field), kind.bound(scope), COMPARE[kind.rule.op]
    return lambda _lines, columns: all(holds(day, bound) for day in {*columns[here]} - _NONE)


_NONE: Final = frozenset({None})


def _id_kind(kind: RecordKind[IdKind], _test: RowTest, _scope: Scope) -> Quiet:
    here, there, among = kind.at(kind.rule.field), kind.at(kind.rule.when.field), set(kind.rule.when.among)
    seconds = set(seconds_of(kind.rule))

    def quiet(_lines: Lines, columns: Columns) -> bool:
        pairs = zip(columns[here], columns[there], strict=True)
        return seconds.issuperset(
            [found[1] for found, other in pairs if other in among and isinstance(found, str)]
        )

    return quiet


def _unique(_kind: RecordKind[Unique], test: RowTest, _scope: Scope) -> Quiet:
    assert isinstance(test, Once)
    return test.all_new


def _as_before(_kind: RecordKind[SameAsBefore], test: RowTest, _scope: Scope) -> Quiet:
    assert isinstance(test, AsBefore)
    return test.all_as_before


AT_ONCE: Final[Mapping[type[Kind], Callable[[Any, RowTest, Scope], Quiet]]] = {
    RequiredWhen: _required_when,
    EmptyUnless: _empty_unless,
    Compare: _compare,
    EqualsFilePeriod: _is_period,
    EqualsAccountInstitution: _is_accounts,
    DateBound: _date_bound,
    IdKind: _id_kind,
    Unique: _unique,
    SameAsBefore: _as_before,
}
