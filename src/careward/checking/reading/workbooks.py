"""Excel and ODS workbooks as tables; what would be guessed at – formulas, merged cells – is refused by its place."""

import shutil
from collections.abc import Iterator
from tempfile import NamedTemporaryFile
from typing import BinaryIO, Final

from careward.checking.findings import shown
from careward.checking.reading.headings import Headings, Rows
from careward.checking.reading.table import Row, Table, gathered
from careward.checking.unreadable import Fault, Unreadable
from careward.rulebook.interchange_rules import ReadingProblem
from careward.store.tables import Sheet, read_sheet

_REFUSALS: Final[dict[str, ReadingProblem]] = {
    "encrypted": "workbook_locked",
    "broken": "workbook_broken",
    "empty": "empty",
    "too_complex": "workbook_heavy",
    "too_many_rows": "workbook_heavy",
    "too_many_columns": "workbook_heavy",
}
_ABOVE: Final = 200
"""Blank rows and headings beyond the rows a file may hold."""


def workbook(stream: BinaryIO, headings: Headings) -> Table:
    """Read the first filled, visible sheet in a limited process. Raises :class:`Unreadable`."""
    limits = headings.spec.limits
    with NamedTemporaryFile(prefix="careward-workbook-") as copy:
        shutil.copyfileobj(stream, copy)
        copy.flush()
        most = min(headings.spec.most_rows(headings.dataset), limits.rows_held_whole.value)
        sheet = read_sheet(copy.name, most + _ABOVE, limits.columns.value)
    if sheet.refused:
        raise Unreadable(Fault(_REFUSALS[sheet.refused]))
    _refuse_guesses(sheet)
    for name in sheet.others:
        headings.notes.add("other_sheet", 1, detail=shown(name))
    for name in sheet.hidden:
        headings.notes.add("hidden_sheet", 1, detail=shown(name))
    return _table(sheet, headings)


def _refuse_guesses(sheet: Sheet) -> None:
    places: tuple[tuple[ReadingProblem, str], ...] = (
        ("formula", sheet.formula),
        ("merged_cells", sheet.merged),
    )
    faults = [Fault(problem, place) for problem, place in places if place]
    if faults:
        raise Unreadable(*faults)


def _table(sheet: Sheet, headings: Headings) -> Table:
    filled = ((number, row) for number, row in enumerate(sheet.rows, start=1) if "".join(row).strip())
    number, first = next(filled)
    if not headings.known(first):
        raise headings.none(" ".join(cell for cell in first if cell), number)
    while first and not first[-1].strip():
        first.pop()
    positions = headings.positions(first, number)
    fields = [field.id for field in headings.dataset.fields]

    def rows() -> Iterator[Row]:
        return _rows(sheet, headings, number, positions, len(first))

    return Table(len(first), rows, lambda: gathered(rows(), fields), len(sheet.rows))


def _rows(
    sheet: Sheet, headings: Headings, heading_at: int, positions: list[int], width: int
) -> Iterator[Row]:
    rows = Rows(headings, width, positions, held_whole=True)
    for number, cells in enumerate(sheet.rows[heading_at:], start=heading_at + 1):
        padded = cells + [""] * (width - len(cells))
        while len(padded) > width and not padded[-1].strip():
            padded.pop()
        yield from rows.row(padded, number)
    rows.end()
