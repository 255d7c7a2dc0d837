"""The receipt: what became of a file, grouped by rule and by record, as data and as plain text.

:func:`receipt_document` gives a mapping of text, numbers, lists and mappings only, ready for JSON:

``schema`` ``"careward-receipt/1"``; ``ticket``; ``file`` {name, sha256, bytes, received_at};
``lane`` live | test | offline (checked before sending, no ticket);
``specification`` {version, title, statement}; ``dataset`` {id, title} or null; ``period`` or null;
``institution_code`` or null; ``checked_at``; ``result`` accepted | rejected | unreadable;
``counts`` {rows, errors, warnings, rules, records};
``adaptations`` [{kind, field, label, says, count, first_line}];
``by_rule`` [{rule, family, family_label, level, field, label, warns, why, source, count,
findings: [{line, record_key, found, what, expected, how}]}], errors before warnings, then by first line;
``by_record`` [{line, record_key, rules: [{rule, field}]}], by line; line null is the file as a whole;
``signature`` {algorithm, key, value}, added by :mod:`careward.intake.signing` to what is delivered.

All moments are ISO 8601 with offset. What was found is masked already; the document holds no full number
or name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from careward.intake.findings import shown
from careward.intake.spill import CheckResult, Findings, OfCheck
from careward.kernel.clock import TAIPEI
from careward.kernel.roc import RocMonth, short_date
from careward.kernel.texts import text
from careward.rulebook.interchange import Dataset, Interchange

SCHEMA: Final = "careward-receipt/1"

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """A file as it came in. `lane` is live, test or offline; `ticket` is text, its leading zeros count."""

    ticket: str
    name: str
    sha256: str
    size: int
    received_at: datetime
    lane: str


def receipt_document(
    result: CheckResult,
    *,
    file: ReceivedFile,
    spec: Interchange,
    dataset: Dataset | None,
    period: RocMonth | None,
    institution_code: str | None,
    checked_at: datetime,
) -> Document:
    """Build the receipt as data; `dataset` and `period` are None when the file's name did not tell them."""
    by_rule = [_group(group, spec, dataset) for group in result.findings.by_check()]
    by_record = _by_record(result.findings)
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
        "counts": {
            "rows": result.row_count,
            "errors": result.errors,
            "warnings": result.warnings,
            "rules": len(by_rule),
            "records": len(by_record),
        },
        "adaptations": _adaptations(result, dataset),
        "by_rule": by_rule,
        "by_record": by_record,
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


def _group(group: OfCheck, spec: Interchange, dataset: Dataset | None) -> Document:
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
        "findings": [
            {
                "line": finding.line,
                "record_key": finding.record_key or None,
                "found": finding.found,
                "what": finding.what,
                "expected": finding.expected,
                "how": finding.how,
            }
            for finding in group
        ],
    }


def _by_record(findings: Findings) -> list[Document]:
    return [
        {
            "line": record.line,
            "record_key": record.record_key or None,
            "rules": [{"rule": finding.rule, "field": finding.field} for finding in record.findings],
        }
        for record in findings.by_record()
    ]


def _label(field: str, dataset: Dataset | None) -> str | None:
    labels = {f.id: f.label for f in dataset.fields} if dataset else {}
    return labels.get(field)


def receipt_text(document: Document) -> str:
    """The same receipt for reading in any editor: every finding, nothing left out, ``\\n`` line ends."""
    lines = [*_head(document), "", *_adapted(document), *_rules(document), say("foot")]
    return "\n".join(lines) + "\n"


def _head(document: Document) -> list[str]:
    dataset, counts = document["dataset"], document["counts"]
    unknown = say("unknown")
    return [
        say("title", ticket=document["ticket"]).rstrip(),
        "",
        say(f"result.{document['result']}", errors=counts["errors"], warnings=counts["warnings"]),
        say(f"lane.{document['lane']}"),
        "",
        say("file", name=document["file"]["name"]),
        say("dataset", title=dataset["title"] if dataset else unknown),
        say("period", period=document["period"] or unknown),
        say("institution", code=document["institution_code"] or unknown),
        say("received", moment=_moment(document["file"]["received_at"])),
        say("checked", moment=_moment(document["checked_at"])),
        say("sha256", sha256=document["file"]["sha256"]),
        say("counts", **counts),
        say("specification", **document["specification"]),
        *_signed(document),
    ]


def _signed(document: Document) -> list[str]:
    return [say("signed", key=document["signature"]["key"])] if "signature" in document else []


def _adapted(document: Document) -> list[str]:
    if not document["adaptations"]:
        return []
    return [say("adapted"), *(say("adaptation", **_named(entry)) for entry in document["adaptations"]), ""]


def _named(entry: Mapping[str, Any]) -> Document:
    return {**entry, "label": entry["label"] or say("whole_file")}


def _rules(document: Document) -> list[str]:
    lines: list[str] = []
    for number, group in enumerate(document["by_rule"], start=1):
        kind = "warning" if group["warns"] else "error"
        lines.append(say(f"group.{kind}", number=number, **_named(group)))
        lines.append(say("why", why=group["why"]))
        for finding in group["findings"]:
            place = "whole" if finding["line"] is None else "keyed" if finding["record_key"] else "line"
            lines.append(say(f"place.{place}", **finding))
            lines.extend(say(part, **finding) for part in ("what", "expected", "how"))
        lines.append("")
    return lines


def _moment(iso: str) -> str:
    return short_moment(datetime.fromisoformat(iso))


def short_moment(moment: datetime) -> str:
    """A moment as receipts write it, Taipei time in ROC years."""
    local = moment.astimezone(TAIPEI)
    return f"{short_date(local)} {local:%H:%M:%S}"


def say(part: str, /, **values: object) -> str:
    """A line of the receipt."""
    return text(f"intake:findings.receipt.{part}", **values)
