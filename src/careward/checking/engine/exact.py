"""Cells written exactly as the specification says, recognised in a whole column of Python values in one go.

A column may always be left to :meth:`careward.checking.engine.compiling.Column.judged`, which decides cell by cell;
taken here is only what that would read with nothing to say. What
:mod:`careward.checking.engine.forms` is to columns of polars.
"""

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Final

from careward.checking.cells import Value
from careward.kernel.identifiers import are_personal_ids
from careward.kernel.roc import ad_year
from careward.rulebook.interchange import Check, Field
from careward.rulebook.interchange_rules import HoldsNoPersonalId, MaxLength, OfType, Pattern, Required

Exact = Callable[[Sequence[str]], Sequence[Value] | None]
"""The values of a column, or None when not every cell is exact."""

_ID_LENGTH: Final = 10
_DAY_LENGTH: Final = 7
_TEXT_RULES: Final = (Required, MaxLength, Pattern, HoldsNoPersonalId)
_TYPED_RULES: Final = (Required, OfType)


def exact_of(field: Field, checks: Sequence[Check]) -> Exact | None:
    """What recognises the cells of a field that stands under these checks; None where nothing does."""
    rules = [check.rule for check in checks]
    made, known = _MADE.get(field.type, (None, ()))
    if made is None or not all(isinstance(rule, known) for rule in rules):
        return None
    required = any(isinstance(rule, Required) for rule in rules)
    return _may_be_empty(made(field, rules), required=required)


def _may_be_empty(filled: Exact, *, required: bool) -> Exact:
    def read(cells: Sequence[str]) -> Sequence[Value] | None:
        if "" not in cells:
            return filled(cells)
        some = [cell for cell in cells if cell]
        values = None if required else filled(some) if some else ()
        if values is None:
            return None
        told = iter(values)
        return [next(told) if cell else None for cell in cells]

    return read


def _texts(field: Field, rules: Sequence[Any]) -> Exact:
    most = min((rule.most for rule in rules if isinstance(rule, MaxLength)), default=None)
    fits = [re.compile(rule.pattern).fullmatch for rule in rules if isinstance(rule, Pattern)]
    if any(isinstance(rule, HoldsNoPersonalId) for rule in rules):
        most = min(_ID_LENGTH - 1, most or _ID_LENGTH)
    plain = field.pattern is None

    def read(cells: Sequence[str]) -> Sequence[Value] | None:
        if most is not None and max(map(len, cells)) > most:
            return None
        if not plain and not "".join(cells).isascii():
            return None
        if [cell.strip() for cell in cells] != [*cells] or not all(all(map(fit, cells)) for fit in fits):
            return None
        return cells

    return read


def _numbers(_field: Field, _rules: Sequence[Any]) -> Exact:
    return lambda cells: cells if are_personal_ids(cells) else None


def _days(_field: Field, _rules: Sequence[Any]) -> Exact:
    return _read_days


def _read_days(cells: Sequence[str]) -> Sequence[Value] | None:
    """Of seven digits each."""
    whole = "".join(cells)
    if not (whole.isascii() and whole.isdigit()) or set(map(len, cells)) != {_DAY_LENGTH}:
        return None
    if any(cell.startswith("000") for cell in cells):
        return None
    try:
        return [date(ad_year(cell[:3]), int(cell[3:5]), int(cell[5:])) for cell in cells]
    except ValueError:
        return None


_MADE: Final[dict[str, tuple[Callable[[Field, Sequence[Any]], Exact], tuple[type, ...]]]] = {
    "text": (_texts, _TEXT_RULES),
    "personal_id": (_numbers, _TYPED_RULES),
    "date": (_days, _TYPED_RULES),
}
