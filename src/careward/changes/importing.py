"""A table of results the vendor brings: what became of each item of a list that was processed elsewhere."""

from collections.abc import Iterator, Sequence
from typing import Final

from careward.changes import acts
from careward.changes.models import ConnectionChange, ListRelease
from careward.changes.procedure import APPROVED, FAILED, PROCESSED
from careward.flow.importing import Change, Detail, Importer, Line
from careward.journal import Actor
from careward.kernel.texts import text
from careward.store.cells import Column, column, one_of, words
from careward.store.tables import Fault, Row

DONE: Final = "done"
IMPOSSIBLE: Final = "impossible"
_STATES: Final = {DONE: PROCESSED, IMPOSSIBLE: FAILED}


def _columns() -> Sequence[Column]:
    texts = "changes:results.columns"
    choices = {name: text(f"changes:results.choices.{name}") for name in _STATES}
    return (
        column(texts, "reference", lambda written: words(24)(written).upper()),
        column(texts, "result", one_of(choices), blank=True),
        column(texts, "reason", words(1000), needed=False, blank=True, as_written=True),
    )


def _compare(rows: Sequence[Row]) -> Iterator[Line | Fault]:
    labels = {one.id: one.label for one in _columns()}
    known = _known(row.values["reference"] for row in rows)
    released = ListRelease.objects.parts()
    for row in rows:
        reference, result = row.values["reference"], row.values["result"]
        change = known.get(reference)
        if change is None:
            told = text("changes:results.unknown", reference=reference)
            yield Fault(row.number, labels["reference"], told)
        elif result is None or change.state == _STATES[result]:
            yield Line(row, _name(change), Change.SAME, subject=change)
        elif change.state not in (APPROVED, FAILED) or change.part not in released:
            told = text("changes:results.not_now", reference=reference, state=change.state_label)
            yield Fault(row.number, labels["reference"], told)
        elif result == IMPOSSIBLE and not row.values.get("reason"):
            yield Fault(row.number, labels["reason"], text("changes:results.no_reason"))
        else:
            yield Line(row, _name(change), Change.CHANGED, _details(row, change), change)


def _details(row: Row, change: ConnectionChange) -> tuple[Detail, ...]:
    """What becomes of it, and why where it cannot be done."""
    labels = {one.id: one.label for one in _columns()}
    result = row.values["result"]
    told = Detail(labels["result"], change.state_label, text(f"changes:results.choices.{result}"))
    if result == DONE:
        return (told,)
    return told, Detail(labels["reason"], None, row.values["reason"])


def result_of(change: ConnectionChange) -> str:
    """What a list says in the column of results, as it is read when the list comes back; nothing while it waits."""
    said = {state: result for result, state in _STATES.items()}.get(change.state)
    return text(f"changes:results.choices.{said}") if said else ""


def _known(references: Iterator[str]) -> dict[str, ConnectionChange]:
    """Listed changes by their reference; what is written otherwise is unknown."""
    split = [reference.rpartition("-") for reference in references]
    wanted = {
        of: {int(n) for a, _, n in split if a == of and n.isascii() and n.isdigit()} for of, _, _ in split
    }
    found = ConnectionChange.objects.filter(application__reference__in=wanted, approved_at__isnull=False)
    chosen = found.select_related("application")
    return {one.reference: one for one in chosen if one.number in wanted[one.application.reference]}


def _name(change: ConnectionChange) -> str:
    return f"{change.application.institution_name} {change.reference}"


def _enter(lines: Sequence[Line], by: Actor) -> None:
    for line in lines:
        if line.row.values["result"] == DONE:
            acts.process(line.subject, by)
        else:
            acts.fail(line.subject, by, reason=line.row.values["reason"])


RESULTS: Final = Importer("change_results", "changes:results", _columns, ("reference",), _compare, _enter)
