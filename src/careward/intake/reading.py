"""A file as people send it into a table of text cells in the order of the dataset's fields, row by row.

CSV with comma, tab or semicolon; UTF-8 with or without mark, UTF-16, Big5/CP950; CRLF, LF or CR; headings
by code name or Chinese label in any order. Whatever had to be adapted is noted. Memory does not grow with
the file.
"""

import csv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO, TextIOWrapper
from operator import itemgetter
from pathlib import Path
from typing import BinaryIO, Final

from careward.intake.findings import Notes, shown
from careward.kernel.texts import text
from careward.rulebook.interchange import Dataset, Interchange
from careward.rulebook.interchange_consistency import spelling_key
from careward.rulebook.interchange_rules import ReadingProblem
from careward.rulebook.interchange_types import Delimiter
from careward.store.encodings import Undecodable, detect, foreign_format

Source = Path | bytes | BinaryIO
"""A file: its path, its bytes, or a seekable stream at its beginning, which is left open."""

_SIGNS: Final[Mapping[Delimiter, str]] = {"comma": ",", "tab": "\t", "semicolon": ";"}


@dataclass(frozen=True, slots=True)
class Fault:
    """One reason why a file cannot be read; `values` are what the check's wording needs beside `found`."""

    problem: ReadingProblem
    found: str = ""
    values: Mapping[str, object] = field(default_factory=dict)
    line: int | None = None


class Unreadable(Exception):
    """The file, or its rest, is not a table of the dataset. `faults` has every reason that could be told."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__(", ".join(fault.problem for fault in faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Row:
    """One data row. `line` is the one it begins on; `cells` stand in the order of the dataset's fields.

    A row with too few or too many cells has none, and `width` says how many it had.
    """

    line: int
    cells: tuple[str, ...] | None
    width: int


@dataclass(frozen=True)
class Table:
    """An opened file with a good heading. ``rows`` may be walked once and raises :class:`Unreadable`."""

    width: int
    rows: Iterator[Row]


@contextmanager
def opened(source: Source, *, spec: Interchange, dataset: Dataset, notes: Notes) -> Iterator[Table]:
    """Open a file as a table of `dataset`. Raises :class:`Unreadable`; OSError when there is no such file."""
    if isinstance(source, Path):
        with source.open("rb") as stream:
            yield from _opened(stream, spec, dataset, notes)
    else:
        yield from _opened(BytesIO(source) if isinstance(source, bytes) else source, spec, dataset, notes)


def _opened(stream: BinaryIO, spec: Interchange, dataset: Dataset, notes: Notes) -> Iterator[Table]:
    _refuse_size(stream, spec)
    foreign = foreign_format(stream)
    if foreign is not None:
        raise Unreadable(Fault("not_text", text(f"intake:reading.formats.{foreign}")))
    try:
        name, codec = detect(stream, spec.head.encodings.value)
    except Undecodable as error:
        raise Unreadable(Fault("encoding", values={"count": error.line}, line=error.line)) from error
    if name != "utf-8":
        notes.add("encoding", 1, detail=text(f"intake:reading.encodings.{name}"))
    decoded = TextIOWrapper(stream, encoding=codec, newline="")
    try:
        yield _Sheet(_lines(decoded, spec), spec, dataset, notes).table()
    finally:
        decoded.detach()


def _refuse_size(stream: BinaryIO, spec: Interchange) -> None:
    size, most = stream.seek(0, 2), spec.limits.file_bytes.value
    stream.seek(0)
    if size == 0:
        raise Unreadable(Fault("empty"))
    if size > most:
        raise Unreadable(Fault("too_large", values={"count": f"{size:,}", "limit": f"{most:,}"}))


def _lines(decoded: TextIOWrapper, spec: Interchange) -> Iterator[str]:
    """Physical lines with their ends; a line without end is never held whole, nor one with NUL passed on."""
    most = spec.limits.line_characters.value
    number = 0
    while line := decoded.readline(most + 2):
        number += 1
        if len(line) > most and len(line.rstrip("\r\n")) > most:
            raise Unreadable(Fault("line_too_long", values={"count": number, "limit": most}, line=number))
        if "\0" in line:
            raise Unreadable(Fault("nul", values={"count": number}, line=number))
        yield line


class _Sheet:
    def __init__(self, lines: Iterator[str], spec: Interchange, dataset: Dataset, notes: Notes) -> None:
        self._lines, self._spec, self._dataset, self._notes = lines, spec, dataset, notes
        self._names = {
            spelling_key(said): field.id
            for field in dataset.fields
            for said in (field.id, field.label, *field.also)
        }
        self._read = 0

    def table(self) -> Table:
        line = self._first_line()
        sign, headings = self._headings(line)
        positions = self._positions(headings)
        return Table(len(headings), self._rows(sign, len(headings), positions))

    def _first_line(self) -> str:
        for line in self._lines:
            self._read += 1
            if line.strip():
                return line
        raise Unreadable(Fault("empty"))

    def _headings(self, line: str) -> tuple[str, list[str]]:
        """The delimiter under which most columns are recognised, and the headings it gives."""
        best: tuple[int, Delimiter, list[str]] | None = None
        for name in self._spec.head.delimiters.value:
            try:
                cells = next(csv.reader([line], delimiter=_SIGNS[name], strict=True), [])
            except csv.Error:
                continue
            known = sum(spelling_key(cell) in self._names for cell in cells)
            if best is None or known > best[0]:
                best = (known, name, cells)
        if best is None or best[0] == 0:
            told = {"count": self._read, "columns": self._joined([f.label for f in self._dataset.fields])}
            raise Unreadable(Fault("no_header", shown(line), told, self._read))
        _, name, cells = best
        if name != "comma":
            self._notes.add("delimiter", self._read, detail=text(f"intake:reading.delimiters.{name}"))
        most = self._spec.limits.columns.value
        if len(cells) > most:
            raise Unreadable(
                Fault("too_many_columns", values={"count": len(cells), "limit": most}, line=self._read)
            )
        return _SIGNS[name], cells

    def _positions(self, headings: list[str]) -> list[int]:
        places: dict[str, int] = {}
        faults: list[Fault] = []
        for place, heading in enumerate(headings):
            known = self._names.get(spelling_key(heading))
            if known is None:
                if heading.strip():
                    self._notes.add("extra_column", self._read, detail=shown(heading))
            elif known in places:
                faults.append(Fault("column_twice", self._column(known), line=self._read))
            else:
                places[known] = place
        faults.extend(
            Fault("column_missing", self._column(field.id), line=self._read)
            for field in self._dataset.fields
            if field.id not in places
        )
        if faults:
            raise Unreadable(*faults)
        return [places[field.id] for field in self._dataset.fields]

    def _rows(self, sign: str, width: int, positions: list[int]) -> Iterator[Row]:
        pick = itemgetter(*positions)
        reader = csv.reader(self._lines, delimiter=sign, strict=True)
        most, count, line = self._spec.limits.rows.value, 0, 0
        before = self._read
        try:
            for cells in reader:
                line, before = before + 1, self._read + reader.line_num
                if not "".join(cells).strip():
                    self._notes.add("blank_rows", line)
                    continue
                count += 1
                if count > most:
                    raise Unreadable(Fault("too_many_rows", values={"count": line, "limit": most}, line=line))
                if len(cells) != width:
                    cells = self._trimmed(cells, width, line)  # noqa: PLW2901 – the same row, trimmed
                yield Row(line, pick(cells) if len(cells) == width else None, len(cells))
        except csv.Error as error:
            raise Unreadable(Fault("quote", values={"count": before + 1}, line=before + 1)) from error
        if count == 0 and not self._dataset.may_be_empty:
            raise Unreadable(Fault("no_rows"))

    def _trimmed(self, cells: list[str], width: int, line: int) -> list[str]:
        """Without the empty cells spreadsheets leave at the right of a row."""
        if len(cells) > width and not "".join(cells[width:]).strip():
            self._notes.add("trailing_cells", line)
            return cells[:width]
        return cells

    def _column(self, name: str) -> str:
        return text("intake:findings.column", label=self._dataset.field(name).label, name=name)

    @staticmethod
    def _joined(names: list[str]) -> str:
        return text("intake:findings.separator").join(names)
