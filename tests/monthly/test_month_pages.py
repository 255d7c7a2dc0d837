"""The boards in a browser: full, empty and on a phone."""

import os
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from careward.kernel import clock
from support.browsing import assert_accessible, assert_no_sideways_scrolling, chromium
from support.delivering import CODE, OPEN, account, checked, delivered, staff_csv
from support.signing_in import person, sign_in

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.usefixtures("uploads_open"),
]
LATER = OPEN + timedelta(days=40)


def _many() -> None:
    of = account("live")
    checked(of, staff_csv())
    checked(of, staff_csv(seed=4, name=""))
    for number in range(60):
        account("live", f"11310002{number:02}")
    delivered(account("live", "1131000300"))


@pytest.mark.parametrize("full", [True, False])
def test_the_boards_are_accessible_at_320_pixels_full_and_empty(live_server: LiveServer, full: bool) -> None:
    if full:
        _many()
    officer = sign_in(Client(), person("officer", county="10007", unit="health"))
    institution = sign_in(Client(), person("institution", institution_code=CODE))
    pages = [("board", "/months/?month=11501", officer), ("year", "/months/year/", officer)]
    if full:
        pages += [("own", "/institution/months/", institution), ("home", "/my/", institution)]
    with clock.frozen(LATER), chromium() as browser:
        for name, address, who in pages:
            _look(browser.new_page(), who, f"{live_server.url}{address}", f"{name}-{full}")


def _look(page: Page, who: Client, address: str, name: str) -> None:
    session = who.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": address}])
    page.set_viewport_size({"width": 1280, "height": 900})
    answer = page.goto(address)
    assert answer is not None
    assert answer.status == 200
    assert_accessible(page)
    assert_no_sideways_scrolling(page)
    folder = os.environ.get("CAREWARD_PICTURES")
    for width in (1280, 375) if folder else ():
        page.set_viewport_size({"width": width, "height": 900})
        page.screenshot(path=f"{folder}/months-{name}-{width}.png", full_page=True)
