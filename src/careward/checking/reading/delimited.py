"""Delimited text as a table: row by row with Python's reader, or in blocks of lines with polars where both agree.

Row by row decides what a file means; a block is read at once only where that gives the same cells
(:mod:`careward.checking.reading.blocks`).
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from io import TextIOWrapper
from typing import BinaryIO, Final

from careward.checking.made_once import MadeOnce
from careward.checking.reading.blocks import Blocks, rows_end
from careward.checking.reading.headings import Headings, Rows
from careward.checking.reading.table import Batch, Part, Row, Table, gathered
from careward.checking.unreadable import Fault, Unreadable
from careward.kernel.texts import text
from careward.rulebook.interchange import Dataset, Interchange
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
    sign, positions, width = _heading(line, lines.number, headings)
    body = _Body(lines, sign, Rows(headings, width, positions))
    return Table(width, body.rows, body.batches, _at_most(lines), body.whole)


def _heading(line: str, number: int, headings: Headings) -> tuple[str, Sequence[int], int]:
    """The delimiter, where each field stands, how many columns there are."""
    met = _MET(headings.dataset)
    if line in met and met[line][2] <= headings.spec.limits.columns.value:
        return met[line]
    sign, cells = _cells(line, number, headings)
    found = sign, headings.positions(cells, number), len(cells)
    if sign == _SIGNS["comma"] and headings.known(cells) == len(cells) and len(met) < _MOST_MET:
        met[line] = found
    return found


def _none_met(_dataset: Dataset) -> dict[str, tuple[str, Sequence[int], int]]:
    return {}


_MET: Final = MadeOnce(_none_met)
"""Heading lines of which nothing was to say: most files of a system begin with the same one."""
_MOST_MET: Final = 64


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
        headings.notes.add("delimiter", number, detail=text(f"checking:reading.delimiters.{name}"))
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
        self._fields = [field.id for field in rows.headings.dataset.fields]
        self._last = False

    @cached_property
    def _blocks(self) -> Blocks:
        return Blocks(self._sign, self._rows)

    def rows(self) -> Iterator[Row]:
        """Row by row to the end."""
        yield from self._until(None)
        self._rows.end()

    def whole(self) -> Part | None:
        """All rows of a small file in which each line is a row as wide as the heading; None of any other."""
        lines = self._lines
        lines.stream.seek(lines.at)
        read = lines.stream.read(_COUNTED)
        if len(read) == _COUNTED or b"\0" in read or read.count(b"\r") != read.count(b"\r\n"):
            return None
        written = read.decode().replace("\r\n", "\n").removesuffix("\n")
        physical = written.split("\n")
        most = self._rows.headings.spec.limits.line_characters.value
        if len(written) > most and max(map(len, physical)) > most:
            return None
        rows = self._quoted(physical) if '"' in written else [line.split(self._sign) for line in physical]
        columns = self._rows.columns(rows) if len(rows) == len(physical) else None
        if columns is None:
            return None
        return Part(range(lines.number + 1, lines.number + 1 + len(rows)), columns)

    def _quoted(self, physical: list[str]) -> list[list[str]]:
        """None where Python's reader finds fault; fewer rows than lines where a cell goes over the end of one."""
        try:
            return list(csv.reader([f"{line}\n" for line in physical], delimiter=self._sign, strict=True))
        except csv.Error:
            return []

    def batches(self) -> Iterator[Batch]:
        """Blocks of lines; the first row, and blocks that polars would read otherwise, row by row."""
        yield from gathered(self._until(self._lines.at), self._fields)
        while block := self._block():
            lines, whole = self._lines, block.endswith(b"\n")
            count = block.count(b"\n") + (not whole)
            batch = self._blocks.read(block, lines.number + 1, count) if whole or self._last else None
            if batch is None:
                yield from gathered(self._until(lines.at + len(block)), self._fields)
                continue
            lines.at += len(block)
            lines.number += count
            yield batch
        self._rows.end()

    def _until(self, end: int | None) -> Iterator[Row]:
        """The rows that begin before `end`, a place in the stream, and at least one that is not blank."""
        lines = self._lines
        walked = iter(lines)
        line, before = 0, lines.number
        try:
            for cells in csv.reader(walked, delimiter=self._sign, strict=True):
                line, before = before + 1, lines.number
                yield from self._rows.row(cells, line)
                if end is not None and lines.at >= end and self._rows.count:
                    break
        except csv.Error as error:
            raise Unreadable(Fault("quote", values={"count": before + 1}, line=before + 1)) from error
        finally:
            walked.close()  # type: ignore[attr-defined]

    def _block(self) -> bytes:
        """The next lines, so many as may be held; none at the end."""
        self._lines.stream.seek(self._lines.at)
        block = self._lines.stream.read(_BLOCK)
        self._last = len(block) < _BLOCK
        return block if self._last else block[: rows_end(block)] or block
