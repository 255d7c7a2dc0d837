"""Spreadsheets as ODS and XLSX, with the libraries that know these formats; asked through :mod:`.spreadsheets`."""

import io
import zipfile
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from html import escape
from itertools import chain
from typing import Any, Final

import xlsxwriter
from odfdo import Document, Element

from careward.store.spreadsheets import Heading, Lines, sheet_name

_WIDEST: Final = 40
_HEAD: Final = (
    '<style:style style:name="head" style:family="table-cell">'
    '<style:text-properties fo:font-weight="bold" style:font-weight-asian="bold"/></style:style>'
)
_COLUMN: Final = (
    '<style:style style:name="w{width}" style:family="table-column">'
    '<style:table-column-properties style:column-width="{cm:.2f}cm"/></style:style>'
)


def xlsx(pages: Sequence[tuple[str, Heading, Lines]], dated: date | None = None) -> bytes:
    """Write sheets, each with title, heading and lines, as Excel does; ``dated`` is when it says it was made."""
    kept = io.BytesIO()
    with xlsxwriter.Workbook(kept, {"in_memory": True}) as book:
        if dated is not None:
            book.set_properties({"created": _midnight(dated)})
        bold = book.add_format({"bold": True})
        for title, heading, rows in pages:
            _fill(book.add_worksheet(sheet_name(title)), bold, heading, rows)
    return kept.getvalue()


def _fill(sheet: Any, bold: Any, heading: Heading, rows: Lines) -> None:
    for place, name in enumerate(heading):
        sheet.write_string(0, place, name, bold)
    for line, row in enumerate(rows, start=1):
        for place, cell in enumerate(row):
            if isinstance(cell, str):
                sheet.write_string(line, place, cell)
            else:
                sheet.write_number(line, place, cell)
    for place, width in enumerate(_widths(heading, rows)):
        sheet.set_column(place, place, width)
    sheet.freeze_panes(1, 0)
    if heading:
        sheet.autofilter(0, 0, max(1, len(rows)), len(heading) - 1)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def ods(pages: Sequence[tuple[str, Heading, Lines]], dated: date | None = None) -> bytes:
    """Write sheets, each with title, heading and lines, as an OpenDocument spreadsheet; ``dated`` as above."""
    document = Document("spreadsheet")
    document.language = "zh-TW"  # the library's own empty book is French
    document.body.clear()
    widths = [_widths(heading, rows) for _, heading, rows in pages]
    styles = [_COLUMN.format(width=width, cm=width * 0.2) for width in sorted({*chain(*widths)})]
    for style in (_HEAD, *styles):
        document.insert_style(style, automatic=True)
    for (title, heading, rows), wide in zip(pages, widths, strict=True):
        lines = "".join(f'<table:table-column table:style-name="w{width}"/>' for width in wide)
        lines += _ods_row(heading, ' table:style-name="head"') + "".join(map(_ods_row, rows))
        # Cell by cell, the library takes nine seconds for 30,000 cells; one parsed table takes two.
        name = escape(sheet_name(title))
        document.body.append(Element.from_tag(f'<table:table table:name="{name}">{lines}</table:table>'))
    kept = io.BytesIO()
    if dated is None:
        document.save(kept)
        return kept.getvalue()
    document.meta.creation_date = _midnight(dated)
    document.meta.date = _midnight(dated)
    document.save(kept)
    return _packed_on(dated, kept)


def _packed_on(day: date, book: io.BytesIO) -> bytes:
    """The same book; the library packs by the clock."""
    again = io.BytesIO()
    with zipfile.ZipFile(book) as packed, zipfile.ZipFile(again, "w", zipfile.ZIP_DEFLATED) as anew:
        for entry in packed.infolist():
            dated = zipfile.ZipInfo(entry.filename, (day.year, day.month, day.day, 0, 0, 0))
            dated.compress_type = entry.compress_type
            anew.writestr(dated, packed.read(entry))
    return again.getvalue()


def _ods_row(row: Sequence[str | int | float], style: str = "") -> str:
    return f"<table:table-row>{''.join(_ods_cell(cell, style) for cell in row)}</table:table-row>"


def _ods_cell(cell: str | int | float, style: str) -> str:
    kind = 'string"' if isinstance(cell, str) else f'float" office:value="{cell}"'
    said = f"<text:p>{escape(str(cell))}</text:p>"
    return f'<table:table-cell office:value-type="{kind}{style}>{said}</table:table-cell>'


def _widths(heading: Heading, rows: Lines) -> list[int]:
    return [
        min(_WIDEST, 2 + max(_width(str(cell)) for cell in (name, *(row[place] for row in rows[:200]))))
        for place, name in enumerate(heading)
    ]


def _width(said: str) -> int:
    return sum(1 if sign.isascii() else 2 for sign in said)
