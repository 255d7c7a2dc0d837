"""The receipt of an application as a page to print: what was sent, when, its reference; nothing personal."""

import json
from pathlib import Path
from typing import Final

from django.http import HttpResponse

from careward.applications.models import Application
from careward.applications.rules import listed, say
from careward.kernel import clock
from careward.kernel.texts import text
from careward.shell.paper import printed

RECEIPT: Final = Path(__file__).with_name("typst") / "receipt.typ"
_ROWS: Final = (
    "reference",
    "institution_name",
    "institution_code",
    "institution_type",
    "county",
    "kind",
    "mode",
    "submitted_at",
    "state",
    "documents",
    "missing",
    "mailbox",
    "notice_version",
)


def pdf(application: Application) -> bytes:
    """Print the receipt as it stands now, A4, tagged for reading aloud. Raises ValueError for a draft."""
    if application.submitted_at is None:
        raise ValueError("a draft has no receipt")
    values = _values(application)
    sheet = {
        "title": text("applications:receipt_sheet.title"),
        "season": application.rules.season.label,
        "reference": application.reference,
        "rows": [
            {"label": text(f"applications:receipt_sheet.rows.{name}"), "value": values[name]}
            for name in _ROWS
            if values[name]
        ],
        "closing": text(
            "applications:receipt_sheet.closing",
            phone=application.rules.contact_window(application.institution_type).phone,
            type=application.type_label,
        ),
        "printed": text("applications:receipt_sheet.printed", at=say(clock.now())),
    }
    inputs = {"sheet": json.dumps(sheet, ensure_ascii=False)}
    return printed(RECEIPT, inputs, f"receipt of {application}").pdf


def answer(application: Application) -> HttpResponse:
    """The receipt as a download that no cache keeps."""
    return HttpResponse(
        pdf(application),
        content_type="application/pdf",
        headers={
            "Content-Disposition": f'attachment; filename="{application.reference}-receipt.pdf"',
            "Cache-Control": "no-store",
        },
    )


def _values(application: Application) -> dict[str, str]:
    assert application.submitted_at is not None
    handed_in = {document.kind for document in application.documents.in_force()}
    needed = application.needed_documents
    return {
        "reference": application.reference,
        "institution_name": application.institution_name,
        "institution_code": application.institution_code,
        "institution_type": application.type_label,
        "county": application.county_label,
        "kind": application.kind_label,
        "mode": application.mode_label,
        "submitted_at": say(application.submitted_at),
        "state": application.state_label,
        "documents": listed(kind.label for kind in needed if kind.id in handed_in),
        "missing": listed(kind.label for kind in application.missing_documents),
        "mailbox": application.mailbox,
        "notice_version": application.notice_version,
    }
