"""The replaceable wording of the documents institutions print and sign. It is our own and says so."""

from collections.abc import Mapping
from string import Formatter
from typing import Annotated, Final

from pydantic import Field

from careward.rulebook.season import KindId
from careward.rulebook.values import Entry, Frozen, Sourced, Text

FIELDS: Final = frozenset(
    {
        "county",
        "institution_code",
        "institution_name",
        "institution_type",
        "person_id",
        "person_name",
        "season",
        "source_addresses",
        "vendor_business_id",
        "vendor_name",
        "vendor_phone",
    }
)
"""What an application can fill into a document; all texts."""

Millimetres = Annotated[int, Field(ge=20, le=90)]


class WordingFacts(Entry):
    """Which wording it is; `version` is printed on the document, `notice` says whose wording it is."""

    id: str
    version: Text
    title: Text
    notice: Text


class Row(Entry):
    """One filled line of the table at the head of the document; only for these kinds of application."""

    label: Text
    field: str
    kinds: tuple[KindId, ...] = ("new", "continuing")


class Seal(Entry):
    """An empty place for a seal (大章, 小章), in millimetres."""

    label: Text
    width_mm: Millimetres
    height_mm: Millimetres


class Wording(Frozen):
    """One file of rules/documents."""

    wording: WordingFacts
    rows: tuple[Row, ...]
    paragraphs: Sourced[tuple[Text, ...]]
    seals: tuple[Seal, ...]

    def rows_for(self, kind: str) -> tuple[Row, ...]:
        """List the table's lines for a kind; a continuing institution is never asked for the ID."""
        return tuple(row for row in self.rows if kind in row.kinds)

    def filled(self, values: Mapping[str, str]) -> tuple[str, ...]:
        """Return the paragraphs with their fields filled; KeyError when one of them has no value."""
        return tuple(paragraph.format_map(values) for paragraph in self.paragraphs.value)


def fields_of(paragraph: str) -> frozenset[str]:
    """Names in braces of a paragraph; ValueError when the braces do not match."""
    return frozenset(name for _, name, _, _ in Formatter().parse(paragraph) if name is not None)
