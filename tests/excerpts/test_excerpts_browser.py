"""Sharing an excerpt in a browser, from the receipt to the vendor's page, paper and table; fit for all readers."""

import re
from pathlib import Path

import pytest
from django.test import Client
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from careward.correspondence import links
from careward.excerpts.models import Excerpt
from support.browsing import PICTURES, beside, chromium, look, page_in, session_of
from support.delivering import CODE, account, checked, staff_csv
from support.signing_in import person, sign_in

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.usefixtures("uploads_open"),
]


def _session() -> str:
    return session_of(sign_in(Client(), person("institution", institution_code=CODE)))


def _mailed() -> str:
    """The path in the letter."""
    return beside(lambda: "/" + links.address(Excerpt.objects.get().link.seed).split("/", 3)[3])


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_check_is_shared_opened_printed_taken_along_and_taken_back(
    live_server: LiveServer, tmp_path: Path, scripts: bool
) -> None:
    faulty = staff_csv(12, role="XYZ9", personal_id="A123456780", employed_to="1150630")
    delivery, session = checked(account(), faulty), _session()
    with chromium() as browser:
        page = page_in(
            browser.new_context(java_script_enabled=scripts, bypass_csp=True), live_server, session
        )
        page.goto(f"{live_server.url}/my/shared/")
        expect(page.locator("main")).to_contain_text("還沒有分享過")
        if scripts:
            look(page, "shared-empty")
        page.goto(f"{live_server.url}/my/deliveries/{delivery.ticket}/")
        page.get_by_role("link", name="把一項檢核分享給系統廠商").click()
        if scripts:
            look(page, "share-choose")
        page.get_by_role("link", name=re.compile("選這一項.*staff.role.code_list")).click()
        page.get_by_role("button", name="寄出連結").click()
        expect(page.locator(".govuk-error-summary")).to_contain_text("請填寫系統廠商的電子信箱")
        if scripts:
            look(page, "share-preview")
        page.get_by_label("系統廠商的電子信箱").fill("it@vendor.example")
        page.get_by_role("button", name="寄出連結").click()
        expect(page.locator("main")).to_contain_text("還沒有開啟")

        address = live_server.url + _mailed()
        vendor = browser.new_context(java_script_enabled=scripts, bypass_csp=True).new_page()
        vendor.goto(address)
        if scripts:
            look(vendor, "excerpt-code")
        vendor.get_by_label("機構代碼").fill(CODE)
        vendor.locator("main").get_by_role("button").click()
        vendor.wait_for_url("**/shared/")
        expect(vendor.locator("main")).to_contain_text("AAA9")
        expect(vendor.locator("tbody tr")).to_have_count(12)
        assert "XYZ9" not in vendor.content()
        if scripts:
            look(vendor, "excerpt")
            _printed(vendor, "excerpt")
        with vendor.expect_download() as taken:
            vendor.get_by_role("link", name="下載表格").click()
        assert "AAA9" in Path(taken.value.path()).read_text(encoding="utf-8-sig")

        page.reload()
        expect(page.locator("main")).to_contain_text("1 次")
        if scripts:
            look(page, "shared-opened")
        page.get_by_role("button", name=re.compile("收回.*staff.role.code_list")).click()
        expect(page.locator("main")).to_contain_text("已收回")
        answer = vendor.reload()
        assert answer is not None
        assert answer.status == 403
        if scripts:
            look(vendor, "excerpt-revoked")
        answer = vendor.goto(address)
        assert answer is not None
        assert answer.status == 404


def _printed(page: Page, name: str) -> None:
    """On paper the words stand and the links to the rest of the platform do not."""
    page.emulate_media(media="print")
    expect(page.get_by_role("link", name="下載表格")).not_to_be_visible()
    expect(page.locator("h1")).to_be_visible()
    if PICTURES:
        page.pdf(path=f"{PICTURES}/{name}.pdf", format="A4")
    page.emulate_media(media="screen")


def test_a_check_of_a_personal_field_shows_places_only(live_server: LiveServer) -> None:
    delivery, session = checked(account(), staff_csv(3, personal_id="A123456780")), _session()
    with chromium() as browser:
        page = page_in(browser.new_context(bypass_csp=True), live_server, session)
        page.goto(
            f"{live_server.url}/my/deliveries/{delivery.ticket}/share/?rule=staff.personal_id.personal_id"
        )
        expect(page.locator("main")).to_contain_text("因為它可以指認個人")
        assert "A123" not in page.content()
        look(page, "share-personal")
