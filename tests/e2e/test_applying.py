"""Applying in a real browser: every mode, too late, twice, the letter lost, corrected and taken back."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from careward.kernel.clock import taipei
from careward.kernel.identifiers import make_national_id
from support import filling
from support.applying import pdf_scan
from support.person import Person, letter, open_mailed_link, press_or_follow
from support.platform import Platform

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(900)]

BEFORE = taipei(2025, 12, 1, 9)
CLOSES = taipei(2025, 12, 8, 17)
DOCUMENTS = {
    "own": ["機構介接承諾書"],
    "rented": ["委託書", "廠商介接承諾書"],
    "nursing_home_system": ["介接意向書"],
}


@pytest.fixture
def person(browser: Browser, platform: Platform) -> Iterator[Person]:
    platform.set_clock(BEFORE)
    context = browser.new_context(
        base_url=platform.web, viewport={"width": 1280, "height": 900}, locale="zh-TW"
    )
    context.set_default_timeout(60_000)
    page: Page = context.new_page()
    problems: list[str] = []
    page.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
    yield Person(page)
    context.close()
    assert [p for p in problems if "Content Security Policy" in p] == []


def _who(number: int, mode: str = "own") -> filling.Applicant:
    return filling.Applicant(
        code=f"19900091{number:02}", name=f"曉光護理之家{number}（演練）", mailbox=f"apply{number}@home.example",
        person_id=make_national_id(5000 + number), mode=mode, sources=f"168.95.{number}.1",
    )  # fmt: skip


@pytest.mark.parametrize("mode", DOCUMENTS)
def test_a_new_applicant_of_every_mode_hands_in_exactly_its_documents(
    person: Person, mode: str, tmp_path: Path
) -> None:
    who = _who(list(DOCUMENTS).index(mode), mode)
    reference = filling.whole_form(person, who)
    open_mailed_link(person, who.mailbox, "還要上傳文件", who.code)
    person.sees(reference)
    shown = person.page.locator("section.cw-document h2").all_inner_texts()
    assert [one.split()[0] for one in shown] == DOCUMENTS[mode]
    scan = tmp_path / "scan.pdf"
    scan.write_bytes(pdf_scan())
    for _ in DOCUMENTS[mode]:
        press_or_follow(person, "上傳用印後的文件")
        person.page.locator("[name=file]").set_input_files(scan)
        person.press("上傳")
    press_or_follow(person, "完成申請")
    person.fill(code=who.code)
    person.press("確認完成")
    person.sees("待審查")


def test_what_comes_a_moment_too_late_is_told_so_and_is_no_application(
    person: Person, platform: Platform
) -> None:
    who = _who(10)
    filling.begin(person)
    filling.institution(person, who)
    filling.people(person, who)
    filling.connection(person, who)
    person.page.locator("[name=notice_read]").check()
    person.page.locator("[name=declared]").check()
    platform.set_clock(CLOSES + timedelta(seconds=1))
    person.press("送出申請")
    person.sees("這次沒有收件")
    person.sees("02-85907137")
    person.open("/apply/")
    person.sees("依規定不再受理新的申請")
    person.sees("現在還能做什麼")


def test_the_second_application_of_an_institution_is_noticed_and_the_first_mailbox_warned(
    person: Person,
) -> None:
    first, second = _who(20), _who(20)
    reference = filling.whole_form(person, first)
    person.page.context.clear_cookies()
    filling.begin(person)
    filling.institution(person, second)
    person.sees("這個機構已經有一件申請")
    assert reference not in person.page.content()
    assert first.mailbox not in person.page.content()
    person.follow("繼續填寫這份申請")
    again = filling.Applicant(**{**second.__dict__, "mailbox": "other20@home.example"})
    filling.people(person, again)
    filling.connection(person, again)
    filling.send(person, again)
    told = letter(person, first.mailbox, "再次以貴機構名義申請")
    assert reference in told
    assert again.mailbox not in told


def test_a_lost_letter_is_sent_again_and_the_older_link_is_dead(person: Person) -> None:
    who = _who(30)
    filling.whole_form(person, who)
    letter(person, who.mailbox, "還要上傳文件")
    older = person.page.locator(".cw-letter a").first.get_attribute("href")
    assert older
    person.page.context.clear_cookies()
    person.open("/application/resend/")
    person.fill(institution_code=who.code, mailbox=who.mailbox)
    person.press("寄出連結")
    person.sees("請到信箱收信")
    open_mailed_link(person, who.mailbox, "申請連結：", who.code)
    person.sees("缺件")
    person.page.context.clear_cookies()
    answer = person.page.goto(older)
    assert answer is not None
    assert answer.status == 404


def test_what_was_sent_is_corrected_withdrawn_and_taken_back(person: Person) -> None:
    who = _who(40)
    filling.whole_form(person, who)
    open_mailed_link(person, who.mailbox, "還要上傳文件", who.code)
    person.follow("更正申請資料")
    person.follow("聯絡人與電子信箱")
    person.fill(contact_phone="02-87654321")
    person.press("儲存更正")
    person.sees("02-87654321")
    press_or_follow(person, "下一步：確認後送出更正")
    person.press("確認更正")
    expect(person.page.locator(".govuk-error-summary")).to_be_visible()
    person.fill(code=who.code)
    person.press("確認更正")
    person.sees(who.name)
    for link, button in (("撤回申請", "確認撤回"), ("恢復申請", "確認恢復")):
        person.follow(link)
        person.fill(code=who.code)
        person.press(button)
    person.sees("缺件")
    for subject in ("申請資料已更正", "申請已撤回", "申請已恢復"):
        letter(person, who.mailbox, subject)
