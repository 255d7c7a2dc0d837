"""Passkeys in a real browser with a device of its own, and the pages of one's account as people see them."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from careward.accounts.models import User
from careward.correspondence.models import Letter
from support.browsing import beside, chromium, look
from support.person import Person
from support.signing_in import mailed_code, person

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


NOT_DONE = (
    "() => { navigator.credentials.create = () => Promise.reject(new DOMException('', 'NotAllowedError')) }"
)
"""As when somebody closes the device's window."""


@pytest.fixture
def clerk() -> User:
    return person("institution", "home@example.org")


@pytest.fixture
def browser(clerk: User) -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


def somebody(browser: Browser, server: LiveServer, *, device: bool = False, scripts: bool = True) -> Person:
    context = browser.new_context(
        base_url=server.url,
        viewport={"width": 1280, "height": 900},
        locale="zh-TW",
        java_script_enabled=scripts,
    )
    page = context.new_page()
    if device:
        told = context.new_cdp_session(page)
        told.send("WebAuthn.enable")
        told.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    return Person(page)


def come_in(who: Person, user: User) -> None:
    who.page.goto("/accounts/sign-in/code/")
    who.fill(email=user.email)
    who.page.get_by_role("button", name="寄送驗證碼").click()
    expect(who.page.locator("h1")).to_have_text("輸入驗證碼")
    who.fill(code=beside(lambda: mailed_code(user.email)))
    who.page.get_by_role("button", name="確認").click()
    expect(who.page.locator(".cw-masthead__account")).to_contain_text("登出")


def told_about_passkeys(user: User) -> list[str]:
    return sorted(
        Letter.objects.about(user).filter(kind__startswith="passkey").values_list("kind", flat=True)
    )


def test_a_passkey_is_made_signs_in_and_is_removed(
    browser: Browser, live_server: LiveServer, clerk: User
) -> None:
    who = somebody(browser, live_server, device=True)
    page = who.page
    come_in(who, clerk)
    page.goto("/accounts/")
    page.locator("a[href='/accounts/passkeys/']").click()
    look(page, "passkeys-none")
    page.get_by_role("button", name="新增通行金鑰").click()
    look(page, "passkey-new")
    who.fill(name="櫃檯電腦")
    page.get_by_role("button", name="新增").click()
    expect(page.get_by_role("row", name=re.compile("櫃檯電腦"))).to_contain_text("還沒用過")
    look(page, "passkeys")
    page.get_by_role("button", name="登出").click()
    page.goto("/accounts/sign-in/?next=/accounts/passkeys/")
    look(page, "sign-in")
    page.get_by_role("button", name="用通行金鑰登入").click()
    expect(page.locator("h1")).to_have_text("通行金鑰")
    expect(page.get_by_role("row", name=re.compile("櫃檯電腦"))).not_to_contain_text("還沒用過")
    page.get_by_role("link", name=re.compile("改名或移除")).click()
    look(page, "passkey")
    page.get_by_role("button", name="移除這把通行金鑰").click()
    who.sees("還沒有通行金鑰")
    page.get_by_role("button", name="登出").click()
    page.goto("/accounts/sign-in/code/")
    page.get_by_role("button", name="用通行金鑰登入").click()
    expect(page.get_by_role("alert").first).to_contain_text("沒有通過驗證")
    look(page, "sign-in-refused")
    assert beside(lambda: told_about_passkeys(clerk)) == ["passkey_added", "passkey_removed"]


def test_without_a_device_or_a_script_the_pages_say_what_to_do(
    browser: Browser, live_server: LiveServer, clerk: User
) -> None:
    who = somebody(browser, live_server)
    come_in(who, clerk)
    who.page.goto("/accounts/passkeys/new/")
    who.page.evaluate(NOT_DONE)
    who.page.get_by_role("button", name="新增").click()
    expect(who.page.locator("main [role=status]")).to_contain_text("沒有完成，什麼都沒有改變")
    look(who.page, "passkey-new-not-done")
    plain = somebody(browser, live_server, scripts=False)
    come_in(plain, clerk)
    plain.page.goto("/accounts/passkeys/new/")
    plain.sees("需要瀏覽器的 JavaScript")
    expect(plain.page.get_by_role("button", name="新增")).to_be_hidden()
    plain.page.goto("/accounts/sign-in/")


def test_a_session_is_ended_from_another_browser(
    browser: Browser, live_server: LiveServer, clerk: User
) -> None:
    office, phone = somebody(browser, live_server), somebody(browser, live_server)
    come_in(office, clerk)
    come_in(phone, clerk)
    phone.page.goto("/accounts/sessions/")
    phone.sees("共 2 個")
    look(phone.page, "sessions")
    phone.page.get_by_role("button", name=re.compile("登出.*Chrome")).click()
    phone.sees("已登出那個裝置")
    phone.sees("沒有在其他裝置登入")
    look(phone.page, "sessions-one")
    office.page.goto("/accounts/")
    expect(office.page.locator("h1")).to_have_text("登入")
