"""A mail scanner with a real browser: it follows every address of every letter, runs scripts and presses buttons.

Source: security-baseline.md, "Mailed links" 1: nothing in the database changes.
"""

import email
import re
from collections import defaultdict
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import default

import psycopg
import pytest
from playwright.sync_api import Page
from psycopg import sql

from careward.store import embedded
from support.browsing import chromium
from support.platform import Platform
from support.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(900)]

ADDRESS = re.compile(r"https?://[^/\s]+(/l/[A-Za-z0-9_-]+/)")
LOOKS = 20
NOT_THE_LETTERS = re.compile(
    r"^(django_session|procrastinate_|.*cache|accounts_attempts|gateway_|journal_seal|journal_digest|.*heartbeat)"
)
"""Tables of the running platform itself: sessions, jobs, counters of attempts, the chain that seals."""


@pytest.fixture
def page(platform: Platform) -> Iterator[Page]:
    with chromium() as browser:
        context = browser.new_context(base_url=platform.web, locale="zh-TW")
        context.set_default_timeout(60_000)
        yield context.new_page()
        context.close()


def letters(platform: Platform) -> list[EmailMessage]:
    """Everything the demo has mailed."""
    files = sorted((platform.home / "mail").glob("[!.]*.eml"))
    return [email.message_from_bytes(file.read_bytes(), policy=default) for file in files]  # type: ignore[misc]


def addresses(platform: Platform) -> dict[str, list[str]]:
    """The addresses with a token, by what their letters are about."""
    found: dict[str, list[str]] = defaultdict(list)
    for letter in letters(platform):
        body = letter.get_body(("plain",))
        assert body is not None
        about = re.sub(r"[：0-9A-Z-].*$", "", str(letter["Subject"]).partition("】")[2])
        for address in ADDRESS.findall(body.get_content()):
            found[about].append(address)
    return dict(found)


def rows(platform: Platform) -> dict[str, list[str]]:
    """Every row of every table that is about somebody's matters."""
    cluster = embedded.start(platform.home)
    try:
        with psycopg.connect(cluster.app_url, autocommit=True) as connected:
            tables = [
                name
                for (name,) in connected.execute(
                    "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
                )
                if not NOT_THE_LETTERS.search(name)
            ]
            return {
                name: [
                    row
                    for (row,) in connected.execute(
                        sql.SQL("SELECT t::text FROM {} t ORDER BY 1").format(sql.Identifier(name))
                    )
                ]
                for name in tables
            }
    finally:
        cluster.release()


def at_rest(platform: Platform) -> bool:
    """Whether the worker has written what the demo's first minute asks for: reminders and letters have left."""
    cluster = embedded.start(platform.home)
    try:
        with psycopg.connect(cluster.app_url, autocommit=True) as connected:
            found = connected.execute(
                "SELECT (SELECT count(*) FROM correspondence_letter WHERE state = 'queued') = 0"
                " AND EXISTS (SELECT FROM procrastinate_jobs WHERE task_name = 'continuing.keep_up'"
                " AND status = 'succeeded')"
            ).fetchone()
            assert found is not None
            return bool(found[0])
    finally:
        cluster.release()


def scan(page: Page, address: str, looks: int) -> int:
    """Look ``looks`` times, then press every button with nothing filled in; returns how many were pressed."""
    assert page.request.head(address).status in {200, 404}
    for _ in range(looks):
        page.goto(address)
    buttons = page.locator("main button, main input[type=submit]").count()
    for number in range(buttons):
        page.goto(address)
        page.locator("main button, main input[type=submit]").nth(number).click()
        page.wait_for_load_state()
    page.context.clear_cookies()
    return buttons


def test_a_scanner_that_runs_scripts_and_presses_every_button_changes_nothing(
    platform: Platform, page: Page
) -> None:
    until(lambda: at_rest(platform), 120, "the demo's letters and first reminders to have left")
    found = addresses(platform)
    assert len(found) >= 3, sorted(found)
    before = rows(platform)
    assert "applications_application" in before
    pressed = 0
    for about in found.values():
        for number, address in enumerate(about):
            pressed += scan(page, address, LOOKS if number == 0 else 1)
    assert pressed >= len(found)
    after = rows(platform)
    changed = {
        name: sorted(set(after[name]) ^ set(before[name])) for name in before if before[name] != after[name]
    }
    assert changed == {}
