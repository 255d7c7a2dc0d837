"""Last season's institutions in a real browser: they agree and take it back, change something, change the mailbox."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from careward.kernel.identifiers import make_national_id
from support.person import Person, letter, open_mailed_link, press_or_follow, sign_in, sign_out
from support.platform import Platform

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(900)]

INVITATION = "請在 .* 前確認是否延續申請"
AGREES = ("1990000147", "office21@home.example")
CHANGES = ("1990000203", "office29@home.example")
MOVES = ("1990000224", "office32@home.example")
"""Of the demo's institutions, those that have not answered."""


@pytest.fixture
def someone(browser: Browser, platform: Platform) -> Iterator[Person]:
    context = browser.new_context(base_url=platform.web, viewport={"width": 1280, "height": 900})
    context.set_default_timeout(30_000)
    page: Page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    yield Person(page)
    context.close()
    assert problems == []


def opened(person: Person, who: tuple[str, str]) -> None:
    code, mailbox = who
    open_mailed_link(person, mailbox, INVITATION, code)
    person.sees("尚未完成")


def test_consent_is_given_by_the_typed_code_receipted_and_taken_back(someone: Person) -> None:
    code, mailbox = AGREES
    opened(someone, AGREES)
    press_or_follow(someone, "同意沿用")
    someone.press("確認同意")
    someone.sees("請輸入機構代碼")
    someone.fill(code=code)
    someone.press("確認同意")
    someone.sees("已收到同意")
    someone.follow("列印同意紀錄")
    someone.sees("內容指紋")
    assert "取消" in letter(someone, mailbox, "已收到同意")
    someone.open("/continuing/take-back/")
    someone.fill(code=code)
    someone.press("確認取消同意")
    someone.sees("尚未完成")
    assert "視同" in letter(someone, mailbox, "已取消同意")


def test_a_change_asks_for_what_changes_only_and_is_shown_old_beside_new(someone: Person) -> None:
    opened(someone, CHANGES)
    press_or_follow(someone, "填寫異動")
    someone.press("開始填寫")
    someone.sees("確認後送出")
    someone.page.get_by_role("link", name=re.compile(r"變更\s*負責人姓名")).first.click()
    someone.fill(person_name="錢演新")
    someone.press("儲存並繼續")
    someone.sees("確認後送出")
    for box in ("notice_read", "declared"):
        someone.page.locator(f"[name={box}]").check()
    someone.press("送出申請")
    someone.open("/continuing/")
    someone.sees("已送出異動")
    someone.sees("錢演新")
    someone.press("看申請進度與文件")
    someone.sees("缺件")
    sign_out(someone)
    sign_in(someone, "資訊系統廠商")
    someone.open("/participants/?shown=changed")
    someone.sees(CHANGES[0])


def test_a_new_mailbox_leads_into_the_new_applicants_filled_form(someone: Person) -> None:
    opened(someone, MOVES)
    someone.follow("更換電子信箱")
    someone.press("開始填寫")
    someone.fill(mailbox="new.office@home.example")
    someone.press("儲存並繼續")
    someone.open("/apply/person/")
    assert someone.page.locator("[name=person_name]").input_value() != ""
    someone.fill(person_id=make_national_id(912))
    someone.press("儲存並繼續")
    assert "代碼" in letter(someone, "new.office@home.example", "電子信箱確認代碼")
