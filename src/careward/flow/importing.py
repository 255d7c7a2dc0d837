"""Importing a table in two steps: first what would change, row by row, then the change itself, all or nothing.

A package describes one kind of table as an :class:`Importer`; the page (:mod:`careward.shell.importing`) and
the command line use the same one.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db import transaction

from careward.journal import Actor, acting
from careward.kernel.texts import text
from careward.store.cells import Column
from careward.store.tables import Fault, Row, Table, read_table


class Change(StrEnum):
    """What importing a row would do."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Detail:
    """One value that would be set: its column's label, the value known so far (None for a new row), the new one."""

    label: str
    old: str | None
    new: str


@dataclass(frozen=True, slots=True)
class Line:
    """One good row, what people call it, and what importing it would do; ``subject`` is what it would change."""

    row: Row
    name: str
    change: Change
    details: tuple[Detail, ...] = ()
    subject: Any = None


Compare = Callable[[Sequence[Row]], Iterable[Line | Fault]]
Enter = Callable[[Sequence[Line], Actor], None]


@dataclass(frozen=True, slots=True)
class Importer:
    """One kind of table that may be imported.

    Under ``texts`` stand ``title``, ``lead`` and, by column, ``label``. ``key`` are the columns that name a
    row. ``compare`` says of every row what it would do, or what is wrong with it, and changes nothing;
    ``enter`` makes the changes, inside a transaction and under the actor's name.
    """

    id: str
    texts: str
    columns: Callable[[], Sequence[Column]]
    key: tuple[str, ...]
    compare: Compare
    enter: Enter

    def say(self, key: str, **values: object) -> str:
        """A text of this importer."""
        return text(f"{self.texts}.{key}", **values)


@dataclass(frozen=True, slots=True)
class Plan:
    """What importing a file would do. With a fault nothing at all can be imported [decided]."""

    lines: tuple[Line, ...]
    faults: tuple[Fault, ...]
    ignored: tuple[str, ...]
    digest: str

    def of(self, change: Change) -> list[Line]:
        """The lines that would do this."""
        return [line for line in self.lines if line.change is change]

    @property
    def counts(self) -> Mapping[str, int]:
        """Number of lines by what they would do."""
        return {change.value: len(self.of(change)) for change in Change}

    @property
    def does_something(self) -> bool:
        """Whether importing would change anything."""
        return not self.faults and any(line.change is not Change.SAME for line in self.lines)


class HasChanged(Exception):
    """What would change is no longer what was shown: somebody else was quicker. Show the plan again."""


def plan(importer: Importer, content: bytes) -> Plan:
    """What importing the file would do; changes nothing. Raises :class:`careward.store.tables.Unreadable`."""
    table = read_table(content, importer.columns(), key=importer.key)
    return plan_of(importer, table)


def plan_of(importer: Importer, table: Table) -> Plan:
    """As :func:`plan`, of rows that were already read."""
    lines: list[Line] = []
    faults = list(table.faults)
    for found in importer.compare(table.rows):
        if isinstance(found, Fault):
            faults.append(found)
        else:
            lines.append(found)
    faults.sort(key=lambda fault: fault.row)
    told = [(line.row.number, line.change, line.details) for line in lines]
    digest = hashlib.sha256(repr((told, faults)).encode("utf-8", "surrogatepass")).hexdigest()
    return Plan(tuple(lines), tuple(faults), table.ignored, digest)


def carry_out(importer: Importer, content: bytes, by: Actor, *, shown: str) -> Plan:
    """Import the file as it was shown: ``shown`` is the digest of the plan somebody agreed to.

    A second time changes nothing. Raises :class:`HasChanged`, :class:`careward.store.tables.Unreadable`;
    ValueError when the plan has faults.
    """
    with transaction.atomic(), acting(by, f"import.{importer.id}"):
        made = plan(importer, content)
        if made.digest != shown:
            raise HasChanged(importer.id)
        if made.faults:
            raise ValueError(f"{importer.id}: a plan with {len(made.faults)} faults is not carried out")
        importer.enter([line for line in made.lines if line.change is not Change.SAME], by)
    return made


def compared(
    row: Row, name: str, columns: Sequence[Column], known: Mapping[str, Any] | None, say: Callable[[str, Any], str]
) -> Line:  # fmt: skip
    """A line from the values known so far (None: nothing is known) and those of the row.

    ``say`` words a value of a column. An empty cell of a column that may be blank leaves what is known.
    """
    details = []
    for column in columns:
        new = row.values.get(column.id)
        old = None if known is None else known.get(column.id)
        if new is None or (known is not None and old == new):
            continue
        details.append(
            Detail(column.label, None if known is None else say(column.id, old), say(column.id, new))
        )
    change = Change.NEW if known is None else Change.CHANGED if details else Change.SAME
    return Line(row, name, change, tuple(details))
