"""Tables that people send – CSV, ODS, XLSX – read into rows by column name, with errors by row and column.

Headings are code names or Chinese labels in any order; width, blanks, case and 臺/台 make no difference.
Workbooks are opened by a limited process of their own (:mod:`sheet_reader`). Bounds are data
(``rules/policies.yaml``, ``tables``).
"""

import csv
import json
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from io import BytesIO, StringIO
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Final

from careward import rulebook
from careward.kernel import roc
from careward.kernel.text import name_key, seen, squeeze
from careward.kernel.texts import text
from careward.store.cells import Column, Wrong
from careward.store.encodings import Undecodable, detect, foreign_format
from careward.store.spreadsheets import unguarded

READER: Final = Path(__file__).with_name("sheet_reader.py")
READER_SECONDS: Final = 60
"""By the clock: a busy machine may give a reader a quarter of a core; its processor time is bounded by itself."""
WORKBOOKS: Final = frozenset({"xlsx", "ods", "xls"})
MOST_FAULTS: Final = 500
"""Beyond so many, the rest of a wholly wrong file is not gone through."""
_HEADING_WITHIN: Final = 10
"""Rows in which the heading is looked for: many offices put a title above it."""
_DELIMITERS: Final = ",\t;"


class Unreadable(Exception):
    """The file as a whole is no such table.

    ``code`` is one of empty, too_large, not_a_table, encoding, quote, encrypted, broken, too_complex,
    too_many_rows, too_many_columns, no_heading, column_missing, column_twice, no_rows; ``str()`` says it to
    a person: what is wrong, what was expected, how to mend it.
    """

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(text(f"store:tables.refusals.{code}", **values))
        self.code = code


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in one row: the column's label (empty for the row as a whole) and the sentence."""

    row: int
    column: str
    says: str


@dataclass(frozen=True, slots=True)
class Row:
    """One good row: its number in the file, and a value for every column the file has."""

    number: int
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Table:
    """What was read. ``ignored`` are headings nobody asked for; a row with a fault is not in ``rows``."""

    rows: tuple[Row, ...]
    faults: tuple[Fault, ...] = ()
    ignored: tuple[str, ...] = ()
    has: frozenset[str] = field(default_factory=frozenset)


def read_table(content: bytes, columns: Sequence[Column], *, key: Sequence[str] = ()) -> Table:
    """Read a file's bytes as a table of ``columns``; two rows with the same ``key`` are a fault of the later.

    Raises :class:`Unreadable`.
    """
    return read_rows(_cells(content), columns, key=key)


def read_rows(
    cells: Sequence[tuple[int, Sequence[str]]], columns: Sequence[Column], *, key: Sequence[str] = ()
) -> Table:
    """As :func:`read_table`, from (row number, cells) as they were found. Raises :class:`Unreadable`."""
    place, names, ignored = _heading(cells, columns)
    width = len(cells[place][1])
    rows: list[Row] = []
    faults: list[Fault] = []
    seen_keys: dict[tuple[Any, ...], int] = {}
    body = [(number, row) for number, row in cells[place + 1 :] if any(cell.strip() for cell in row)]
    if not body:
        raise Unreadable("no_rows")
    for number, row in body:
        values, wrong = _read_row(number, row, names)
        if any(cell.strip() for cell in row[width:]):
            wrong.append(Fault(number, "", text("store:tables.faults.extra_cells")))
        if not wrong and key:
            wrong = _refuse_twice(number, tuple(values.get(name) for name in key), seen_keys)
        faults.extend(wrong)
        if not wrong:
            rows.append(Row(number, values))
        if len(faults) >= MOST_FAULTS:
            faults.append(Fault(number, "", text("store:tables.faults.enough", most=MOST_FAULTS)))
            break
    return Table(tuple(rows), tuple(faults), tuple(ignored), frozenset(c.id for c in names.values()))


def _read_row(
    number: int, row: Sequence[str], names: Mapping[int, Column]
) -> tuple[dict[str, Any], list[Fault]]:
    values: dict[str, Any] = {}
    wrong: list[Fault] = []
    for place, column in names.items():
        written = seen(" ".join((row[place] if place < len(row) else "").split()))
        try:
            values[column.id] = column.value(_bounded(written))
        except Wrong as found:
            wrong.append(Fault(number, column.label, str(found)))
    return values, wrong


def _bounded(written: str) -> str:
    most = rulebook.current().policies.tables.max_characters.value
    if len(written) > most:
        raise Wrong(text("store:tables.faults.too_long", given=len(written), most=most))
    return written


def _refuse_twice(number: int, key: tuple[Any, ...], known: dict[tuple[Any, ...], int]) -> list[Fault]:
    first = known.setdefault(key, number)
    if first == number:
        return []
    return [Fault(number, "", text("store:tables.faults.twice", first=first))]


def _heading(
    cells: Sequence[tuple[int, Sequence[str]]], columns: Sequence[Column]
) -> tuple[int, dict[int, Column], list[str]]:
    """Where the heading stands, which place is which column, and the headings nobody asked for."""
    spelled = {heading_key(said): column for column in columns for said in column.names}
    best, most = 0, 0
    for place, (_, row) in enumerate(cells[:_HEADING_WITHIN]):
        known = sum(heading_key(cell) in spelled for cell in row)
        if known > most:
            best, most = place, known
    if not most:
        raise Unreadable("no_heading", columns=_listed(c.label for c in columns if c.needed))
    names: dict[int, Column] = {}
    ignored = []
    for place, heading in enumerate(cells[best][1]):
        column = spelled.get(heading_key(heading))
        if column is None:
            ignored += [squeeze(heading)] if heading.strip() else []
        elif column in names.values():
            raise Unreadable("column_twice", column=column.label)
        else:
            names[place] = column
    there = {column.id for column in names.values()}
    absent = [column.label for column in columns if column.needed and column.id not in there]
    if absent:
        raise Unreadable("column_missing", columns=_listed(absent))
    return best, names, ignored


def heading_key(heading: str) -> str:
    """Two headings with one key are the same to a reader: case, blanks, width, 臺/台 and a mark for 必填."""
    return name_key(seen(heading)).casefold().strip("*")


def _cells(content: bytes) -> list[tuple[int, list[str]]]:
    bounds = rulebook.current().policies.tables
    if not content.strip():
        raise Unreadable("empty")
    if len(content) > bounds.max_bytes.value:
        raise Unreadable("too_large", most=bounds.max_bytes.value >> 20)
    foreign = foreign_format(BytesIO(content))
    if foreign in WORKBOOKS:
        most_rows = bounds.max_rows.value + _HEADING_WITHIN
        return workbook_rows(content, most_rows=most_rows, most_columns=bounds.max_columns.value)
    if foreign is not None:
        raise Unreadable("not_a_table")
    return _from_text(content)


def _from_text(content: bytes) -> list[tuple[int, list[str]]]:
    try:
        _, codec = detect(BytesIO(content), ("utf-8", "utf-16", "cp950"))
    except Undecodable as error:
        raise Unreadable("encoding", line=error.line) from error
    written = content.decode(codec)
    if "\0" in written:
        raise Unreadable("not_a_table")
    bounds = rulebook.current().policies.tables
    found: list[tuple[int, list[str]]] = []
    reader = csv.reader(StringIO(written, newline=""), delimiter=_delimiter(written), strict=True)
    try:
        for number, row in enumerate(reader, start=1):
            if len(row) > bounds.max_columns.value:
                raise Unreadable("too_many_columns", most=bounds.max_columns.value)
            found.append((number, [unguarded(cell) for cell in row]))
            if len(found) > bounds.max_rows.value + _HEADING_WITHIN:
                raise Unreadable("too_many_rows", most=bounds.max_rows.value)
    except csv.Error as error:
        raise Unreadable("quote", line=reader.line_num) from error
    return found


def _delimiter(written: str) -> str:
    """The sign that occurs most often in the first lines."""
    head = "\n".join(written.splitlines()[:_HEADING_WITHIN])
    return max(_DELIMITERS, key=head.count)


def workbook_rows(content: bytes, *, most_rows: int, most_columns: int) -> list[tuple[int, list[str]]]:
    """Return the first filled sheet as (row number, cells as text). Raises :class:`Unreadable`."""
    with NamedTemporaryFile(prefix="careward-table-") as copy:
        copy.write(content)
        copy.flush()
        sheet = read_sheet(copy.name, most_rows, most_columns)
    if sheet.refused:
        bound = most_rows - _HEADING_WITHIN if sheet.refused == "too_many_rows" else most_columns
        raise Unreadable(sheet.refused, most=bound)
    return list(enumerate(sheet.rows, start=1))


@dataclass(frozen=True, slots=True)
class Sheet:
    """The first filled, visible sheet of a workbook, every cell as a person would have typed it.

    ``refused`` is why there is none: encrypted, broken, empty, too_complex, too_many_rows, too_many_columns.
    ``formula`` and ``merged`` are places of the first of their kind, empty for none; ``others`` and ``hidden`` the
    names of further filled sheets.
    """

    refused: str = ""
    rows: tuple[list[str], ...] = ()
    formula: str = ""
    merged: str = ""
    others: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()


def read_sheet(path: str, most_rows: int, most_columns: int) -> Sheet:
    """Let the limited process read a workbook; it never fails, whatever the file is."""
    answer = _ask(path, most_rows, most_columns)
    if "refused" in answer:
        return Sheet(refused=answer["refused"])
    return Sheet(
        rows=tuple([cell if type(cell) is str else _said(cell) for cell in row] for row in answer["rows"]),
        formula=answer["formula"],
        merged=answer["merged"],
        others=tuple(answer["others"]),
        hidden=tuple(answer["hidden"]),
    )


def _ask(path: str, most_rows: int, most_columns: int) -> dict[str, Any]:
    command = [sys.executable, "-I", str(READER), path, str(most_rows), str(most_columns)]
    try:
        done = subprocess.run(  # noqa: S603 - our own command; the path is the server's
            command,
            capture_output=True,
            timeout=READER_SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
            env={},
        )
    except subprocess.TimeoutExpired:
        return {"refused": "too_complex"}
    if done.returncode != 0:
        return {"refused": "too_complex"}
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _said(cell: Any) -> str:
    """A cell as a person would have typed it: a day in ROC years."""
    day = date.fromisoformat(cell["day"])
    try:
        return roc.short_date(day)
    except roc.NotADate:
        return day.isoformat()


def _listed(names: Iterable[str]) -> str:
    return text("store:tables.separator").join(names)
