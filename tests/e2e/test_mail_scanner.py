"""A mail scanner with a real browser: it follows the links of every letter, runs scripts and presses buttons.

Source: security-baseline.md, "Mailed links" 1: nothing in the database changes.
"""

from typing import Any

import pytest
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from careward.kernel.clock import frozen
from support.browsing import chromium
from support.linked_letters import (
    everything_mailed,
    letters_with_a_link,
    one_of_each,
    other_pages,
    rows,
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.django_db(transaction=True),
]

LOOKS = 20
PRESSED = "main button, main input[type=submit]"


def scan(page: Page, address: str, looks: int = LOOKS) -> tuple[int, int]:
    """Look, then press every button with nothing filled in: the status of a look, and how many were pressed."""
    page.request.head(address)
    for _ in range(looks):
        answer = page.goto(address, wait_until="domcontentloaded")
    assert answer is not None
    buttons = page.locator(PRESSED).count()
    for number in range(buttons):
        page.goto(address)
        page.locator(PRESSED).nth(number).click()
        page.wait_for_load_state()
    page.context.clear_cookies()
    return answer.status, buttons


def test_a_scanner_that_runs_scripts_and_presses_every_button_changes_nothing(
    live_server: LiveServer, mailoutbox: list[Any]
) -> None:
    mailed = everything_mailed(mailoutbox)
    pages, before, opened = sorted(other_pages()), rows(), set()
    with chromium() as browser:
        page = browser.new_context(base_url=live_server.url, locale="zh-TW").new_page()
        page.set_default_timeout(60_000)
        for one in one_of_each(mailed):
            with frozen(one.at):
                status, pressed = scan(page, one.address)
            if status == 200 and pressed:
                opened.add(one.address)
        for address in pages:
            scan(page, address, looks=1)
    after = rows()
    changed = {
        name: sorted(set(after[name]) ^ set(before[name])) for name in before if before[name] != after[name]
    }
    assert changed == {}
    assert {one.kind for one in mailed if one.address in opened} == letters_with_a_link()
