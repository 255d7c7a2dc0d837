"""The heading of a table and how its rows are put into the order of the dataset's fields, whatever the form."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Final

from careward.checking.findings import Notes, shown
from careward.checking.made_once import MadeOnce
from careward.checking.reading.table import Row
from careward.checking.unreadable import Fault, Unreadable
from careward.kernel.texts import text
from careward.rulebook.interchange import Dataset, Interchange
from careward.rulebook.interchange_consistency import spelling_key


def _by_spelling(dataset: Dataset) -> Mapping[str, str]:
    named = ((each.id, said) for each in dataset.fields for said in (each.id, each.label, *each.also))
    return {spelling_key(said): name for name, said in named}


_spellings: Final = MadeOnce(_by_spelling)


@dataclass(frozen=True)
class Headings:
    """Knows the columns of a dataset by code name, label and other names; notes what was adapted."""

    spec: Interchange
    dataset: Dataset
    notes: Notes

    @property
    def names(self) -> Mapping[str, str]:
        """Field ids by every spelling of them."""
        return _spellings(self.dataset)

    def known(self, cells: Sequence[str]) -> int:
        """How many of the cells are names of columns."""
        return sum(spelling_key(cell) in self.names for cell in cells)

    def repeated_by(self, cells: Sequence[str]) -> bool:
        """Whether a data row is a heading once more, in another spelling perhaps."""
        filled = [cell for cell in cells if cell.strip()]
        return len(filled) > 1 and all(spelling_key(cell) in self.names for cell in filled)

    def none(self, line: str, number: int) -> Unreadable:
        """There is no heading where one should be."""
        labels = text("checking:findings.separator").join(each.label for each in self.dataset.fields)
        return Unreadable(Fault("no_header", shown(line), {"count": number, "columns": labels}, number))

    def positions(self, headings: Sequence[str], line: int) -> list[int]:
        """Where each field stands. Raises :class:`Unreadable` naming each column that is missing or twice."""
        most = self.spec.limits.columns.value
        if len(headings) > most:
            raise Unreadable(
                Fault("too_many_columns", values={"count": len(headings), "limit": most}, line=line)
            )
        places: dict[str, int] = {}
        faults: list[Fault] = []
        for place, heading in enumerate(headings):
            found = self.names.get(spelling_key(heading))
            if found is None:
                if heading.strip():
                    self.notes.add("extra_column", line, detail=shown(heading))
            elif found in places:
                faults.append(Fault("column_twice", self.column(found), line=line))
            else:
                places[found] = place
        faults.extend(
            Fault("column_missing", self.column(each.id), line=line)
            for each in self.dataset.fields
            if each.id not in places
        )
        if faults:
            raise Unreadable(*faults)
        return [places[each.id] for each in self.dataset.fields]

    def column(self, name: str) -> str:
        """A column as people know it: label and code name."""
        return text("checking:findings.column", label=self.dataset.field(name).label, name=name)


@dataclass
class Rows:
    """Takes the cells of one data row after the other: bounds, blank rows, a heading said twice.

    `held_whole`: the file had to be read as a whole, so it may have fewer rows.
    """

    headings: Headings
    width: int
    positions: Sequence[int]
    held_whole: bool = False
    count: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._pick = itemgetter(*self.positions)
        spec = self.headings.spec
        most = spec.most_rows(self.headings.dataset)
        self.most = min(most, spec.limits.rows_held_whole.value) if self.held_whole else most

    def row(self, cells: list[str], line: int) -> Iterator[Row]:
        """The row, or nothing for a blank one. Raises :class:`Unreadable` beyond the bounds."""
        if not "".join(cells).strip():
            self.headings.notes.add("blank_rows", line)
            return
        self.count += 1
        if self.count == 1 and self.headings.repeated_by(cells):
            raise Unreadable(Fault("heading_twice", shown(cells[0]), {"count": line}, line))
        if self.count > self.most:
            raise Unreadable(Fault("too_many_rows", values={"count": line, "limit": self.most}, line=line))
        if len(cells) != self.width:
            cells = self._trimmed(cells, line)
        yield Row(line, self._pick(cells) if len(cells) == self.width else None, len(cells))

    def columns(self, rows: Sequence[Sequence[str]]) -> list[tuple[str, ...]] | None:
        """All rows of a file as columns, if there is nothing to say of any; None when they must go one by one."""
        if not 0 < len(rows) <= self.most or set(map(len, rows)) != {self.width}:
            return None
        columns = list(zip(*rows, strict=True))
        if not all(map(str.strip, columns[0])) or self.headings.repeated_by(rows[0]):
            return None
        self.count = len(rows)
        return [columns[place] for place in self.positions]

    def end(self) -> None:
        """Raises :class:`Unreadable` when there was no row and the dataset needs one."""
        if self.count == 0 and not self.headings.dataset.may_be_empty:
            raise Unreadable(Fault("no_rows"))

    def _trimmed(self, cells: list[str], line: int) -> list[str]:
        """Without the empty cells spreadsheets leave at the right of a row."""
        if len(cells) > self.width and not "".join(cells[self.width :]).strip():
            self.headings.notes.add("trailing_cells", line)
            return cells[: self.width]
        return cells
