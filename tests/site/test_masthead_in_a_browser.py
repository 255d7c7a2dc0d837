"""Above a page: name and account on one line, the places to go to on the next, for whoever has most of them."""

import pytest
from django.test import Client
from pytest_django.live_server_helper import LiveServer

from support.browsing import chromium, page_in, session_of
from support.signing_in import person, sign_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.slow]


def test_the_ministrys_dozen_places_stand_on_one_line_of_an_office_screen(live_server: LiveServer) -> None:
    session = session_of(sign_in(Client(), person("ministry")))
    with chromium() as browser:
        page = page_in(browser.new_context(viewport={"width": 1280, "height": 900}), live_server, session)
        page.goto(f"{live_server.url}/accounts/")
        links = page.locator(".cw-masthead__link").all()
        tops = {round(link.bounding_box()["y"]) for link in links}  # type: ignore[index]
        assert len(links) >= 12
        assert len(tops) == 1
        account = page.locator(".cw-masthead__account a", has_text="我的帳號")
        assert account.get_attribute("aria-current") == "page"
        assert account.bounding_box()["y"] < min(tops)  # type: ignore[index]
