"""Applications in every state, made by the real acts, with invented people."""

import io
from datetime import datetime
from functools import cache
from typing import Any

from PIL import Image

from careward.applications import acts, proofs, receiving
from careward.applications.models import Application
from careward.journal import Actor
from careward.kernel.clock import taipei
from careward.kernel.identifiers import make_national_id

DURING = taipei(2025, 12, 1, 9)
"""A moment at which the demo season's form is open."""

CLOSES = taipei(2025, 12, 8, 17)

ANSWERS: dict[str, Any] = {
    "institution_code": "1131000009",
    "institution_name": "範例護理之家",
    "institution_type": "general_nursing",
    "county": "10007",
    "ownership": "private",
    "person_name": "林小明",
    "person_id": make_national_id(4),
    "contact_name": "陳美玉",
    "contact_phone": "04-7123456#12",
    "mailbox": "office@example.org",
    "mode": "own",
    "sources": ["168.95.1.1/32"],
}

VENDOR: dict[str, Any] = {
    "vendor_name": "範例資訊股份有限公司",
    "vendor_business_id": "04595257",
    "vendor_contact": "張資安",
    "vendor_phone": "02-23456789",
}
"""What a rented system asks for besides."""

APPLICANT = Actor("applicant", "test")


@cache
def pdf_scan(pages: int = 1) -> bytes:
    """A PDF as a scanner makes it: pictures of pages."""
    sheets = [Image.new("L", (620, 877), 255 - number) for number in range(pages)]
    target = io.BytesIO()
    sheets[0].save(target, "PDF", save_all=True, append_images=sheets[1:])
    return target.getvalue()


def draft(at: datetime = DURING, **changes: Any) -> Application:
    """填寫中, every page filled."""
    kind = changes.pop("kind_of", "new")
    vendor = VENDOR if changes.get("mode") == "rented" else {}
    begun = acts.start(
        Application(season="115", kind=kind, **{**ANSWERS, **vendor, **changes}), APPLICANT, arrived_at=at
    )
    proofs.take_as_proved(begun, APPLICANT)
    return begun


def lacking(at: datetime = DURING, **changes: Any) -> Application:
    """缺件: sent without its document."""
    return acts.submit(draft(at, **changes), APPLICANT, notice_version="1", arrived_at=at)


def with_scan(
    application: Application, at: datetime = DURING, kind: str = "institution_commitment"
) -> Application:
    """The same with one signed scan."""
    from django.core.files.uploadedfile import SimpleUploadedFile

    scan = receiving.receive(application, SimpleUploadedFile("承諾書.pdf", pdf_scan()))
    return acts.add_document(application, APPLICANT, kind=kind, scan=scan, arrived_at=at)


def submitted(at: datetime = DURING, **changes: Any) -> Application:
    """待審查: sent, its document handed in, completed."""
    return acts.complete(with_scan(lacking(at, **changes), at), APPLICANT, arrived_at=at)
