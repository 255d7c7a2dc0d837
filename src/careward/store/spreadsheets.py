"""Tables written for people: ODS, XLSX and CSV from the same rows.

Every value is written as what it is – codes stay text, numbers are numbers, days are days shown in ROC years –
and never as a formula, whatever it begins with (security-baseline.md: editable downloads are .ods, never
.xlsx alone).
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from careward.kernel import roc
from careward.kernel.clock import TAIPEI
from careward.kernel.text import is_unseen

Cell = str | int | float | date | datetime | bool | None
_FORMULA: Final = re.compile(r"[\s']*[=+\-@＝＋－＠]")
"""Full-width too, and after blanks: some spreadsheets read them alike. After apostrophes, so that one can be told."""


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


Heading = Sequence[str]
Lines = Sequence[Sequence[str | int | float]]


@dataclass(frozen=True, slots=True)
class Page:
    """One sheet of a book: its name, its heading and its rows; ``widths`` of its columns in signs, if they matter."""

    title: str
    heading: Heading
    rows: Iterable[Sequence[Cell]]
    widths: Sequence[int] = ()


def write_table(
    kind: str, title: str, heading: Heading, rows: Iterable[Sequence[Cell]], *, dated: date | None = None
) -> bytes:
    """Write a table as one of :data:`FORMATS`. ``title`` names the sheet. Raises KeyError for another kind.

    ``dated``: see :func:`write_book`.
    """
    if kind == "csv":
        return _csv(heading, _lines(rows))
    return write_book(kind, [Page(title, heading, rows)], dated=dated)


def write_book(kind: str, pages: Iterable[Page], *, dated: date | None = None) -> bytes:
    """Write several sheets into one book, ``ods`` or ``xlsx``. Raises KeyError for another kind.

    It says that it was made now, or on the day ``dated``: then the same sheets give the same bytes every time.
    """
    whole = [(page.title, page.heading, _lines(page.rows)) for page in pages]
    # Only here: gateway, web and worker know the formats, few of them ever write one, and the libraries are large.
    from careward.store.office import ods, xlsx

    return {"ods": ods, "xlsx": xlsx}[kind](whole, dated)


def _lines(rows: Iterable[Sequence[Cell]]) -> Lines:
    return [[plain(cell) for cell in row] for row in rows]


def plain(cell: Cell) -> str | int | float:
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
    said = str(cell)
    if said.isprintable():
        return said
    return "".join(" " if is_unseen(sign) else sign for sign in said)


def _csv(heading: Heading, rows: Lines) -> bytes:
    """UTF-8 with its mark, so that spreadsheets open it right; a text like a formula gets an apostrophe."""
    written = io.StringIO(newline="")
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(heading)
    for row in rows:
        writer.writerow([_guarded(cell) for cell in row])
    return written.getvalue().encode("utf-8-sig")


def _guarded(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and _FORMULA.match(cell) else cell


def unguarded(cell: str) -> str:
    """A cell of a CSV without the apostrophe that keeps spreadsheets from reading it as a formula."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell[1:]) else cell


def sheet_name(title: str) -> str:
    """A title as a sheet may be called."""
    return "".join("_" if sign in "[]:*?/\\'" else sign for sign in title)[:31]
