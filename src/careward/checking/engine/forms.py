"""Cells written exactly as the specification says, recognised in whole columns by polars.

A form may leave a cell out – then the cell's own reader reads it, once per distinct text – but never takes one that
the reader would adapt, refuse or read as another value. Columns of few distinct texts need no form.
"""

import re
from collections.abc import Callable
from typing import Final

import polars as pl

from careward.checking.reading.table import BLANKS
from careward.kernel.identifiers import digits_share, letter_share
from careward.rulebook.interchange import Check, Field
from careward.rulebook.interchange_rules import HoldsNoPersonalId, MaxLength, OfType, Pattern, Required

Form = Callable[[pl.Expr], pl.Expr]
"""Which cells of a column are exact (True or False, never null)."""

_PLAIN_PATTERN: Final = re.compile(
    r"(?:\[(?:[0-9A-Za-z_.]-[0-9A-Za-z]|[0-9A-Za-z_.])+-?\](?:\{[0-9]+(?:,[0-9]*)?\})?)+"
)
"""Patterns of ASCII classes and counts alone mean the same to Python and to polars."""
_LIKE_AN_ID: Final = r"^-*[A-Za-z]-*[1289A-Da-d](?:-*[0-9]){8}-*$"
_ID_LENGTH: Final = 10
_SECONDS: Final = (1, 2, 8, 9)


def form_of(field: Field, checks: tuple[Check, ...]) -> Form | None:
    """The form of a field whose columns hold many different texts; None where there is none to rely on."""
    rules = [check.rule for check in checks]
    if field.type == "personal_id" and all(isinstance(rule, Required | OfType) for rule in rules):
        return _is_id
    if field.type == "text":
        tests = [_TESTS.get(type(rule)) for rule in rules]
        made = [test(rule) if test else None for test, rule in zip(tests, rules, strict=True)]
        known = [test for test in made if test is not None]
        if len(known) < len(made):
            return None
        return _all([_is_bare if field.pattern is None else _is_filled, *known])
    return None


def _is_filled(cells: pl.Expr) -> pl.Expr:
    return cells != ""


def _is_bare(cells: pl.Expr) -> pl.Expr:
    return (cells != "") & (cells.str.strip_chars(BLANKS) == cells)


def _is_id(cells: pl.Expr) -> pl.Expr:
    """A capital, 1, 2, 8 or 9, eight digits: so what is read as a number of nine places has no sign and no blank."""
    digits = cells.str.slice(1).cast(pl.Int32, strict=False)
    first = cells.str.head(1).cast(pl.Enum(_LETTERS), strict=False).to_physical()
    total = pl.lit(_LETTER_SHARES).gather(first)
    for shares, above in zip(_DIGIT_SHARES, (_THOUSAND**2, _THOUSAND, 1), strict=True):
        total = total + pl.lit(shares).gather((digits // above % _THOUSAND).clip(0))
    second = digits // _THOUSAND**2 // 100
    shaped = (cells.str.len_bytes() == _ID_LENGTH) & second.is_in(_SECONDS)
    return (shaped & (total % 10 == 0)).fill_null(value=False)


def _fits(rule: Pattern) -> Form | None:
    if not _PLAIN_PATTERN.fullmatch(rule.pattern):
        return None
    return lambda cells: cells.str.contains(f"^(?:{rule.pattern})$")


def _all(forms: list[Form]) -> Form:
    return lambda cells: pl.all_horizontal([form(cells) for form in forms])


_LETTERS: Final = [chr(place) for place in range(ord("A"), ord("Z") + 1)]
_LETTER_SHARES: Final = pl.Series([letter_share(letter) for letter in _LETTERS], dtype=pl.Int32)
_THOUSAND: Final = 1000
_DIGIT_SHARES: Final = [
    pl.Series([digits_share(place, f"{number:03d}") for number in range(_THOUSAND)], dtype=pl.Int32)
    for place in (0, 3, 6)
]
"""What three digits add to the check sum, by where they begin among the nine."""
_TESTS: Final[dict[type, Callable[..., Form | None]]] = {
    Required: lambda _rule: _is_filled,
    MaxLength: lambda rule: lambda cells: cells.str.len_chars() <= rule.most,
    Pattern: _fits,
    HoldsNoPersonalId: lambda _rule: lambda cells: ~cells.str.contains(_LIKE_AN_ID),
}
