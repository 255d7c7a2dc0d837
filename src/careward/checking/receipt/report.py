"""The receipt: what became of a file, grouped by rule and by record, as data and as plain text.

:func:`receipt_document` gives a mapping of text, numbers, lists and mappings only, ready for JSON:

``schema`` ``"careward-receipt/1"``; ``ticket``; ``file`` {name, sha256, bytes, received_at};
``lane`` live | test | offline (checked before sending, no ticket);
``specification`` {version, title, statement}; ``dataset`` {id, title} or null; ``period`` or null;
``institution_code`` or null; ``checked_at``; ``result`` accepted | rejected | unreadable;
``counts`` {rows, errors, warnings, confirmed, rules, records};
``adaptations`` [{kind, field, label, says, count, first_line}];
``by_rule`` [{rule, family, family_label, level, field, label, warns, why, source, count,
findings: [{line, record_key, found, what, expected, how, mark, confirmed}]}],
errors before warnings, then by first line;
``by_record`` [{line, record_key, rules: [{rule, field}]}], by line; line null is the file as a whole;
``signature`` {algorithm, key, value}, added by :mod:`careward.checking.receipt.signing` to what is delivered.

``mark`` is what a warning is known by (:mod:`careward.checking.marking`), ``confirmed`` {reason, at} once its
institution has said why the value is right; both null elsewhere.

All moments are ISO 8601 with offset. What was found is masked already; the document holds no full number
or name.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Final

from careward.checking.findings import Finding, shown
from careward.checking.spill import CheckResult, OfCheck, OfRecord
from careward.kernel.clock import TAIPEI
from careward.kernel.roc import RocMonth, short_date
from careward.kernel.texts import text
from careward.rulebook.interchange import Dataset, Interchange

SCHEMA: Final = "careward-receipt/1"
TRIED: Final = "offline"
"""The lane of what was checked before sending."""

_OF_EACH_RULE: Final = 100
_RECORDS: Final = 1_000
_WORDED: Final = 1_000

Document = dict[str, Any]
Words = Mapping[str, str]
Confirmed = Mapping[str, Mapping[str, str]]
"""By mark: ``reason`` and ``at`` of what the institution confirmed before."""
_NONE: Final[Confirmed] = {}


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """A file as it came in. `lane` is live, test or offline; `ticket` is text, its leading zeros count."""

    ticket: str
    name: str
    sha256: str
    size: int
    received_at: datetime
    lane: str


class OnDemand:
    """A list whose items are made while it is gone through, as often as wanted; `nested` ones hold such lists."""

    def __init__(self, made: Callable[[], Iterable[Document]], *, nested: bool = False) -> None:
        self._made, self.nested = made, nested

    def __iter__(self) -> Iterator[Document]:
        return iter(self._made())


def receipt_document(
    result: CheckResult,
    *,
    file: ReceivedFile,
    spec: Interchange,
    dataset: Dataset | None,
    period: RocMonth | None,
    institution_code: str | None,
    checked_at: datetime,
    confirmed: Confirmed = _NONE,
) -> Document:
    """Build the receipt as data, whole; `dataset` and `period` are None when the file's name did not tell them."""
    made: Document = whole(
        receipt_on_demand(
            result,
            file=file,
            spec=spec,
            dataset=dataset,
            period=period,
            institution_code=institution_code,
            checked_at=checked_at,
            confirmed=confirmed,
        )
    )
    return made


def shortened(document: Document, *, of_each: int | None = None, records: int | None = None) -> Document:
    """What a page shows of a receipt too long for it: the first of each rule and the first records; not signed."""
    most = _OF_EACH_RULE if of_each is None else of_each
    groups = [{**group, "findings": list(islice(group["findings"], most))} for group in document["by_rule"]]
    told = list(islice(document["by_record"], _RECORDS if records is None else records))
    return {**document, "by_rule": groups, "by_record": told, "shortened": most}


def whole(value: Any) -> Any:
    """A document, or part of one, with all its lists made."""
    if isinstance(value, OnDemand):
        return [whole(item) for item in value]
    return {name: whole(held) for name, held in value.items()} if isinstance(value, dict) else value


def receipt_on_demand(
    result: CheckResult,
    *,
    file: ReceivedFile,
    spec: Interchange,
    dataset: Dataset | None,
    period: RocMonth | None,
    institution_code: str | None,
    checked_at: datetime,
    confirmed: Confirmed = _NONE,
) -> Document:
    """The same, with lists of findings :class:`OnDemand`: for :mod:`careward.checking.receipt.writing`."""
    found = result.findings
    groups = found.by_check()
    return {
        "schema": SCHEMA,
        "ticket": file.ticket,
        "file": {
            "name": shown(file.name),
            "sha256": file.sha256,
            "bytes": file.size,
            "received_at": file.received_at.isoformat(),
        },
        "lane": file.lane,
        "specification": {"version": spec.version, "title": spec.title, "statement": spec.statement},
        "dataset": {"id": dataset.id, "title": dataset.title} if dataset else None,
        "period": str(period) if period else None,
        "institution_code": institution_code,
        "checked_at": checked_at.isoformat(),
        "result": _outcome(result),
        "counts": _counts(result, groups, confirmed),
        "adaptations": _adaptations(result, dataset),
        "by_rule": OnDemand(
            lambda: (_group(group, spec, dataset, confirmed) for group in groups), nested=True
        ),
        "by_record": OnDemand(lambda: map(_record, found.by_record())),
    }


def _outcome(result: CheckResult) -> str:
    if not result.readable:
        return "unreadable"
    return "accepted" if result.accepted else "rejected"


def _adaptations(result: CheckResult, dataset: Dataset | None) -> list[Document]:
    return [
        {
            "kind": adaptation.kind,
            "field": adaptation.field or None,
            "label": _label(adaptation.field, dataset),
            "says": adaptation.says,
            "count": adaptation.count,
            "first_line": adaptation.first_line,
        }
        for adaptation in result.adaptations
    ]


def _counts(result: CheckResult, groups: Sequence[OfCheck], confirmed: Confirmed) -> dict[str, int]:
    warned = (finding for group in groups if group.check.warns for finding in group)
    return {
        "rows": result.row_count,
        "errors": result.errors,
        "warnings": result.warnings,
        "confirmed": sum(finding.mark in confirmed for finding in warned) if confirmed else 0,
        "rules": len(groups),
        "records": result.findings.records,
    }


def _group(group: OfCheck, spec: Interchange, dataset: Dataset | None, confirmed: Confirmed) -> Document:
    check, first = group.check, next(iter(group))
    return {
        "rule": check.id,
        "family": check.family,
        "family_label": spec.head.families[check.family].label,
        "level": check.level,
        "field": check.field,
        "label": _label(check.field or "", dataset),
        "warns": check.warns,
        "why": first.why,
        "source": check.source,
        "count": group.count,
        "findings": OnDemand(lambda: _findings(group, confirmed)),
    }


def _findings(group: OfCheck, confirmed: Confirmed) -> Iterator[Document]:
    for finding, words in worded(group):
        yield {
            "line": finding.line,
            "record_key": finding.record_key or None,
            "found": finding.found,
            **words,
            "mark": finding.mark or None,
            "confirmed": confirmed.get(finding.mark),
        }


def worded(group: OfCheck) -> Iterator[tuple[Finding, Words]]:
    """Each finding with ``what``, ``expected`` and ``how``.

    Those that read alike, place apart, are worded once; alike as texts: 3 and 3.0 are equal and read otherwise.
    """
    known: dict[tuple[str, ...], Words] = {}
    for finding in group:
        alike = (finding.found, *map(str, finding.values.values()))
        if alike not in known:
            if len(known) >= _WORDED:
                known.clear()
            known[alike] = {"what": finding.what, "expected": finding.expected, "how": finding.how}
        yield finding, known[alike]


def _record(record: OfRecord) -> Document:
    return {
        "line": record.line,
        "record_key": record.record_key or None,
        "rules": [{"rule": finding.rule, "field": finding.field} for finding in record.findings],
    }


def _label(field: str, dataset: Dataset | None) -> str | None:
    labels = {f.id: f.label for f in dataset.fields} if dataset else {}
    return labels.get(field)


def receipt_text(document: Document) -> str:
    """The same receipt for reading in any editor: every finding, nothing left out, ``\\n`` line ends."""
    return "".join(f"{line}\n" for line in receipt_lines(document))


def receipt_lines(document: Document) -> Iterator[str]:
    """Its lines one by one, without their ends."""
    yield from (*_head(document), "", *_adapted(document))
    yield from _rules(document)
    yield say("foot")


def _head(document: Document) -> list[str]:
    dataset, counts = document["dataset"], document["counts"]
    unknown, outcome = say("unknown"), "tried" if document["lane"] == TRIED else "result"
    return [
        say("title", ticket=document["ticket"]).rstrip(),
        "",
        say(f"{outcome}.{document['result']}", errors=counts["errors"], warnings=counts["warnings"]),
        say(f"lane.{document['lane']}"),
        "",
        say("file", name=document["file"]["name"]),
        say("dataset", title=dataset["title"] if dataset else unknown),
        say("period", period=document["period"] or unknown),
        *(_received(document) if outcome == "result" else []),
        say("checked", moment=_moment(document["checked_at"])),
        say("sha256", sha256=document["file"]["sha256"]),
        say("counts", **counts),
        *([say("counts_confirmed", **counts)] if counts["confirmed"] else []),
        say("specification", **document["specification"]),
        *_signed(document),
    ]


def _received(document: Document) -> list[str]:
    """Whose, and when: of what was sent."""
    return [
        say("institution", code=document["institution_code"] or say("unknown")),
        say("received", moment=_moment(document["file"]["received_at"])),
    ]


def _signed(document: Document) -> list[str]:
    return [say("signed", key=document["signature"]["key"])] if "signature" in document else []


def _adapted(document: Document) -> list[str]:
    if not document["adaptations"]:
        return []
    return [say("adapted"), *(say("adaptation", **_named(entry)) for entry in document["adaptations"]), ""]


def _named(entry: Mapping[str, Any]) -> Document:
    return {**entry, "label": entry["label"] or say("whole_file")}


def _rules(document: Document) -> Iterator[str]:
    for number, group in enumerate(document["by_rule"], start=1):
        kind = "warning" if group["warns"] else "error"
        yield say(f"group.{kind}", number=number, **_named(group))
        yield say("why", why=group["why"])
        for finding in group["findings"]:
            place = "whole" if finding["line"] is None else "keyed" if finding["record_key"] else "line"
            yield say(f"place.{place}", **finding)
            yield from (say(part, **finding) for part in ("what", "expected", "how"))
            if finding["confirmed"]:
                yield say("confirmed", **finding["confirmed"])
        yield ""


def _moment(iso: str) -> str:
    return short_moment(datetime.fromisoformat(iso))


def short_moment(moment: datetime) -> str:
    """A moment as receipts write it, Taipei time in ROC years."""
    local = moment.astimezone(TAIPEI)
    return f"{short_date(local)} {local:%H:%M:%S}"


def say(part: str, /, **values: object) -> str:
    """A line of the receipt."""
    return text(f"checking:findings.receipt.{part}", **values)
