"""Files of facts – CSV, ODS, XLSX – into rows of text by column name, with the line each began on."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO, Final

from careward.kernel.text import name_key, seen
from careward.kernel.texts import text
from careward.rewards.columns import COLUMNS, OPTIONAL, Fault, Wrong, fault, listed
from careward.store.encodings import Undecodable, detect, foreign_format
from careward.store.tables import WORKBOOKS, Unreadable, workbook_rows

DELIMITERS: Final = (",", "\t", ";")
MOST_SHEET_ROWS: Final = 60_000
"""Of a workbook, which is read as a whole; a CSV is read line by line and has no such bound."""


class NoFacts(Exception):
    """The file as a whole cannot be read; ``str()`` says why and how to mend it."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(text(f"rewards:files.{code}", **values))


@dataclass(frozen=True, slots=True)
class Line:
    """One row: the line it began on and its cells by column."""

    number: int
    cells: Mapping[str, str]


def read_lines(path: Path) -> Iterator[Line | Fault]:
    """Yield the rows of a file; a row that is no row is a Fault. Raises NoFacts, before the first row."""
    if not path.is_file():
        raise NoFacts("missing", name=path)
    with path.open("rb") as stream:
        foreign = foreign_format(stream)
        if foreign in WORKBOOKS:
            yield from _body(path.name, _sheet(path, stream))
        else:
            with _text(path, stream, foreign) as written:
                yield from _body(path.name, _records(written))


def _heading(name: str, rows: Iterator[tuple[int, Sequence[str] | Fault]]) -> Sequence[str]:
    number, heading = next(rows, (0, []))
    if isinstance(heading, Fault) or not number:
        raise NoFacts("empty", name=name)
    return heading


def _body(name: str, rows: Iterator[tuple[int, Sequence[str] | Fault]]) -> Iterator[Line | Fault]:
    heading = _heading(name, rows)
    columns = _columns(name, heading)
    for number, row in rows:
        if isinstance(row, Fault):
            yield row
        elif any(cell.strip() for cell in row[len(heading) :]):
            yield fault(number, "", Wrong("cells"))
        elif any(cell.strip() for cell in row):
            cells = dict.fromkeys(columns.values(), "")
            cells.update({column: row[place] for place, column in columns.items() if place < len(row)})
            yield Line(number, cells)


def _sheet(path: Path, stream: BinaryIO) -> Iterator[tuple[int, Sequence[str] | Fault]]:
    try:
        rows = workbook_rows(stream.read(), most_rows=MOST_SHEET_ROWS, most_columns=100)
    except Unreadable as error:
        raise NoFacts("not_a_table", name=f"{path.name}（{error}）") from error
    return iter([(number, row) for number, row in rows if any(cell.strip() for cell in row)])


def _text(path: Path, stream: BinaryIO, foreign: str | None) -> TextIOWrapper:
    if foreign is not None:
        raise NoFacts("not_a_table", name=path.name)
    try:
        _, codec = detect(stream, ("utf-8", "utf-16", "cp950"))
    except Undecodable as error:
        raise NoFacts("encoding", name=path.name) from error
    return TextIOWrapper(stream, codec, newline="")


def _records(written: TextIOWrapper) -> Iterator[tuple[int, Sequence[str] | Fault]]:
    head = written.readline()
    if not head.strip():
        return
    delimiter = max(DELIMITERS, key=head.count)
    lines = (line for part in ([head], written) for line in part)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        begun = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield begun, fault(begun, "", Wrong("quote"))
            return
        yield begun, row


def _columns(name: str, heading: Sequence[str]) -> dict[int, str]:
    spelled = {
        _key(said): column for column in COLUMNS for said in (column, text(f"rewards:columns.{column}"))
    }
    found: dict[int, str] = {}
    for place, said in enumerate(heading):
        column = spelled.get(_key(said))
        if column in found.values():
            raise NoFacts("column_twice", name=name, column=said)
        if column:
            found[place] = column
    absent = [column for column in COLUMNS if column not in OPTIONAL and column not in found.values()]
    if absent:
        raise NoFacts("columns", name=name, columns=listed(absent))
    return found


def _key(said: str) -> str:
    return name_key(seen(said)).casefold()
