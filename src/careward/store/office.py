"""Spreadsheets as ODS and XLSX, with the libraries that know these formats; asked through :mod:`.spreadsheets`."""

import io
from collections.abc import Sequence
from html import escape
from typing import Any, Final

import xlsxwriter
from odfdo import Document, Element

from careward.store.spreadsheets import Heading, Lines, sheet_name

_WIDEST: Final = 40


def xlsx(pages: Sequence[tuple[str, Heading, Lines]]) -> bytes:
    """Write sheets, each with title, heading and lines, as Excel does."""
    kept = io.BytesIO()
    with xlsxwriter.Workbook(kept, {"in_memory": True}) as book:
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


def ods(pages: Sequence[tuple[str, Heading, Lines]]) -> bytes:
    """Write sheets, each with title, heading and lines, as an OpenDocument spreadsheet."""
    document = Document("spreadsheet")
    document.body.clear()
    for title, heading, rows in pages:
        lines = "".join(
            f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>" for row in (heading, *rows)
        )
        # Cell by cell, the library takes nine seconds for 30,000 cells; one parsed table takes two.
        name = escape(sheet_name(title))
        document.body.append(Element.from_tag(f'<table:table table:name="{name}">{lines}</table:table>'))
    kept = io.BytesIO()
    document.save(kept)
    return kept.getvalue()


def _ods_cell(cell: str | int | float) -> str:
    if isinstance(cell, str):
        return (
            f'<table:table-cell office:value-type="string"><text:p>{escape(cell)}</text:p></table:table-cell>'
        )
    return (
        f'<table:table-cell office:value-type="float" office:value="{cell}">'
        f"<text:p>{cell}</text:p></table:table-cell>"
    )


def _widths(heading: Heading, rows: Lines) -> list[int]:
    return [
        min(_WIDEST, 2 + max(_width(str(cell)) for cell in (name, *(row[place] for row in rows[:200]))))
        for place, name in enumerate(heading)
    ]


def _width(said: str) -> int:
    return sum(1 if sign.isascii() else 2 for sign in said)
