"""The institution's pages about its files in a browser: checked before, confirmed, a receipt too long for a page."""

import base64
import io
import re
import zipfile

import pytest
from django.test import Client
from playwright.sync_api import Route, expect
from pytest_django.live_server_helper import LiveServer

from careward.checking.receipt import report
from careward.intake import examining
from support.browsing import (
    DROP,
    chromium,
    look,
    page_in,
    session_of,
)
from support.delivering import CODE, account, checked, staff_csv
from support.signing_in import person, sign_in

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.usefixtures("uploads_open"),
]


@pytest.fixture
def session() -> str:
    return session_of(sign_in(Client(), person("institution", institution_code=CODE)))


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_file_is_dropped_or_chosen_and_checked_before_it_is_sent(
    live_server: LiveServer, session: str, scripts: bool
) -> None:
    account()
    faulty, clean = staff_csv(2, role="XXX", employed_to="1150630"), staff_csv(2)
    with chromium() as browser:
        page = page_in(
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
                look(page, f"precheck-{name}")
        page.get_by_role("button", name="檢查", exact=True).click()
        expect(page.locator(".govuk-error-summary")).to_contain_text("請選擇要檢查的檔案")
        if scripts:
            look(page, "precheck-none")


def test_a_file_sent_again_fits_a_narrow_window_and_its_receipt_is_printed_without_downloads(
    live_server: LiveServer, session: str
) -> None:
    owner = account()
    checked(owner, staff_csv(2))
    assert checked(owner, staff_csv(2)).state == "repeated"
    with chromium() as browser:
        page = page_in(browser.new_context(bypass_csp=True), live_server, session)
        page.goto(f"{live_server.url}/my/")
        expect(page.locator("main")).to_contain_text("重複，沿用先前的回條")
        look(page, "home-repeated")
        page.get_by_role("link", name=re.compile(r"^[0-9]{10}$")).first.click()
        expect(page.get_by_role("heading", name="帶走回條")).to_be_visible()
        page.emulate_media(media="print")
        expect(page.get_by_text("帶走回條")).to_be_hidden()


def test_the_files_of_a_zip_are_answered_apart_and_a_workbook_is_taken_along(
    live_server: LiveServer, session: str
) -> None:
    account()
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as packed:
        packed.writestr("staff-11501.csv", staff_csv(2, role="XXX"))
        packed.writestr("drills-11501.csv", b"x")
    given = {"name": "一月.zip", "mimeType": "application/zip", "buffer": made.getvalue()}
    with chromium() as browser:
        page = page_in(browser.new_context(bypass_csp=True), live_server, session)
        page.goto(f"{live_server.url}/check/")
        page.locator("[name=file]").set_input_files(given)  # type: ignore[arg-type]
        page.get_by_role("button", name="檢查", exact=True).click()
        expect(page.locator("main")).to_contain_text("其中 2 個會退回")
        expect(page.locator("main")).to_be_focused()
        look(page, "precheck-zip")
        page.locator("[name=file]").set_input_files(given)  # type: ignore[arg-type]
        page.get_by_label("結果怎麼看").select_option("ods")
        with page.expect_download() as taken:
            page.get_by_role("button", name="檢查", exact=True).click()
        assert taken.value.suggested_filename == "precheck.zip"
        expect(page.locator("main")).to_contain_text("結果已經下載")
        look(page, "precheck-saved")


def test_while_a_file_is_checked_the_page_says_so_and_a_broken_connection_too(
    live_server: LiveServer, session: str
) -> None:
    account()
    given = {"name": "staff-11501.csv", "mimeType": "text/csv", "buffer": staff_csv(2)}
    with chromium() as browser:
        page = page_in(browser.new_context(bypass_csp=True), live_server, session)
        page.goto(f"{live_server.url}/check/")
        held: list[Route] = []
        page.route("**/check/", lambda route: held.append(route))
        page.locator("[name=file]").set_input_files(given)  # type: ignore[arg-type]
        page.get_by_role("button", name="檢查", exact=True).click()
        expect(page.get_by_role("progressbar")).to_be_visible()
        expect(page.get_by_role("button", name="檢查", exact=True)).to_be_disabled()
        look(page, "precheck-waiting")
        held[0].abort()
        expect(page.locator("main")).to_contain_text("連線中斷")
        expect(page.get_by_role("button", name="檢查", exact=True)).to_be_enabled()


def test_warnings_are_confirmed_listed_and_taken_back(live_server: LiveServer, session: str) -> None:
    delivery = checked(account(), staff_csv(30, employed_to="1150630"))
    with chromium() as browser:
        page = page_in(browser.new_context(bypass_csp=True), live_server, session)
        page.goto(f"{live_server.url}/my/confirmed/")
        look(page, "confirmed-empty")
        page.goto(f"{live_server.url}/my/deliveries/{delivery.ticket}/?by=rule")
        page.get_by_role("link", name=re.compile("全部確認")).click()
        page.get_by_role("button", name="確認內容正確").click()
        expect(page.locator(".govuk-error-summary")).to_contain_text("請寫明內容為什麼正確")
        look(page, "confirm-error")
        page.get_by_label("內容為什麼正確").fill("聘約到六月")
        page.get_by_role("button", name="確認內容正確").click()
        expect(page.locator("main")).to_contain_text("已確認 30 項提醒")
        look(page, "confirmed-receipt")
        page.goto(f"{live_server.url}/my/confirmed/")
        look(page, "confirmed")
        page.get_by_role("button", name=re.compile("取消確認")).first.click()
        expect(page.locator("main")).to_contain_text("共 29 項")


def test_a_receipt_too_long_for_a_page_says_so_and_where_the_rest_is(
    live_server: LiveServer, session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examining, "MOST_ON_PAGE", 20)
    monkeypatch.setattr("careward.intake.receipts.MOST_ON_PAGE", 20)
    monkeypatch.setattr(report, "_OF_EACH_RULE", 5)
    monkeypatch.setattr(report, "_RECORDS", 5)
    delivery = checked(account(), staff_csv(40, role="XXX"))
    with chromium() as browser:
        page = page_in(browser.new_context(bypass_csp=True), live_server, session)
        page.goto(f"{live_server.url}/my/deliveries/{delivery.ticket}/")
        expect(page.locator("main")).to_contain_text("每一條檢核只列出前 5 項")
        expect(page.locator("tbody tr")).to_have_count(1)
        look(page, "receipt-long-by-rule")
        page.get_by_role("link", name="逐項").click()
        expect(page.locator("main")).to_contain_text("40 項錯誤")
        expect(page.locator("main")).to_contain_text("依列 40")
        expect(page.locator("tbody tr")).to_have_count(5)
        look(page, "receipt-long")
        with page.expect_download() as taken:
            page.get_by_role("link", name="下載文字檔").click()
        assert taken.value.path().read_text(encoding="utf-8-sig").count("第 ") >= 40
