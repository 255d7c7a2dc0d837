"""A file of ordinary size, row by row."""

from dataclasses import dataclass

from careward.intake.examination import Examination
from careward.intake.findings import Finding
from careward.intake.table import Table


@dataclass
class ByRows:
    """Walks a table once; memory grows only with the keys that may stand once."""

    one: Examination

    def run(self, table: Table) -> None:
        """Check every row, then what needs all of them. Raises Unreadable."""
        one, made = self.one, self.one.made
        tests = made.row_tests(one.scope)
        wholes = made.whole_tests(one.scope)
        for row in table.rows():
            one.row_count += 1
            if row.cells is None:
                one.ragged(row, table.width)
                continue
            values = one.row(row.line, row.cells, tests, one.notes)
            for _, whole in wholes:
                whole.add(row.line, values)
            if one.keep is not None and not one.found.errors:
                one.keep.add(values)
        for check, whole in wholes:
            told = sorted(whole.told(), key=lambda said: said[0])
            one.take(Finding(line, check, found, values=more) for line, (found, more) in told)
        one.count_rows()
