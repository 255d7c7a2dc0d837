"""One case whole, for an auditor: what was applied for, decided and done, every file, and the hash of each.

The personal ID stays masked in it: who needs the number looks at it in the platform, where that is recorded.
"""

import hashlib
import json
import zipfile
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from careward.accounts.models import User
from careward.applications.models import ANSWERS, Application, Document
from careward.applications.rules import EXTENSIONS, label_of, say
from careward.journal import acting
from careward.kernel import clock
from careward.kernel.texts import text
from careward.registry.deputies import actor_on
from careward.review import comparing
from careward.review.models import CaseExport
from careward.review.timeline import timeline
from careward.shell.paper import printed
from careward.store.objects import objects

SHEET: Final = Path(__file__).with_name("typst") / "case.typ"
REPORT, SUMS, DATA = "case.pdf", "SHA256SUMS", "case.json"


@dataclass(frozen=True, slots=True)
class Package:
    """The archive, and what it is called."""

    name: str
    content: bytes


def export(application: Application, by: User) -> Package:
    """Pack the case and record who took it; ``sha256sum -c SHA256SUMS`` checks every file inside."""
    at = clock.now()
    documents = list(application.documents.order_by("added_at", "pk"))
    facts = _facts(application, documents, at, by)
    files = {REPORT: _pdf(facts), DATA: json.dumps(facts, ensure_ascii=False, indent=1).encode()}
    for number, document in enumerate(documents, start=1):
        with objects().open(document.key) as source:
            files[_name(number, document)] = source.read()
    sums = "".join(f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in files.items())
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**files, SUMS: sums.encode()}.items():
            archive.writestr(name, content)
    content = packed.getvalue()
    with acting(actor_on(by, application), "application.export"):
        CaseExport.objects.create(
            application=application, by=by, at=at, sha256=hashlib.sha256(content).hexdigest()
        )
    return Package(f"{application.reference}.zip", content)


def _name(number: int, document: Document) -> str:
    return f"documents/{number:02d}-{document.kind}{EXTENSIONS[document.media_type]}"


def _facts(application: Application, documents: list[Document], at: datetime, by: User) -> dict[str, Any]:
    labels = [(label_of(field), comparing.in_words(application, field)) for field in ANSWERS]
    return {
        "reference": application.reference,
        "institution": application.institution_name,
        "season": application.rules.season.label,
        "state": application.state_label,
        "kind": application.kind_label,
        "exported": say(at),
        "by": by.name,
        "answers": [{"label": label, "value": value} for label, value in labels if value],
        "decisions": [_signed(signed) for signed in application.sign_offs.order_by("signed_at", "pk")],
        "rounds": [_round(found) for found in comparing.rounds(application)],
        "documents": [
            {
                "file": _name(number, document),
                "label": document.kind_label,
                "added": say(document.added_at),
                "removed": say(document.removed_at) if document.removed_at else "",
                "sha256": document.sha256,
            }
            for number, document in enumerate(documents, start=1)
        ],
        "notes": [
            {"by": note.by.name, "at": say(note.at), "words": note.words}
            for note in application.notes.select_related("by")
        ],
        "timeline": [
            {"at": say(entry.at), "who": entry.who, "act": entry.label, "lines": entry.lines}
            for entry in timeline(application)
        ],
    }


def _signed(signed: Any) -> dict[str, Any]:
    checklist = signed.application.rules.checklist
    return {
        "outcome": signed.outcome_label,
        "by": signed.officer.name,
        "at": say(signed.signed_at),
        "second": signed.second.name if signed.second else "",
        "void": say(signed.voided_at) if signed.voided_at else "",
        "reason": signed.void_reason,
        "remark": signed.remark,
        "ticked": [checklist[item].text for item in signed.ticked if item in checklist],
        "data": signed.signed_data,
        "documents": list(signed.signed_documents.values()),
    }


def _round(found: comparing.Round) -> dict[str, Any]:
    supplement = found.supplement
    return {
        "number": supplement.number,
        "asked": say(supplement.asked_at),
        "due": say(supplement.due_at),
        "answered": say(supplement.answered_at) if supplement.answered_at else "",
        "items": [text("review:export.item", item=i.label, reason=i.reason) for i in supplement.items.all()],
        "changes": [{"label": c.label, "old": c.old, "new": c.new} for c in found.changes],
    }


def _pdf(facts: dict[str, Any]) -> bytes:
    """The report as PDF, tagged for reading aloud."""
    return printed(SHEET, {"case": json.dumps(facts, ensure_ascii=False)}, "a case's report").pdf
