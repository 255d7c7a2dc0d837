"""A mail scanner follows every address of every mail, again and again, and presses every button it finds.

Source: security-baseline.md, "Mailed links" 1: the database must be the same afterwards.
"""

from html.parser import HTMLParser

import pytest
from django.test import Client

from careward.kernel.clock import frozen
from support.applying import lacking
from support.linked_letters import everything_mailed, letters_with_a_link, other_pages, rows

pytestmark = pytest.mark.django_db

LOOKS = 20
GUESSES = ("/application/", "/application/withdraw/", "/apply/resume/", "/application/correct/send/")


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


def _scan(address: str) -> int:
    """Look, press every button with nothing typed, try the pages behind; the status of a look."""
    scanner = Client()
    assert scanner.head(address).status_code in {200, 302, 404}
    for _ in range(LOOKS):
        page = scanner.get(address)
    scanner.options(address)
    buttons = Buttons()
    buttons.feed(page.content.decode())
    for method, action, fields in buttons.forms:
        if method.lower() == "post":
            scanner.post(action or address, fields)
    for guess in GUESSES:
        assert scanner.get(guess).status_code in {302, 403}
        scanner.post(guess, {})
    return page.status_code


def test_a_scanner_that_looks_and_presses_everything_in_every_letter_changes_nothing(
    mailoutbox: list[object],
) -> None:
    mailed = everything_mailed(mailoutbox)
    newest = {one.address: one for one in mailed}
    before, opened = rows(), set()
    for one in newest.values():
        with frozen(one.at):
            if _scan(one.address) == 200:
                opened.add(one.address)
    for address in other_pages():
        _scan(address)
    after = rows()
    assert {table for table in before if before[table] != after[table]} == set()
    assert {one.kind for one in mailed if one.address in opened} == letters_with_a_link()


def test_the_comparison_would_notice_a_change() -> None:
    before = rows()
    lacking()
    assert {table for table in before if before[table] != rows()[table]} >= {
        "applications_application",
        "accounts_mailedlink",
    }
