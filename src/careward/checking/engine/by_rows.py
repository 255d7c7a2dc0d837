"""A file of ordinary size, some rows at a time: their columns in plain Python."""

from dataclasses import dataclass

from careward.checking.engine.examination import Examination
from careward.checking.findings import Finding
from careward.checking.reading.table import Table


@dataclass
class ByRows:
    """Walks a table once; memory grows only with the keys that may stand once."""

    one: Examination

    def run(self, table: Table) -> None:
        """Check every row, then what needs all of them. Raises Unreadable."""
        one, made = self.one, self.one.made
        tests = made.row_tests(one.scope)
        wholes = made.whole_tests(one.scope)
        for part in table.in_parts():
            one.row_count += len(part.lines) + len(part.ragged)
            for row in part.ragged:
                one.ragged(row, table.width)
            if not part.lines:
                continue
            values = one.rows(part.lines, part.columns, tests, one.notes)
            for _, whole in wholes:
                for line, row_values in zip(part.lines, zip(*values, strict=True), strict=True):
                    whole.add(line, row_values)
            if one.keep is not None and not one.found.errors:
                one.keep.add(values)
        for check, whole in wholes:
            told = sorted(whole.told(), key=lambda said: said[0])
            one.take(Finding(line, check, found, values=more) for line, (found, more) in told)
        one.count_rows()
