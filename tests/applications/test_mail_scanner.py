"""A mail scanner follows every address of every mail, again and again, and presses every button it finds.

Source: security-baseline.md, "Mailed links" 1: the database must be the same afterwards.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client

from careward.applications import acts, proofs, resending
from careward.correspondence import jobs
from careward.correspondence.models import Letter
from careward.kernel.clock import frozen, now
from support.applying import ANSWERS, APPLICANT, DURING, draft, lacking, submitted

pytestmark = pytest.mark.django_db

ADDRESS = re.compile(r"https?://[^/\s]+(/\S+)")


class Buttons(HTMLParser):
    """Every form of a page with the fields it would send when nothing is typed."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append((found.get("method", "get"), found.get("action", ""), {}))
        elif tag in {"input", "textarea", "select"} and self.forms and "name" in found:
            hidden = found.get("type") == "hidden"
            self.forms[-1][2][found["name"]] = found.get("value", "") if hidden else ""


def _rows() -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table but the sessions of browsers and the counters of attempts."""
    tables = sorted(
        model._meta.db_table for model in apps.get_models(include_auto_created=True) if model._meta.managed
    )
    kept: dict[str, list[tuple[object, ...]]] = {}
    with connection.cursor() as cursor:
        existing = set(connection.introspection.table_names(cursor))
        for table in tables:
            if table in existing and table not in ("django_session", "accounts_attempts"):
                cursor.execute(f'SELECT t::text FROM "{table}" t ORDER BY 1')
                kept[table] = cursor.fetchall()
    return kept


def _every_mail() -> None:
    """One of every letter an applicant gets that holds an address."""
    application = lacking()
    proofs.ask(application, "new@example.org", APPLICANT)
    acts.correct(application, APPLICANT, changes={"contact_phone": "02-23456789"}, arrived_at=DURING)
    with frozen(DURING + timedelta(minutes=1)):
        resending.resend(ANSWERS["institution_code"], ANSWERS["mailbox"], now())
    acts.restore(acts.withdraw(application, APPLICANT, arrived_at=DURING), APPLICANT, arrived_at=DURING)
    submitted(mailbox="second@example.org")
    resending.send_draft_link(draft(institution_code="1131000018"), APPLICANT)
    for letter in Letter.objects.still_to_send():
        jobs.send(letter_id=str(letter.pk))


def _addresses(mails: list[object]) -> Iterator[str]:
    for mail in mails:
        yield from (found.rstrip("。，") for found in ADDRESS.findall(mail.body))  # type: ignore[attr-defined]


def test_a_scanner_that_looks_and_presses_everything_changes_nothing(mailoutbox: list[object]) -> None:
    _every_mail()
    addresses = sorted(set(_addresses(mailoutbox)))
    kinds = set(Letter.objects.values_list("kind", flat=True))
    assert {"application_corrected", "application_link", "second_application", "draft_link"} <= kinds
    assert len(addresses) >= 3
    before = _rows()
    for address in addresses:
        scanner = Client()
        assert scanner.head(address).status_code in {200, 404}
        for _ in range(20):
            page = scanner.get(address, follow=True)
        assert scanner.options(address).status_code in {200, 404}
        buttons = Buttons()
        buttons.feed(page.content.decode())
        for method, action, fields in buttons.forms:
            if method.lower() == "post":
                scanner.post(action or address, fields)
        for guess in (
            "/application/",
            "/application/withdraw/",
            "/apply/resume/",
            "/application/correct/send/",
        ):
            assert scanner.get(guess).status_code in {302, 403}
            scanner.post(guess, {})
    after = _rows()
    assert {table for table in before if before[table] != after[table]} == set()


def test_the_comparison_would_notice_a_change() -> None:
    before = _rows()
    lacking()
    assert {table for table in before if before[table] != _rows()[table]} >= {
        "applications_application",
        "accounts_mailedlink",
    }
