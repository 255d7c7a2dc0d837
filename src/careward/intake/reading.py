"""A file as people send it into a table of text cells in the order of the dataset's fields, row by row.

CSV with comma, tab or semicolon (UTF-8 with or without mark, UTF-16, Big5/CP950; CRLF, LF or CR), Excel and ODS
workbooks, JSON and JSON Lines, recognised by content; headings by code name or Chinese label in any order.
Whatever had to be adapted is noted. Memory does not grow with a CSV file.
"""

import csv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import BinaryIO, Final

from careward.intake.findings import Notes
from careward.intake.headings import Headings, Rows
from careward.intake.json_records import records
from careward.intake.table import Fault, Row, Source, Table, Unreadable
from careward.intake.workbooks import workbook
from careward.kernel.texts import text
from careward.rulebook.interchange import Dataset, Interchange
from careward.rulebook.interchange_types import Delimiter
from careward.store.encodings import Undecodable, detect, foreign_format
from careward.store.tables import WORKBOOKS

_SIGNS: Final[Mapping[Delimiter, str]] = {"comma": ",", "tab": "\t", "semicolon": ";"}


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
    headings = Headings(spec, dataset, notes)
    foreign = foreign_format(stream)
    if foreign in WORKBOOKS:
        yield workbook(stream, headings)
        return
    if foreign == "json":
        yield records(stream, headings)
        return
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
        yield _Delimited(_lines(decoded, spec), headings).table()
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


class _Delimited:
    def __init__(self, lines: Iterator[str], headings: Headings) -> None:
        self._lines, self._headings = lines, headings
        self._spec = headings.spec
        self._read = 0

    def table(self) -> Table:
        line = self._first_line()
        sign, cells = self._cells(line)
        positions = self._headings.positions(cells, self._read)
        return Table(len(cells), self._rows(sign, len(cells), positions))

    def _first_line(self) -> str:
        for line in self._lines:
            self._read += 1
            if line.strip():
                return line
        raise Unreadable(Fault("empty"))

    def _cells(self, line: str) -> tuple[str, list[str]]:
        """The delimiter under which most columns are recognised, and the headings it gives."""
        best: tuple[int, Delimiter, list[str]] | None = None
        for name in self._spec.head.delimiters.value:
            try:
                cells = next(csv.reader([line], delimiter=_SIGNS[name], strict=True), [])
            except csv.Error:
                continue
            known = self._headings.known(cells)
            if best is None or known > best[0]:
                best = (known, name, cells)
        if best is None or best[0] == 0:
            raise self._headings.none(line, self._read)
        _, name, cells = best
        if name != "comma":
            self._headings.notes.add(
                "delimiter", self._read, detail=text(f"intake:reading.delimiters.{name}")
            )
        return _SIGNS[name], cells

    def _rows(self, sign: str, width: int, positions: list[int]) -> Iterator[Row]:
        reader = csv.reader(self._lines, delimiter=sign, strict=True)
        rows = Rows(self._headings, width, positions)
        line, before = 0, self._read
        try:
            for cells in reader:
                line, before = before + 1, self._read + reader.line_num
                yield from rows.row(cells, line)
        except csv.Error as error:
            raise Unreadable(Fault("quote", values={"count": before + 1}, line=before + 1)) from error
        rows.end()
