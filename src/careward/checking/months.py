"""A file for the wrong month is refused with the right one named: findings like any other.

The interchange specification knows no season, so its own checks cannot say which months are taken. The test lane
takes any month [decided, domain.md §2]; that name and content agree holds there too.
"""

from collections.abc import Callable
from datetime import datetime
from itertools import islice
from typing import Final

from careward.checking.findings import Finding, Notes
from careward.checking.naming import FileName
from careward.checking.reading.opening import opened
from careward.checking.reading.table import Source, Table
from careward.checking.spill import CheckResult
from careward.checking.taken import Taken
from careward.checking.unreadable import Unreadable
from careward.kernel.clock import TAIPEI
from careward.kernel.roc import NotAMonth, RocMonth, short_date
from careward.kernel.texts import text
from careward.rulebook.interchange import Dataset, Interchange
from careward.rulebook.interchange_rules import EqualsFilePeriod, Words

_LOOKED_AT: Final = 1000
"""So many rows are looked at to tell the month of a file that is refused for its name."""


def not_taken(taken: Taken, spec: Interchange, said: FileName, name: str, file: Source) -> Finding | None:
    """Say that the month of the file's name is not taken now, and which is right; None where it is taken.

    The right month is the one the rows of ``file`` are of, where they agree on one that is taken.
    """
    problem = taken.problem(said.period)
    if not problem:
        return None
    inside = month_inside(file, spec=spec, dataset=said.dataset)
    known = inside is not None and taken.takes(inside)
    right = inside if inside is not None and known else taken.meant(said.period)
    season = taken.season
    facts = {
        "season": season.season.label,
        "first": str(season.months[0]),
        "last": str(season.months[-1]),
        "latest": str(taken.latest),
        "opens": _day(season.month_opens_at(said.period)) if problem == "not_open" else "",
        "right": str(right),
        "name": renamed(name, said.dataset, right),
    }
    how = "inside" if known else "guess"
    return _finding(spec, problem, how, facts, str(said.period), source=season.data_months.source)


def name_the_right_one(
    result: CheckResult,
    *,
    spec: Interchange,
    dataset: Dataset,
    period: RocMonth,
    name: str,
    takes: Callable[[RocMonth], bool] = lambda _month: True,
) -> None:
    """Where all rows are of one month and the name says another, say so once for the file as a whole."""
    inside = _all_of_another(result)
    if inside is None:
        return
    facts = {
        "period": str(period),
        "count": f"{result.row_count:,}",
        "right": str(inside),
        "name": renamed(name, dataset, inside),
    }
    how = "content" if takes(inside) else "content_not_taken"
    result.findings.add(_finding(spec, "content", how, facts, str(inside)))


def month_inside(file: Source, *, spec: Interchange, dataset: Dataset) -> RocMonth | None:
    """The month the first rows of a file agree on; None where they do not, or it is no table."""
    try:
        with opened(file, spec=spec, dataset=dataset, notes=Notes()) as table:
            return _agreed(table, dataset)
    except Unreadable:
        return None


def renamed(name: str, dataset: Dataset, month: RocMonth) -> str:
    """The name the file should have had, with its own ending."""
    return f"{dataset.id}-{month}.{name.rpartition('.')[2].casefold()}"


def _agreed(table: Table, dataset: Dataset) -> RocMonth | None:
    fields = [check.rule.field for check in dataset.checks if isinstance(check.rule, EqualsFilePeriod)]
    if not fields:
        return None
    place = [field.id for field in dataset.fields].index(fields[0])
    said = {row.cells[place].strip() for row in islice(table.rows(), _LOOKED_AT) if row.cells} - {""}
    try:
        months = {RocMonth.parse(one) for one in said}
    except NotAMonth:
        return None
    return months.pop() if len(months) == 1 else None


def _all_of_another(result: CheckResult) -> RocMonth | None:
    for each in result.findings.by_check():
        if isinstance(each.check.rule, EqualsFilePeriod) and each.count == result.row_count:
            found = iter(each)
            first = next(found).found
            return RocMonth.parse(first) if all(one.found == first for one in found) else None
    return None


def _finding(
    spec: Interchange, problem: str, how: str, facts: dict[str, str], found: str, *, source: str = "decided"
) -> Finding:
    words = Words(
        what=text(f"checking:wrong_month.{problem}.what"),
        expected=text(f"checking:wrong_month.{problem}.expected"),
        why=text(f"checking:wrong_month.{problem}.why"),
        how=text(f"checking:wrong_month.how.{how}"),
    )
    like = spec.reading_check("name_without_period")
    changes = {"family": "E5", "words": words, "facts": facts, "source": source}
    return Finding(None, like.model_copy(update={"id": f"delivery.month_{problem}", **changes}), found)


def _day(moment: datetime) -> str:
    return short_date(moment.astimezone(TAIPEI))
