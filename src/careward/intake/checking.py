"""Checks one file against its dataset: every error is reported, there is no cap.

All or nothing: one error rejects the file, warnings don't [decided, see the specification's families].
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date

from careward.intake.compiling import Breach, Compiled, compiled
from careward.intake.findings import Finding, Notes, shown
from careward.intake.kinds import Cell, RowTest, Scope, Values
from careward.intake.kinds_across import WholeTest
from careward.intake.known import NOTHING_KNOWN, Known
from careward.intake.reading import opened
from careward.intake.spill import CheckResult, Findings
from careward.intake.table import Row, Source, Table, Unreadable
from careward.kernel.roc import RocMonth
from careward.rulebook.interchange import Check, Dataset, Interchange

RowSink = Callable[[Values], None]
"""Takes the values of one clean row, in the order of the dataset's fields."""


class Examination:
    """One file being checked: walk :meth:`findings` to its end, then read the rest.

    `keep` gets each row until the first error, since a faulty file is not kept. Memory does not grow with the
    number of rows but for the keys that may stand only once.
    """

    def __init__(
        self, file: Source, *, spec: Interchange, dataset: Dataset, scope: Scope, keep: RowSink | None = None
    ) -> None:
        self._file, self._spec, self._dataset, self._scope, self._keep = file, spec, dataset, scope, keep
        self._notes = Notes()
        self._clean = True
        self.row_count = 0
        self.readable = True

    def findings(self) -> Iterator[Finding]:
        """Every finding, in the order of the lines; raises OSError when there is no such file."""
        try:
            with opened(self._file, spec=self._spec, dataset=self._dataset, notes=self._notes) as table:
                for finding in self._of_table(table):
                    self._clean = self._clean and finding.warns
                    yield finding
        except Unreadable as unreadable:
            self.readable = False
            yield from refusals(unreadable, self._spec)

    def result(self) -> CheckResult:
        """Walk to the end and gather everything."""
        found = Findings(compiled(self._spec, self._dataset).order)
        for finding in self.findings():
            found.add(finding)
        return CheckResult(found, self.row_count, self._notes.told(), self.readable)

    def _of_table(self, table: Table) -> Iterator[Finding]:
        made = compiled(self._spec, self._dataset)
        for title in made.not_compared(self._scope):
            self._notes.add("not_compared", 1, detail=title)
        wholes = made.whole_tests(self._scope)
        yield from self._of_rows(table, made, [whole for _, whole in wholes])
        for check, whole in wholes:
            for line, (found, told) in sorted(whole.told(), key=lambda one: one[0]):
                yield Finding(line, check, found, values=told)
        for check, rule in made.row_counts:
            if not rule.least <= self.row_count <= rule.most:
                yield Finding(None, check, str(self.row_count), values={"count": self.row_count})

    def _of_rows(self, table: Table, made: Compiled, wholes: Sequence[WholeTest]) -> Iterator[Finding]:
        tests = made.row_tests(self._scope)
        ragged = self._spec.reading_check("row_ragged")
        for row in table.rows:
            self.row_count += 1
            if row.cells is None:
                yield _ragged(ragged, row, table.width)
                continue
            breaches: list[Breach] = []
            values = self._values(made, tests, row, breaches)
            if breaches:
                key = "" if made.key_at is None else shown(row.cells[made.key_at].strip())
                for check, found, told in breaches:
                    yield Finding(row.line, check, found, key, told)
            for whole in wholes:
                whole.add(row.line, values)
            if self._keep is not None and self._clean:
                self._keep(values)

    def _values(
        self, made: Compiled, tests: tuple[tuple[Check, RowTest], ...], row: Row, breaches: list[Breach]
    ) -> list[Cell]:
        line, notes, cells = row.line, self._notes, row.cells or ()
        values = [
            clean[raw] if raw in clean else read(raw, line, notes, breaches)
            for (clean, read), raw in zip(made.cells, cells, strict=True)
        ]
        for check, test in tests:
            told = test(line, values)
            if told is not None:
                breaches.append((check, *told))
        return values


def check(
    file: Source,
    *,
    spec: Interchange,
    dataset: Dataset,
    period: RocMonth,
    institution_code: str | None,
    today: date,
    keep: RowSink | None = None,
    known: Known = NOTHING_KNOWN,
) -> CheckResult:
    """Read and check a whole file; one walk, which also hands clean rows to `keep`.

    `institution_code` is that of the sending account, None when there is none (checks before sending).
    `known` is what was accepted of the institution before. Raises OSError when there is no such file; a file that
    cannot be read as a table is a finding, no exception.
    """
    scope = Scope(period, institution_code, today, known)
    return Examination(file, spec=spec, dataset=dataset, scope=scope, keep=keep).result()


def refusals(unreadable: Unreadable, spec: Interchange) -> Iterator[Finding]:
    """A file's unreadability as findings, from its name (:mod:`careward.intake.naming`) or its content."""
    for fault in unreadable.faults:
        yield Finding(fault.line, spec.reading_check(fault.problem), shown(fault.found), values=fault.values)


def _ragged(check: Check, row: Row, width: int) -> Finding:
    return Finding(row.line, check, str(row.width), values={"count": row.width, "limit": width})
