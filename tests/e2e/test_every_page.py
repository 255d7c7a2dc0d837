"""Every page of staff that needs no thing to be named: fit for all readers and narrow windows, for each role."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from django.urls import reverse
from playwright.sync_api import Browser, Page

from support.browsing import assert_accessible, assert_no_sideways_scrolling
from support.person import Person, sign_in
from support.platform import Platform

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(900)]

TITLES = {
    "officer": "臺北市衛生局承辦人",
    "ministry": "本部",
    "vendor": "資訊系統廠商",
    "auditor": "稽核",
    "administrator": "系統管理",
}
"""How the demo calls somebody of a role; 縣市主管 see the officers' pages and those of the ministry."""
MATRIX = yaml.safe_load((Path(__file__).parents[1] / "house" / "pages.yaml").read_text(encoding="utf-8"))
FILES = re.compile(r"_file$|download|export|calendar")
PUBLIC = [
    "/",
    "/apply/",
    "/specification/",
    "/specification/codes/",
    "/specification/events/",
    "/accounts/sign-in/",
]


def pages_of(role: str) -> list[str]:
    """Addresses a role may open by name alone, without those that hand out files."""
    named = [
        name
        for name, line in MATRIX.items()
        if isinstance(line, list) and role in line and not FILES.search(name)
    ]
    return [reverse(name) for name in named]


@pytest.fixture
def page(browser: Browser, platform: Platform) -> Iterator[Page]:
    context = browser.new_context(
        base_url=platform.web, viewport={"width": 1280, "height": 900}, locale="zh-TW"
    )
    context.set_default_timeout(60_000)
    yield context.new_page()
    context.close()


def look(page: Page, address: str) -> bool:
    """Whether a page stands there; if so it is accessible and fits 320 px."""
    response = page.request.get(address)
    assert response.status < 500, address
    if response.status != 200 or "text/html" not in response.headers.get("content-type", ""):
        return False
    page.goto(address)
    assert_accessible(page)
    assert_no_sideways_scrolling(page)
    return True


@pytest.mark.parametrize("role", sorted(TITLES))
def test_every_page_a_role_opens_by_name_is_accessible_and_fits(page: Page, role: str) -> None:
    sign_in(Person(page), TITLES[role])
    addresses = pages_of(role)
    seen = [address for address in addresses if look(page, address)]
    assert len(seen) > len(addresses) / 2, sorted(set(addresses) - set(seen))


def test_the_public_pages_are_accessible_and_fit(page: Page) -> None:
    assert all(look(page, address) for address in PUBLIC)
