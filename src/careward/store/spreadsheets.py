"""Tables written for people: ODS, XLSX and CSV from the same rows.

Every value is written as what it is – codes stay text, numbers are numbers, days are days shown in ROC years –
and never as a formula, whatever it begins with (security-baseline.md: editable downloads are .ods, never
.xlsx alone).
"""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from html import escape
from typing import Any, Final

import xlsxwriter
from odfdo import Document, Element

from careward.kernel import roc
from careward.kernel.clock import TAIPEI
from careward.kernel.text import is_unseen

Cell = str | int | float | date | datetime | bool | None
_FORMULA: Final = ("=", "+", "-", "@")
_WIDEST: Final = 40


@dataclass(frozen=True, slots=True)
class Format:
    """One way to write a table: file extension and media type."""

    extension: str
    media_type: str


FORMATS: Final = {
    "ods": Format("ods", "application/vnd.oasis.opendocument.spreadsheet"),
    "xlsx": Format("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "csv": Format("csv", "text/csv; charset=utf-8"),
}
"""By the word in an address; the first is the house's own."""


def write_table(kind: str, title: str, heading: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """Write a table as one of :data:`FORMATS`. ``title`` names the sheet. Raises KeyError for another kind."""
    plain = [[_plain(cell) for cell in row] for row in rows]
    return {"ods": _ods, "xlsx": _xlsx, "csv": _csv}[kind](title, heading, plain)


def _plain(cell: Cell) -> str | int | float:
    """A number as it is, everything else as text people read; without signs that no file may hold."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        local = cell.astimezone(TAIPEI)
        return f"{roc.short_date(local)} {local:%H:%M}"
    if isinstance(cell, date):
        return roc.short_date(cell)
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return cell
    return "".join(" " if is_unseen(sign) else sign for sign in str(cell))


def _csv(title: str, heading: Sequence[str], rows: Sequence[Sequence[str | int | float]]) -> bytes:
    """UTF-8 with its mark, so that spreadsheets open it right; a text like a formula gets an apostrophe."""
    written = io.StringIO(newline="")
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(heading)
    for row in rows:
        writer.writerow([_guarded(cell) for cell in row])
    return written.getvalue().encode("utf-8-sig")


def _guarded(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def _xlsx(title: str, heading: Sequence[str], rows: Sequence[Sequence[str | int | float]]) -> bytes:
    kept = io.BytesIO()
    with xlsxwriter.Workbook(kept, {"in_memory": True}) as book:
        sheet = book.add_worksheet(_sheet_name(title))
        bold = book.add_format({"bold": True})
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
    return kept.getvalue()


def _ods(title: str, heading: Sequence[str], rows: Sequence[Sequence[str | int | float]]) -> bytes:
    document = Document("spreadsheet")
    document.body.clear()
    lines = "".join(
        f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>" for row in (heading, *rows)
    )
    # Cell by cell, the library takes nine seconds for 30,000 cells; one parsed table takes two.
    name = escape(_sheet_name(title))
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


def _sheet_name(title: str) -> str:
    return "".join("_" if sign in "[]:*?/\\'" else sign for sign in title)[:31]


def _widths(heading: Sequence[str], rows: Sequence[Sequence[str | int | float]]) -> list[int]:
    return [
        min(_WIDEST, 2 + max(_width(str(cell)) for cell in (name, *(row[place] for row in rows[:200]))))
        for place, name in enumerate(heading)
    ]


def _width(said: str) -> int:
    return sum(1 if sign.isascii() else 2 for sign in said)
