"""Delimited text as a table: row by row with Python's reader, or in blocks of lines with polars where both agree.

Row by row decides what a file means. A block is read at once only where that gives the same cells: as many
separators in each line as in the heading, line ends of one kind, and quotes, if any, around whole cells only.
"""

import csv
from collections.abc import Iterator, Mapping
from io import TextIOWrapper
from typing import BinaryIO, Final

import polars as pl

from careward.intake.headings import Headings, Rows
from careward.intake.table import BLANKS, Batch, Fault, Row, Table, Unreadable, gathered
from careward.kernel.texts import text
from careward.rulebook.interchange import Interchange
from careward.rulebook.interchange_types import Delimiter

_SIGNS: Final[Mapping[Delimiter, str]] = {"comma": ",", "tab": "\t", "semicolon": ";"}
_BLOCK: Final = 8 << 20
_COUNTED: Final = 1 << 20


class Lines:
    """Physical lines of UTF-8 text with their ends, counted, and where each one ends in the stream."""

    def __init__(self, stream: BinaryIO, spec: Interchange, *, at: int = 0) -> None:
        self.stream, self._spec = stream, spec
        self.at, self.number = at, 0

    def __iter__(self) -> Iterator[str]:
        """From where they stand; a line without end is never held whole, nor one with NUL passed on."""
        most = self._spec.limits.line_characters.value
        self.stream.seek(self.at)
        decoded = TextIOWrapper(self.stream, encoding="utf-8", newline="")
        try:
            while line := decoded.readline(most + 2):
                self.number += 1
                self.at += len(line) if line.isascii() else len(line.encode())
                if len(line) > most and len(line.rstrip("\r\n")) > most:
                    values = {"count": self.number, "limit": most}
                    raise Unreadable(Fault("line_too_long", values=values, line=self.number))
                if "\0" in line:
                    raise Unreadable(Fault("nul", values={"count": self.number}, line=self.number))
                yield line
        finally:
            if not self.stream.closed:
                decoded.detach()


def delimited(lines: Lines, headings: Headings) -> Table:
    """Read heading and delimiter. Raises :class:`Unreadable`."""
    walked = iter(lines)
    line = next((line for line in walked if line.strip()), None)
    if line is None:
        raise Unreadable(Fault("empty"))
    walked.close()  # type: ignore[attr-defined]
    sign, cells = _cells(line, lines.number, headings)
    positions = headings.positions(cells, lines.number)
    body = _Body(lines, sign, Rows(headings, len(cells), positions))
    return Table(len(cells), body.rows, body.batches, _at_most(lines))


def _cells(line: str, number: int, headings: Headings) -> tuple[str, list[str]]:
    """The delimiter under which most columns are recognised, and the headings it gives."""
    best: tuple[int, Delimiter, list[str]] | None = None
    for name in headings.spec.head.delimiters.value:
        try:
            cells = next(csv.reader([line], delimiter=_SIGNS[name], strict=True), [])
        except csv.Error:
            continue
        known = headings.known(cells)
        if best is None or known > best[0]:
            best = (known, name, cells)
    if best is None or best[0] == 0:
        raise headings.none(line, number)
    _, name, cells = best
    if name != "comma":
        headings.notes.add("delimiter", number, detail=text(f"intake:reading.delimiters.{name}"))
    return _SIGNS[name], cells


def _at_most(lines: Lines) -> int:
    """Roughly how many rows follow: exact for a small file, a guess from its size for a larger one."""
    lines.stream.seek(lines.at)
    head = lines.stream.read(_COUNTED)
    counted = max(head.count(b"\n"), head.count(b"\r"))
    if len(head) < _COUNTED:
        return counted + 1
    return (counted + 1) * (1 + (lines.stream.seek(0, 2) - lines.at) // _COUNTED)


class _Body:
    """What stands below the heading."""

    def __init__(self, lines: Lines, sign: str, rows: Rows) -> None:
        self._lines, self._sign, self._rows = lines, sign, rows
        self._schema = pl.Schema({str(place): pl.String() for place in range(rows.width)})
        self._fields = [field.id for field in rows.headings.dataset.fields]

    def rows(self) -> Iterator[Row]:
        """Row by row to the end."""
        yield from self._until(None)
        self._rows.end()

    def batches(self) -> Iterator[Batch]:
        """Blocks of lines; the first row, and blocks that polars would read otherwise, row by row."""
        yield from gathered(self._until(self._lines.at + 1), self._fields)
        while block := self._block():
            before = self._lines.number
            batch = self._at_once(block)
            if batch is None:
                yield from gathered(self._until(self._lines.at + len(block)), self._fields)
                continue
            self._lines.at += len(block)
            self._lines.number = before + batch.lines.len()
            yield from self._without_blank(batch)
        self._rows.end()

    def _until(self, end: int | None) -> Iterator[Row]:
        """The rows that begin before `end`, a place in the stream."""
        lines = self._lines
        walked = iter(lines)
        line, before = 0, lines.number
        try:
            for cells in csv.reader(walked, delimiter=self._sign, strict=True):
                line, before = before + 1, lines.number
                yield from self._rows.row(cells, line)
                if end is not None and lines.at >= end:
                    break
        except csv.Error as error:
            raise Unreadable(Fault("quote", values={"count": before + 1}, line=before + 1)) from error
        finally:
            walked.close()  # type: ignore[attr-defined]

    def _block(self) -> bytes:
        self._lines.stream.seek(self._lines.at)
        block = self._lines.stream.read(_BLOCK)
        end = block.rfind(b"\n") + 1 if len(block) == _BLOCK else 0
        return block[:end] if end else block

    def _at_once(self, block: bytes) -> Batch | None:
        """The block as whole columns; None where row by row must say what it is."""
        count = block.count(b"\n") + (not block.endswith(b"\n"))
        if not self._is_plain(block, count):
            return None
        try:
            cells = pl.read_csv(
                block,
                has_header=False,
                separator=self._sign,
                quote_char=None,
                schema=self._schema,
                empty_string_is_null=False,
                extra_columns="raise",
            )
        except pl.exceptions.ComputeError:  # a line with more cells than the heading has
            return None
        if cells.height != count:
            return None
        if b'"' in block:
            unquoted = _unquoted(cells)
            if unquoted is None:
                return None
            cells = unquoted
        first = self._lines.number + 1
        return Batch(pl.int_range(first, first + count, dtype=pl.UInt32, eager=True), cells)

    def _is_plain(self, block: bytes, count: int) -> bool:
        limits = self._rows.headings.spec.limits
        window = limits.line_characters.value // 2
        return (
            self._rows.count > 0
            and (block.endswith(b"\n") or len(block) < _BLOCK)
            and block.count(self._sign.encode()) == (self._rows.width - 1) * count
            and b"\0" not in block
            and block.count(b"\r") == block.count(b"\r\n")
            and self._rows.count + count <= limits.rows.value
            and all(block.find(b"\n", at, at + window) >= 0 for at in range(0, len(block) - window, window))
        )

    def _without_blank(self, batch: Batch) -> Iterator[Batch]:
        """Without blank rows, each noted, and with the fields' columns alone, in their order."""
        cells, lines = batch.cells, batch.lines
        may_be = cells.get_column("0").str.strip_chars(BLANKS) == ""
        if may_be.any():
            blank = cells.select(pl.all_horizontal(pl.all().str.strip_chars(BLANKS) == "")).to_series()
            for line in lines.filter(blank):
                self._rows.headings.notes.add("blank_rows", line)
            cells, lines = cells.filter(~blank), lines.filter(~blank)
        self._rows.count += lines.len()
        columns = [
            cells.get_column(str(place)).alias(name)
            for place, name in zip(self._rows.positions, self._fields, strict=True)
        ]
        if lines.len():
            yield Batch(lines, pl.DataFrame(columns))


def _unquoted(cells: pl.DataFrame) -> pl.DataFrame | None:
    """Cells without the quotes around them; None when a quote stands anywhere else."""
    columns = []
    for column in cells:
        quotes = column.str.count_matches('"', literal=True)
        if quotes.max() == 0:
            columns.append(column)
            continue
        whole = column.str.starts_with('"') & column.str.ends_with('"') & (quotes == 2)
        if not (whole | (quotes == 0)).all():
            return None
        columns.append(column.str.strip_chars('"'))
    return pl.DataFrame(columns)
