"""The institution's pages about its files in a browser: checked before, confirmed, a receipt too long for a page."""

import base64
import os
import re

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from careward.intake import examining, report
from support.browsing import assert_accessible, assert_no_sideways_scrolling, chromium
from support.delivering import CODE, account, checked, staff_csv
from support.signing_in import person, sign_in

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.usefixtures("uploads_open"),
]
PICTURES = os.environ.get("CAREWARD_PICTURES")
"""A folder for pictures of the pages, when somebody wants to look at them."""

DROP = """([name, content]) => {
  const given = new DataTransfer();
  const bytes = Uint8Array.from(atob(content), (sign) => sign.charCodeAt(0));
  given.items.add(new File([bytes], name));
  const place = document.querySelector("[data-cw-drop]");
  place.dispatchEvent(new DragEvent("dragover", {dataTransfer: given, bubbles: true, cancelable: true}));
  place.dispatchEvent(new DragEvent("drop", {dataTransfer: given, bubbles: true, cancelable: true}));
}"""


@pytest.fixture
def session() -> str:
    client = sign_in(Client(), person("institution", institution_code=CODE))
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def _signed_in(context: BrowserContext, server: LiveServer, session: str) -> Page:
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": server.url}])
    return context.new_page()


def _look(page: Page, name: str) -> None:
    assert_accessible(page)
    assert_no_sideways_scrolling(page)
    if PICTURES:
        for width in (1280, 375):
            page.set_viewport_size({"width": width, "height": 900})
            page.screenshot(path=f"{PICTURES}/{name}-{width}.png", full_page=True)
        page.set_viewport_size({"width": 1280, "height": 900})


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_file_is_dropped_or_chosen_and_checked_before_it_is_sent(
    live_server: LiveServer, session: str, scripts: bool
) -> None:
    account()
    faulty, clean = staff_csv(2, role="XXX", employed_to="1150630"), staff_csv(2)
    with chromium() as browser:
        page = _signed_in(
            browser.new_context(java_script_enabled=scripts, bypass_csp=True), live_server, session
        )
        page.goto(f"{live_server.url}/check/")
        for name, content, said in (("faulty", faulty, "會退回"), ("clean", clean, "可以上傳")):
            if scripts:
                page.evaluate(DROP, ["staff-11501.csv", base64.b64encode(content).decode()])
                expect(page.locator("[data-cw-drop-list] li")).to_have_count(1)
            else:
                given = {"name": "staff-11501.csv", "mimeType": "text/csv", "buffer": content}
                page.locator("[name=file]").set_input_files(given)  # type: ignore[arg-type]
            page.get_by_role("button", name="檢查", exact=True).click()
            expect(page.locator("main")).to_contain_text(said)
            if scripts:
                _look(page, f"precheck-{name}")
        page.get_by_role("button", name="檢查", exact=True).click()
        expect(page.locator(".govuk-error-summary")).to_contain_text("請選擇要檢查的檔案")
        if scripts:
            _look(page, "precheck-none")


def test_warnings_are_confirmed_listed_and_taken_back(live_server: LiveServer, session: str) -> None:
    delivery = checked(account(), staff_csv(30, employed_to="1150630"))
    with chromium() as browser:
        page = _signed_in(browser.new_context(bypass_csp=True), live_server, session)
        page.goto(f"{live_server.url}/my/confirmed/")
        _look(page, "confirmed-empty")
        page.goto(f"{live_server.url}/my/deliveries/{delivery.ticket}/?by=rule")
        page.get_by_role("link", name=re.compile("全部確認")).click()
        page.get_by_role("button", name="確認內容正確").click()
        expect(page.locator(".govuk-error-summary")).to_contain_text("請寫明內容為什麼正確")
        _look(page, "confirm-error")
        page.get_by_label("內容為什麼正確").fill("聘約到六月")
        page.get_by_role("button", name="確認內容正確").click()
        expect(page.locator("main")).to_contain_text("已確認 30 項提醒")
        _look(page, "confirmed-receipt")
        page.goto(f"{live_server.url}/my/confirmed/")
        _look(page, "confirmed")
        page.get_by_role("button", name=re.compile("取消確認")).first.click()
        expect(page.locator("main")).to_contain_text("共 29 項")


def test_a_receipt_too_long_for_a_page_says_so_and_where_the_rest_is(
    live_server: LiveServer, session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examining, "MOST_ON_PAGE", 20)
    monkeypatch.setattr("careward.intake.grouping.MOST_ON_PAGE", 20)
    monkeypatch.setattr(report, "_OF_EACH_RULE", 5)
    monkeypatch.setattr(report, "_RECORDS", 5)
    delivery = checked(account(), staff_csv(40, role="XXX"))
    with chromium() as browser:
        page = _signed_in(browser.new_context(bypass_csp=True), live_server, session)
        page.goto(f"{live_server.url}/my/deliveries/{delivery.ticket}/")
        expect(page.locator("main")).to_contain_text("每一條檢核只列出前 5 項")
        expect(page.locator("main")).to_contain_text("40 項錯誤")
        expect(page.locator("main")).to_contain_text("依列 40")
        expect(page.locator("tbody tr")).to_have_count(5)
        _look(page, "receipt-long")
        with page.expect_download() as taken:
            page.get_by_role("link", name="下載文字檔").click()
        assert taken.value.path().read_text(encoding="utf-8-sig").count("第 ") >= 40
