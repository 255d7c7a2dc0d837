"""Blocks of delimited lines as whole columns, wherever polars gives the very cells that Python's reader would.

A block begins with a row. It is read at once where every quote opens or closes a cell or stands doubled in one, and
every row is as wide as the heading; cells may hold separators and line ends then. Where some lines are otherwise – too
many cells, too few, a quote within a cell – those alone are read by Python's reader, the others at once. What neither
can do is left to reading row by row, which decides what a file means.
"""

import csv
import re
from codecs import BOM_UTF8
from itertools import zip_longest
from typing import Final

import polars as pl

from careward.checking.reading.headings import Rows
from careward.checking.reading.table import BLANKS, Batch, batch_of

_QUOTED: Final = r'"[^"]*"(?:"[^"]*")*\r?'
_FEW: Final = 0.05
"""With at most so many quotes a line it is quicker to read the lines that hold one by themselves."""
_STAND_IN: Final = "\x1f"
"""Stands for a separator within a cell while its line is told without quotes."""
_LONGEST_CELL: Final = csv.field_size_limit()


def rows_end(block: bytes) -> int:
    """Where the last line ends at which no quoted cell is open, as far as the number of quotes tells; 0 for none."""
    end = block.rfind(b"\n") + 1
    quotes = block.count(b'"', 0, end) if b'"' in block else 0
    while quotes % 2:
        before = block.rfind(b"\n", 0, block.rfind(b'"', 0, end)) + 1
        quotes -= block.count(b'"', before, end)
        end = before
    return end or block.rfind(b"\n") + 1


class Blocks:
    """Reads the blocks of one file; `rows` counts their rows and notes what was adapted."""

    def __init__(self, sign: str, rows: Rows) -> None:
        self._sign, self._rows = sign, rows
        self._fields = [field.id for field in rows.headings.dataset.fields]
        self._schema = pl.Schema({str(place): pl.String() for place in range(rows.width)})
        sign = re.escape(sign)
        cell = rf'(?:{_QUOTED}|[^"{sign}\n]*)'
        self._quoted_well = rf"\A(?:{cell}[{sign}\n])*{cell}\z"
        self._one_row = rf"\A{cell}(?:{sign}{cell}){{{rows.width - 1}}}\z"

    def read(self, block: bytes, first: int, count: int) -> Batch | None:
        """The rows of a block of `count` lines, of which `first` is the first; None where they must be read singly."""
        if not self._is_even(block, count):
            return None
        read = self._few_quoted(block, count)
        if read is None and self._is_quoted_well(block, count):
            read = self._columns(block, count, quoted=b'"' in block)
        if read is None:
            return self._apart(block, first)
        places, cells = read
        return self._tidied(places + first, cells)

    def _is_even(self, block: bytes, count: int) -> bool:
        """Whether lines are short, end in one way and are no more than may come."""
        limits = self._rows.headings.spec.limits
        window = limits.line_characters.value // 2
        return (
            self._rows.count > 0
            and self._rows.count + count <= self._rows.most
            and b"\0" not in block
            and (b"\r" not in block or block.count(b"\r") == block.count(b"\r\n"))
            and all(block.find(b"\n", at, at + window) >= 0 for at in range(0, len(block) - window, window))
        )

    def _is_quoted_well(self, block: bytes, count: int) -> bool:
        """Without quotes: whether there are as many separators as that many whole rows have."""
        if b'"' not in block:
            return block.count(self._sign.encode()) == (self._rows.width - 1) * count
        return bool(_as_text(block).str.contains(self._quoted_well).item())

    def _few_quoted(self, block: bytes, count: int) -> tuple[pl.Series, pl.DataFrame] | None:
        """As :meth:`_columns`, where few lines hold a quote: those are read by Python's reader and told without."""
        if not 0 < block.count(b'"') <= count * _FEW or _STAND_IN.encode() in block:
            return None
        between, quoted = _apart_from_quoted(block)
        try:
            rows = list(csv.reader(quoted, delimiter=self._sign, strict=True))
        except csv.Error:
            return None
        if len(rows) != len(quoted):  # a quoted cell goes over the end of a line
            return None
        plain = self._without_quotes(rows, quoted, between)
        if plain.count(self._sign.encode()) != (self._rows.width - 1) * count:
            return None
        read = self._columns(plain, count, quoted=False)
        held = {str(place) for row in rows for place, cell in enumerate(row) if self._sign in cell}
        if read is None or not held:
            return read
        return read[0], read[1].with_columns(
            pl.col(*held).str.replace_all(_STAND_IN, self._sign, literal=True)
        )

    def _without_quotes(self, rows: list[list[str]], quoted: list[str], between: list[bytes]) -> bytes:
        lines = [self._sign.join(cell.replace(self._sign, _STAND_IN) for cell in row) for row in rows]
        ends = ["\r\n" if line.endswith("\r\n") else "\n" for line in quoted]
        told = [f"{line}{end}".encode() for line, end in zip(lines, ends, strict=True)]
        return b"".join(piece for pair in zip_longest(between, told, fillvalue=b"") for piece in pair)

    def _columns(self, block: bytes, count: int, *, quoted: bool) -> tuple[pl.Series, pl.DataFrame] | None:
        """The line on which each row begins, counted from 0, and all cells; None when a row has too many or few."""
        if block.startswith(BOM_UTF8):  # polars would take it for a mark
            return None
        try:
            cells = pl.read_csv(
                block,
                has_header=False,
                separator=self._sign,
                quote_char='"' if quoted else None,
                schema=self._schema,
                empty_string_is_null=False,
                extra_columns="raise",
            )
        except (
            pl.exceptions.ComputeError,
            pl.exceptions.SchemaError,
        ):  # more cells than the heading, or fewer
            return None
        if quoted and self._is_short(block, cells):
            return None
        if cells.height == count:
            return pl.int_range(count, dtype=pl.UInt32, eager=True), cells
        ends = _inside(cells, "\n")
        longest = cells.select(pl.max_horizontal(pl.all().str.len_bytes().max())).item()
        if cells.height + int(ends.sum()) != count or longest > _LONGEST_CELL:
            return None
        return (ends + 1).cum_sum().shift(1, fill_value=0).cast(pl.UInt32), cells

    def _is_short(self, block: bytes, cells: pl.DataFrame) -> bool:
        """Whether some row had fewer cells than the heading."""
        wanted = (self._rows.width - 1) * cells.height
        signs = block.count(self._sign.encode())
        return signs != wanted and signs - int(_inside(cells, self._sign).sum()) != wanted

    def _apart(self, block: bytes, first: int) -> Batch | None:
        """Lines that are not one row of the heading's width by Python's reader, all others at once."""
        lines = _as_text(block).str.split("\n").explode()
        if block.endswith(b"\n"):
            lines = lines.head(-1)
        fits = lines.str.contains(self._one_row)
        try:
            odd = list(csv.reader(lines.filter(~fits), delimiter=self._sign, strict=True))
        except csv.Error:
            return None
        places = (~fits).arg_true()
        if len(odd) != len(places):  # a quoted cell goes over the end of a line
            return None
        even = lines.filter(fits)
        plain = "\n".join(even).encode()
        read = self._columns(plain, len(even), quoted=b'"' in plain) if len(even) else None
        if read is None:
            return None
        batch = self._tidied(fits.arg_true() + first, read[1])
        rows = [
            row
            for place, cells in zip(places, odd, strict=True)
            for row in self._rows.row(cells, place + first)
        ]
        return _together(batch, batch_of(rows, self._fields))

    def _tidied(self, lines: pl.Series, cells: pl.DataFrame) -> Batch:
        """Without blank rows, each noted, and with the fields' columns alone, in their order."""
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
        return Batch(lines, pl.DataFrame(columns))


def _apart_from_quoted(block: bytes) -> tuple[list[bytes], list[str]]:
    """The lines that hold a quote, and what stands before, between and behind them."""
    between: list[bytes] = []
    quoted: list[str] = []
    at = 0
    while (quote := block.find(b'"', at)) >= 0:
        begins = block.rfind(b"\n", at, quote) + 1 or at
        ends = block.find(b"\n", quote) + 1 or len(block)
        between.append(block[at:begins])
        quoted.append(block[begins:ends].decode())
        at = ends
    return [*between, block[at:]], quoted


def _as_text(block: bytes) -> pl.Series:
    return pl.Series([block]).cast(pl.String)


def _inside(cells: pl.DataFrame, sign: str) -> pl.Series:
    """How often each row holds a sign within its cells."""
    counted = pl.all().str.count_matches(sign, literal=True)
    return cells.select(pl.sum_horizontal(counted)).to_series()


def _together(one: Batch, other: Batch) -> Batch:
    """Two parts of one block, in the order of their lines."""
    if not other.lines.len():
        return Batch(one.lines, one.cells, other.ragged)
    lines = pl.concat([one.lines.cast(pl.UInt32), other.lines])
    order = lines.arg_sort()
    return Batch(lines.gather(order), one.cells.vstack(other.cells)[order], other.ragged)
