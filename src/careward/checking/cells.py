"""One cell of text into a value of its field's type, and back into the way the specification writes it.

Values: text, integer and decimal (int, Decimal), date (AD), roc_month and code and personal_id (str); an
empty cell is None. What can be read though it is written differently is read, and noted; what cannot is
:data:`UNREAD`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Final, Literal

from careward.checking.findings import AdaptationKind
from careward.kernel.identifiers import is_personal_id, normalise_id
from careward.kernel.roc import NotADate, NotAMonth, RocMonth, parse_date, short_date
from careward.kernel.text import nfkc
from careward.rulebook.interchange import CodeList, Field
from careward.rulebook.interchange_consistency import spelling_key


class _Unread(Enum):
    UNREAD = "unread"


UNREAD: Final = _Unread.UNREAD
"""Stands for a cell that could not be read as its type; checks that need its value leave the row alone."""

Unread = Literal[_Unread.UNREAD]
Value = str | int | Decimal | date | None
Cell = Value | Unread
"""What a cell was read as."""

_ID_LENGTH: Final = 10
_INTEGER: Final = re.compile(r"[0-9]{1,12}")
_FORMS: Final[dict[str, AdaptationKind]] = {
    "integer": "number_form",
    "decimal": "number_form",
    "date": "date_form",
    "personal_id": "id_form",
    "code": "code_spelling",
}


@dataclass(frozen=True)
class Reader:
    """Reads and writes the cells of one field."""

    field: Field
    parse: Callable[[str], Value | Unread]
    plain: bool

    def text(self, raw: str) -> str:
        """The cell without blanks at its ends, and in NFKC unless it is free text.

        Names may hold characters that NFKC would replace by others.
        """
        stripped = raw.strip()
        return stripped if self.plain or stripped.isascii() else nfkc(stripped).strip()

    def adapted(self, raw: str, text: str, value: Value | Unread) -> tuple[AdaptationKind, ...]:
        """In which ways the cell was not written as the specification says."""
        form = _FORMS.get(self.field.type)
        if raw == text and (form is None or value is UNREAD or written(self.field, value) == text):
            return ()
        ways: list[AdaptationKind] = []
        stripped = raw.strip()
        if stripped != raw:
            ways.append("spaces")
        if stripped != text:
            ways.append("width")
        if form is not None and value is not UNREAD and written(self.field, value) != text:
            ways.append(form)
        return tuple(ways)


def reader_for(field: Field, codes: CodeList | None) -> Reader:
    """Return the reader of a field; `codes` is the list a code field names."""
    if field.type == "code" and codes is not None:
        spellings = {
            spelling_key(said): code.code
            for code in codes.codes.values()
            for said in (code.code, code.label, *code.also)
        }
        return Reader(field, lambda text: spellings.get(spelling_key(text), UNREAD), plain=False)
    if field.type == "decimal":
        form = re.compile(rf"[0-9]{{1,12}}(?:\.[0-9]{{1,{field.decimals}}})?")
        return Reader(field, lambda text: Decimal(text) if form.fullmatch(text) else UNREAD, plain=False)
    if field.type == "text":
        return Reader(field, str, plain=field.pattern is None)
    return Reader(field, _PARSERS[field.type], plain=False)


def written(field: Field, value: Value) -> str:
    """A value as the specification writes it: dates ``1141208``, decimals without needless zeros."""
    if value is None:
        return ""
    if isinstance(value, date):
        return short_date(value).replace("/", "").zfill(7)
    if isinstance(value, Decimal):
        return f"{value:f}".rstrip("0").rstrip(".") if "." in f"{value:f}" else f"{value:f}"
    return str(value)


def _integer(text: str) -> int | Unread:
    return int(text) if _INTEGER.fullmatch(text) else UNREAD


def _date(text: str) -> date | Unread:
    try:
        return parse_date(text)
    except NotADate:
        return UNREAD


def _month(text: str) -> str | Unread:
    try:
        return str(RocMonth.parse(text))
    except NotAMonth:
        return UNREAD


def _personal_id(text: str) -> str | Unread:
    tidy = len(text) == _ID_LENGTH and text.isascii() and text.isalnum() and text.isupper()
    plain = text if tidy else normalise_id(text)
    return plain if is_personal_id(plain) else UNREAD


_PARSERS: Final[dict[str, Callable[[str], Value | Unread]]] = {
    "integer": _integer,
    "date": _date,
    "roc_month": _month,
    "personal_id": _personal_id,
}
