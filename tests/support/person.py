"""Somebody in front of a real browser and the running platform, and what such a person does again and again."""

import re

from playwright.sync_api import Locator, Page, expect

from support.browsing import assert_accessible, assert_no_sideways_scrolling
from support.waiting import until


class Person:
    """Somebody in front of the browser; every page that comes up is checked."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def look(self) -> None:
        assert_accessible(self.page)
        assert_no_sideways_scrolling(self.page)

    def open(self, address: str) -> None:
        self.page.goto(address)
        self.look()

    def press(self, label: str) -> None:
        self.page.get_by_role("button", name=label, exact=True).first.click()
        self.page.wait_for_load_state()
        self.look()

    def follow(self, label: str) -> None:
        self.page.get_by_role("link", name=label).first.click()
        self.page.wait_for_load_state()
        self.look()

    def fill(self, **answers: str) -> None:
        for name, value in answers.items():
            self.page.locator(f"[name={name}]").fill(value)

    def choose(self, name: str, value: str) -> None:
        self.page.locator(f"[name={name}][value={value}]").check()

    def sees(self, words: str) -> None:
        expect(self.page.locator("main")).to_contain_text(words)


def letter(person: Person, mailbox: str, subject: str) -> str:
    """Wait for a letter in the demo's mailbox, open it and return its text."""
    link = person.page.get_by_role("link", name=re.compile(subject)).first

    def has_come() -> bool:
        person.page.goto(f"/demo/mailbox/?q={mailbox}")
        return link.count() > 0

    until(has_come, 40, f"a letter about {subject!r} to {mailbox}")
    link.click()
    person.look()
    return person.page.locator("main").inner_text()


def sign_in(person: Person, title: str) -> None:
    """Sign in as a member of staff with what the demo shows on the page."""
    person.open("/accounts/sign-in/")
    person.page.goto("/demo/")
    row = person.page.get_by_role("row", name=re.compile(title)).first
    email = row.locator("td").nth(0).inner_text().strip()
    password = person.page.get_by_text("密碼都是").locator(".cw-code").inner_text()
    person.page.goto("/accounts/sign-in/")
    person.fill(login=email, password=password)
    person.press("登入")
    other = person.page.context.new_page()
    other.goto("/demo/")
    code = other.get_by_role("row", name=re.compile(title)).first.locator("td").nth(1).inner_text().strip()
    other.close()
    person.fill(code=code)
    person.press("登入")


def sign_out(person: Person) -> None:
    person.page.context.clear_cookies()


def link_or_button(person: Person, label: str) -> Locator:
    """GOV.UK's start buttons are links that look like buttons and say so."""
    page = person.page
    return page.get_by_role("button", name=label).or_(page.get_by_role("link", name=label)).first


def press_or_follow(person: Person, label: str) -> None:
    link_or_button(person, label).click()
    person.page.wait_for_load_state()
    person.look()


def open_mailed_link(person: Person, mailbox: str, subject: str, code: str) -> None:
    letter(person, mailbox, subject)
    person.page.locator(".cw-letter a").first.click()
    person.look()
    person.fill(code=code)
    person.press("開啟")
