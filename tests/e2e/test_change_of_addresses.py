"""An institution moves to another address: asked for by mailed link, reviewed, listed, processed – and let in."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from careward.kernel.clock import taipei
from support import sftp
from support.person import Person, open_mailed_link, press_or_follow, sign_in, sign_out
from support.platform import Platform
from support.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]

MAILBOX, CODE = "office00@home.example", "1990000000"
ELSEWHERE = "127.0.0.2"


@pytest.fixture
def page(browser: Browser, platform: Platform) -> Iterator[Page]:
    context = browser.new_context(
        base_url=platform.web, viewport={"width": 1280, "height": 900}, locale="zh-TW"
    )
    context.set_default_timeout(30_000)
    yield context.new_page()
    context.close()


def test_from_the_mailed_link_to_the_gateway(platform: Platform, page: Page, tmp_path: Path) -> None:
    person = Person(page)
    client = the_account_is_known(person, platform, tmp_path)
    platform.set_clock(taipei(2026, 1, 12, 10))
    elsewhere = sftp.Client(**{**client.__dict__, "source": ELSEWHERE})
    assert client.sftp("ls").returncode == 0
    assert elsewhere.sftp("ls").returncode != 0
    the_institution_asks(person)
    place = the_officer_agrees(person)
    platform.set_clock(taipei(2026, 2, 2, 9))
    the_ministry_releases(person, place)
    the_vendor_processes(person)
    until(lambda: elsewhere.sftp("ls").returncode == 0, 20, "the gateway lets the new address in")
    assert client.sftp("ls").returncode != 0
    open_mailed_link_of_result(person)


def the_account_is_known(person: Person, platform: Platform, folder: Path) -> sftp.Client:
    person.open("/demo/")
    codes = person.page.locator(".govuk-summary-list").first.locator("code").all_inner_texts()
    hosts = sftp.known_hosts(folder / "known_hosts", platform.sftp_port, platform.home)
    return sftp.Client(folder, platform.sftp_port, codes[0], codes[1], hosts)


def the_institution_asks(person: Person) -> None:
    person.open("/")
    person.follow("更改連線資料")
    person.fill(institution_code=CODE)
    person.press("寄出連結")
    person.sees("請到信箱收信")
    open_mailed_link(person, MAILBOX, "更改連線資料的連結", CODE)
    person.page.get_by_role("link", name=re.compile(r"更改\s*來源位址")).click()
    person.look()
    person.fill(sources="10.1.1.1")
    person.press("儲存")
    person.sees("第 1 行")
    person.fill(sources=ELSEWHERE)
    person.press("儲存")
    person.sees(ELSEWHERE)
    press_or_follow(person, "下一步：確認後送出")
    person.fill(code=CODE)
    person.press("確認送出")
    person.sees("待審查")


def the_officer_agrees(person: Person) -> str:
    """The unit that reviews, as the letter to it says; returns what the ministry's office is called."""
    sign_in(person, "臺北市社會局處承辦人")
    person.follow("異動審查")
    person.page.locator("tbody a").first.click()
    person.look()
    person.sees(ELSEWHERE)
    person.press("同意異動")
    person.sees("列入")
    sign_out(person)
    return "社會及家庭署"


def the_ministry_releases(person: Person, office: str) -> None:
    sign_in(person, office)
    person.follow("異動名單")
    person.follow("115 年 1 月異動名單")
    person.page.get_by_role("button", name=re.compile("^放行")).click()
    person.sees("已放行")
    sign_out(person)


def the_vendor_processes(person: Person) -> None:
    sign_in(person, "資訊系統廠商")
    person.follow("異動名單")
    person.follow("115 年 1 月異動名單")
    with person.page.expect_download() as download:
        person.page.get_by_role("link", name="PDF（列印）").click()
    assert download.value.path().read_bytes().startswith(b"%PDF-")
    person.press("勾選的都處理完成")
    person.sees("生效 1 件")
    sign_out(person)


def open_mailed_link_of_result(person: Person) -> None:
    from support.person import letter

    assert ELSEWHERE in letter(person, MAILBOX, "連線資料異動已生效")
