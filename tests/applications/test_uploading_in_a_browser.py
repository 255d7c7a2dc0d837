"""Handing in scans in front of a real browser: dropped, wrong, previewed; wide, narrow and without scripts."""

import base64
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from careward.applications import jobs
from careward.applications.models import Application
from support.applying import lacking, pdf_scan
from support.browsing import DROP, chromium, look
from support.opening import address_of
from support.scanning import as_file, printed

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def _enter(page: Page, server: LiveServer, address: str, application: Application) -> None:
    page.goto(server.url + address)
    page.locator("[name=code]").fill(application.institution_code)
    page.get_by_role("button").last.click()
    page.wait_for_url("**/application/")


@pytest.mark.slow
@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_scans_are_handed_in_looked_at_and_replaced(
    live_server: LiveServer, tmp_path: Path, scripts: bool
) -> None:
    application = lacking(mode="rented")
    address = address_of(application)
    wrong = as_file(printed(application, "vendor_commitment"), "JPEG")
    right = as_file(printed(application, "mandate"), "JPEG")
    with chromium() as browser:
        context = browser.new_context(java_script_enabled=scripts, bypass_csp=True)
        page = context.new_page()
        _enter(page, live_server, address, application)
        page.get_by_role("button", name="上傳用印後的文件").first.click()
        if scripts:
            page.evaluate(DROP, ["委託書.jpg", base64.b64encode(wrong).decode()])
            page.evaluate(DROP, ["動畫.gif", base64.b64encode(b"GIF89a" + b"0" * 99).decode()])
            expect(page.locator("[data-cw-drop-list] li")).to_have_count(2)
            look(page, "upload-chosen")
        else:
            given = [{"name": "委託書.jpg", "mimeType": "image/jpeg", "buffer": wrong},
                     {"name": "動畫.gif", "mimeType": "image/gif", "buffer": b"GIF89a" + b"0" * 99}]  # fmt: skip
            page.locator("[name=file]").set_input_files(given)  # type: ignore[arg-type]
        page.get_by_role("button", name="上傳").click()
        expect(page.locator(".govuk-error-summary")).to_contain_text("動畫.gif")
        if scripts:
            look(page, "upload-refused")
        page.goto(live_server.url + "/application/")
        expect(page.locator("main")).to_contain_text("這個檔案看起來是「廠商介接承諾書」")
        if scripts:
            look(page, "case-told")
        page.get_by_role("link", name="更換").first.click()
        given = {"name": "委託書-2.jpg", "mimeType": "image/jpeg", "buffer": right}
        page.locator("[name=file]").set_input_files(given)  # type: ignore[arg-type]
        page.get_by_role("button", name="上傳").click()
        page.wait_for_url("**/application/")
        expect(page.locator("main")).not_to_contain_text("這個檔案看起來是")
        page.get_by_role("link", name="委託書-2.jpg", exact=True).click()
        expect(page.locator("main")).to_contain_text("未掃毒")
        if scripts:
            look(page, "preview-waiting")
        shown = page.url
        context.storage_state(path=tmp_path / "state.json")
    jobs.render_pages(str(application.documents.in_force().get().pk))
    with chromium() as browser:
        context = browser.new_context(storage_state=tmp_path / "state.json", bypass_csp=True)
        page = context.new_page()
        page.goto(shown)
        picture = page.locator(".cw-paper__page img")
        expect(picture).to_have_count(1)
        assert picture.evaluate("picture => picture.complete && picture.naturalWidth > 1000")
        if scripts:
            look(page, "preview")


def test_an_own_form_is_taken_with_a_word(live_server: LiveServer) -> None:
    application = lacking()
    address = address_of(application)
    with chromium() as browser:
        page = browser.new_context(bypass_csp=True).new_page()
        _enter(page, live_server, address, application)
        page.get_by_role("button", name="上傳用印後的文件").first.click()
        look(page, "upload-empty")
        given = {"name": "自訂格式.pdf", "mimeType": "application/pdf", "buffer": pdf_scan(2)}
        page.locator("[name=file]").set_input_files(given)  # type: ignore[arg-type]
        page.get_by_role("button", name="上傳").click()
        page.wait_for_url("**/application/")
        expect(page.locator("main")).to_contain_text("使用自己的格式時不用處理")
        look(page, "case-own-form")
