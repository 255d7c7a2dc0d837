"""The public form filled in page by page, as a visitor without scripts does."""

import re
from typing import Any

import pypdfium2
from django.test import Client

from careward.applications.models import MailboxProof
from careward.correspondence import links
from support.applying import ANSWERS

PAGES: dict[str, dict[str, Any]] = {
    "institution": {
        name: ANSWERS[name]
        for name in ("institution_code", "institution_name", "institution_type", "county", "ownership")
    },
    "person": {"person_name": "林小明", "person_id": ANSWERS["person_id"]},
    "contact": {"contact_name": "陳美玉", "contact_phone": "04-7123456轉12", "mailbox": "Office@Example.org"},
    "mailbox": {},
    "mode": {"mode": "own"},
    "sources": {"sources": "168.95.1.1\n2001:b000:168::/64"},
}
DECLARED = {"notice_read": "on", "declared": "on"}


def fill(client: Client, until: str = "check") -> None:
    for section, answers in PAGES.items():
        if section == until:
            return
        response = client.post(f"/apply/{section}/", answers or mailed_code())
        assert response.status_code == 302, response.content.decode()


def pdf_text(content: bytes) -> str:
    document = pypdfium2.PdfDocument(content)
    return "".join(page.get_textpage().get_text_range() for page in document)


def mailed_code() -> dict[str, str]:
    """What stands in the newest code letter."""
    newest = MailboxProof.objects.latest("pk")
    return {"code": links.code(newest.seed)}


def errors(client: Client, section: str, **answers: Any) -> str:
    fill(client, section)
    response = client.post(f"/apply/{section}/", {**PAGES[section], **answers})
    assert response.status_code == 200
    page = response.content.decode()
    assert "<title>錯誤：" in page.replace("\n", "")
    summary = page[page.index("govuk-error-summary") : page.index("<h1")]
    for target in re.findall(r'href="#([^"]+)"', summary):
        assert f'id="{target}"' in page
    return summary
