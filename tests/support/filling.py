"""The online form in a real browser, from the start page to the receipt, in every mode."""

import re
from dataclasses import dataclass

from playwright.sync_api import expect

from support.person import Person, letter, press_or_follow


@dataclass(frozen=True)
class Applicant:
    """An invented institution as it fills the form."""

    code: str
    name: str
    mailbox: str
    person_id: str
    county: str = "臺北市"
    type: str = "general_nursing"
    mode: str = "own"
    sources: str = "127.0.0.1"


def begin(person: Person) -> None:
    """From the start page, by the two questions, to the first page of the form."""
    person.open("/apply/")
    press_or_follow(person, "開始填寫")
    person.press("繼續")
    expect(person.page.locator(".govuk-error-summary")).to_be_visible()
    person.choose("connected", "no")
    person.press("繼續")
    person.follow("機構資料")


def institution(person: Person, who: Applicant) -> None:
    """The first page."""
    person.choose("institution_type", who.type)
    person.fill(institution_code=who.code, institution_name=who.name)
    person.page.locator("[name=county]").select_option(label=who.county)
    person.choose("ownership", "private")
    person.press("儲存並繼續")


def people(person: Person, who: Applicant) -> None:
    """Person in charge, contact, and the mailed code."""
    person.fill(person_name="林演真", person_id=who.person_id)
    person.press("儲存並繼續")
    person.fill(contact_name="陳演善", contact_phone="02-23456789#12", mailbox=who.mailbox)
    person.press("儲存並繼續")
    type_mailed_code(person, who.mailbox)


def type_mailed_code(person: Person, mailbox: str) -> None:
    """Fetch the code from the mailbox and prove that it is read."""
    place = person.page.url
    told = letter(person, mailbox, "確認代碼")
    code = re.search(r"^\s*([A-Z]{6})\s*$", told, re.MULTILINE)
    assert code is not None, told
    person.open(place)
    person.fill(code=code.group(1).lower())
    person.press("確認")


def connection(person: Person, who: Applicant) -> None:
    """Mode, vendor and addresses, as far as the mode asks for them."""
    person.choose("mode", who.mode)
    person.press("儲存並繼續")
    if who.mode == "rented":
        person.fill(vendor_name="範例資訊股份有限公司", vendor_business_id="12345678")
        person.press("儲存並繼續")
        person.sees("檢查碼不符")
        person.fill(vendor_business_id="04595257", vendor_contact="張資安", vendor_phone="02-23456789")
        person.press("儲存並繼續")
    if who.mode != "nursing_home_system":
        person.fill(sources=who.sources)
        person.press("儲存並繼續")


def send(person: Person, who: Applicant) -> str:
    """Check, declare, send; returns the reference."""
    person.sees(who.name)
    assert who.person_id not in person.page.content()
    person.page.locator("[name=notice_read]").check()
    person.page.locator("[name=declared]").check()
    person.press("送出申請")
    person.sees("申請已送出")
    return person.page.locator(".govuk-panel strong").inner_text()


def whole_form(person: Person, who: Applicant) -> str:
    """All of it; returns the reference."""
    begin(person)
    institution(person, who)
    people(person, who)
    connection(person, who)
    return send(person, who)
