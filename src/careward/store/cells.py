"""Columns of a table that people send, and how their cells are read.

A reader takes the written text (NFKC, blanks tidied) and returns a value, or raises :class:`Wrong` with a
sentence that says what was expected.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from careward.kernel import roc
from careward.kernel.text import NotAPhone, name_key, parse_phone, squeeze
from careward.kernel.texts import known, text


class Wrong(ValueError):
    """A cell cannot be taken; the message is for the person who made the file."""


Reader = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: ``id`` is its code name, ``label`` its Chinese name, ``also`` are other headings for it.

    ``needed``: the file must have it. ``blank``: its cells may be empty and are then None. ``as_written``:
    full-width signs stay, as in names, which are compared by eye.
    """

    id: str
    label: str
    read: Reader
    also: tuple[str, ...] = ()
    needed: bool = True
    blank: bool = False
    as_written: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Every heading that means this column."""
        return (self.id, self.label, *self.also)

    def value(self, written: str) -> Any:
        """What the cell means. Raises :class:`Wrong`."""
        if written:
            return self.read(written if self.as_written else squeeze(written))
        if self.blank:
            return None
        raise Wrong(text("store:tables.faults.empty"))


def column(texts: str, id: str, read: Reader, **options: bool) -> Column:  # noqa: A002
    """A column whose label stands under ``<texts>.<id>.label``, other headings under ``.also``, split by 、."""
    more = f"{texts}.{id}.also"
    also = tuple(text(more).split(text("store:tables.separator"))) if known(more) else ()
    return Column(id, text(f"{texts}.{id}.label"), read, also, **options)


def words(most: int) -> Reader:
    """Text of at most ``most`` characters."""

    def read(written: str) -> str:
        if len(written) > most:
            raise Wrong(text("store:tables.faults.too_long", given=len(written), most=most))
        return written

    return read


def whole_number(least: int, most: int) -> Reader:
    """A whole number within bounds, thousands' commas forgiven."""

    def read(written: str) -> int:
        plain = written.replace(",", "")
        if not (plain.isascii() and plain.removeprefix("-").isdigit()):
            raise Wrong(text("store:tables.faults.number", found=written))
        if not least <= int(plain) <= most:
            raise Wrong(text("store:tables.faults.range", found=written, least=least, most=most))
        return int(plain)

    return read


def one_of(choices: Mapping[str, str]) -> Reader:
    """One of some ids, written as the id or as its label; ``choices`` are id → label."""
    spelled = {_key(said): id_ for id_, label in choices.items() for said in (id_, label)}

    def read(written: str) -> str:
        found = spelled.get(_key(written))
        if found is None:
            expected = text("store:tables.separator").join(choices.values())
            raise Wrong(text("store:tables.faults.choice", found=written, expected=expected))
        return found

    return read


def _key(said: str) -> str:
    return name_key(said).casefold()


def yes_or_no(written: str) -> bool:
    """是 or 否, in the usual spellings."""
    spelled = written.casefold()
    for answer, name in ((True, "yes"), (False, "no")):
        if spelled in text(f"store:tables.{name}").split(text("store:tables.separator")):
            return answer
    raise Wrong(text("store:tables.faults.yes_or_no", found=written))


def roc_day(written: str) -> date:
    """A day in ROC years, in every form domain.md §5 lists."""
    try:
        return roc.parse_date(written)
    except roc.NotADate as refused:
        raise Wrong(text(f"store:tables.faults.day_{refused.reason}", found=written)) from refused


def roc_month(written: str) -> str:
    """A month of a ROC year, as ``11412``."""
    try:
        return str(roc.parse_month(written))
    except roc.NotAMonth as refused:
        raise Wrong(text("store:tables.faults.month", found=written)) from refused


def phone(written: str) -> str:
    """A telephone number with its area code, as ``02-89791196#216``."""
    try:
        return str(parse_phone(written))
    except NotAPhone as refused:
        raise Wrong(text("store:tables.faults.phone", found=written)) from refused
