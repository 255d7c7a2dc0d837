"""Checks one file against its dataset: every error is reported, there is no cap.

All or nothing: one error rejects the file, warnings don't [decided, see the specification's families]. A small file is
gone through row by row, a large one by whole columns (:mod:`careward.checking.engine.by_columns`); both find the same.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from careward.checking.engine.by_columns import ByColumns
from careward.checking.engine.by_rows import ByRows
from careward.checking.engine.compiling import compiled
from careward.checking.engine.examination import Examination, Sink
from careward.checking.engine.kinds import Scope
from careward.checking.findings import Finding, Notes, shown
from careward.checking.known import NOTHING_KNOWN, Known
from careward.checking.marking import Marker
from careward.checking.reading.opening import opened
from careward.checking.reading.table import Source
from careward.checking.spill import CheckResult, Findings
from careward.checking.unreadable import Unreadable
from careward.kernel.roc import RocMonth
from careward.rulebook import current
from careward.rulebook.interchange import Dataset, Interchange


def check(
    file: Source,
    *,
    spec: Interchange,
    dataset: Dataset,
    period: RocMonth,
    institution_code: str | None,
    today: date,
    keep: Sink | None = None,
    known: Known = NOTHING_KNOWN,
    by_columns_from: int | None = None,
    folder: Path | None = None,
    marker: Marker | None = None,
) -> CheckResult:
    """Read and check a whole file; one walk, which also hands clean rows to `keep`.

    `institution_code` is that of the sending account, None when there is none (checks before sending).
    `known` is what was accepted of the institution before. From so many rows on (default: rules/policies.yaml) whole
    columns are checked at once. `folder` is where many findings are held, `marker` marks the warnings so that they can
    be confirmed. Raises OSError when there is no such file; a file that cannot be read as a table is a finding, no
    exception.
    """
    made = compiled(spec, dataset)
    one = Examination(
        made,
        Scope(period, institution_code, today, known),
        Notes([field.id for field in dataset.fields]),
        Findings(made.order, folder=folder),
        keep,
        marker,
    )
    least = current().policies.delivery.by_columns_from.value if by_columns_from is None else by_columns_from
    readable = True
    try:
        _go_through(file, one, least)
    except Unreadable as unreadable:
        readable = False
        one.take(refusals(unreadable, spec))
    return CheckResult(one.found, one.row_count, one.notes.told(), readable)


def _go_through(file: Source, one: Examination, by_columns_from: int) -> None:
    spec, dataset = one.made.spec, one.made.dataset
    with opened(file, spec=spec, dataset=dataset, notes=one.notes) as table:
        for title in one.made.not_compared(one.scope):
            one.notes.add("not_compared", 1, detail=title)
        if table.expected >= by_columns_from:
            ByColumns(one).run(table)
        else:
            ByRows(one).run(table)


def refusals(unreadable: Unreadable, spec: Interchange) -> Iterator[Finding]:
    """A file's unreadability as findings, from its name (:mod:`careward.checking.naming`) or its content."""
    for fault in unreadable.faults:
        yield Finding(fault.line, spec.reading_check(fault.problem), shown(fault.found), values=fault.values)
