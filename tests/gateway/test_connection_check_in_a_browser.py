"""連線自我檢測 while somebody tries: OpenSSH's sftp on one side, both browsers on the other."""

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from django.conf import settings
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from careward.gateway.django_backend import DjangoBackend
from careward.journal import Actor
from careward.kernel import clock
from careward.kernel.clock import taipei
from careward.provisioning import system_acts
from careward.provisioning.models import SystemAccount, UploadAccount
from careward.vendors.keys import public_line
from gateway.memory_backend import PASSWORD
from gateway.running import OpenSsh, Running, policy
from support.browsing import chromium_beside_the_database, look, page_in
from support.delivering import OPEN, account, staff_csv
from support.signing_in import person, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

HASH = PasswordHasher(time_cost=1, memory_cost=8192).hash(PASSWORD)
BEFORE = taipei(2025, 12, 20, 10)
"""Accounts are made, uploads are not open yet."""
WITHIN = 20_000
"""Milliseconds in which a page that renews itself every few seconds has done so, on a busy machine too."""
VENDOR = Actor("vendor", "test")
MODE = "nursing_home_system"


@pytest.fixture(scope="module")
def browser(django_db_setup: None) -> Iterator[Browser]:
    with chromium_beside_the_database() as opened:
        yield opened


@pytest.fixture
def backend() -> Iterator[DjangoBackend]:
    made = DjangoBackend()
    yield made
    made.close()


@pytest.fixture
def gateway(backend: DjangoBackend, home: Path, own_store: Path) -> Iterator[Running]:
    with Running(backend, home, policy(max_file_bytes=100_000)) as running:
        yield running


@pytest.fixture
def of() -> UploadAccount:
    with clock.frozen(BEFORE):
        return account(networks=["127.0.0.1/32"], password_hash=HASH)


@pytest.fixture
def client(of: UploadAccount, gateway: Running, tmp_path: Path) -> OpenSsh:
    folder = tmp_path / "client"
    folder.mkdir()
    (folder / "staff-11501.csv").write_bytes(staff_csv())
    (folder / "large.csv").write_bytes(b"x" * 200_000)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / "key")], check=True)
    return OpenSsh(gateway, folder, PASSWORD, of.username)


@dataclass(frozen=True)
class Try:
    """One attempt: how it differs from the right one, and what the page then says of which step."""

    name: str
    states: tuple[str, str, str, str, str]
    says: tuple[str, ...]
    at: datetime
    options: dict[str, str] = field(default_factory=dict)
    username: str = ""
    password: str = PASSWORD
    put: str = "put staff-11501.csv /inbox/"


GOOD, BAD, NONE = "通過", "沒通過", "還沒試過"


def at(minutes: int) -> datetime:
    return OPEN + timedelta(minutes=minutes)


KEY = {"IdentityFile": "key", "PreferredAuthentications": "publickey"}
TRIES = (
    Try(
        "not-open",
        (GOOD, BAD, NONE, NONE, NONE),
        ("尚未到開放上傳的時間", "114 年 12 月 22 日", "起可以上傳"),
        BEFORE,
    ),
    Try(
        "not-listed",
        (BAD, BAD, NONE, NONE, NONE),
        ("不在這個帳號的白名單內", "這次的來源是 127.0.0.2", "127.0.0.1"),
        at(1),
        {"BindAddress": "127.0.0.2"},
    ),
    Try(
        "unknown-account",
        (GOOD, BAD, NONE, NONE, NONE),
        ("沒有這個帳號", "輸入的帳號名稱是「cw115-typo」"),
        at(2),
        username="cw115-typo",
    ),
    Try("wrong-password", (GOOD, GOOD, BAD, NONE, NONE), ("密碼不正確",), at(3), password="wrong"),
    Try("key-not-registered", (GOOD, GOOD, BAD, NONE, NONE), ("金鑰沒有登記在這個帳號",), at(4), KEY),
    Try(
        "wrong-folder",
        (GOOD, GOOD, GOOD, BAD, NONE),
        ("檔案沒有收件", "放到不存在的資料夾"),
        at(5),
        put="put staff-11501.csv /test/inbox/",
    ),
    Try(
        "too-large",
        (GOOD, GOOD, GOOD, GOOD, BAD),
        ("檔案沒有收件", "檔案太大"),
        at(6),
        put="put large.csv /inbox/",
    ),
    Try("all-well", (GOOD, GOOD, GOOD, GOOD, GOOD), ("檔案已收到",), at(7)),
)

LOOKED_AT = ("not-listed", "wrong-folder", "all-well")


def attempt(client: OpenSsh, one: Try) -> None:
    right = client.username
    client.options, client.password = dict(one.options), one.password
    if "IdentityFile" in one.options:
        client.options["IdentityFile"] = str(client.folder / one.options["IdentityFile"])
    client.username = one.username or right
    try:
        code, output = client.sftp(one.put)
        assert (code == 0) is (one.name == "all-well"), output
    finally:
        client.username = right


def opened(browser: Browser, server: LiveServer, session: str, place: str, *, scripts: bool = True) -> Page:
    context = browser.new_context(
        base_url=server.url,
        bypass_csp=scripts,
        java_script_enabled=scripts,
        viewport={"width": 1280, "height": 900},
    )
    page = page_in(context, server, session)
    page.goto(place)
    return page


def session_of(role: str, code: str = "") -> str:
    seated = {"institution_code": code} if code else {}
    return sign_in(Client(), person(role, **seated)).cookies[settings.SESSION_COOKIE_NAME].value


def shows(page: Page, one: Try) -> None:
    """Which step passed and which did not, the reason in words, and the attempt as the newest line."""
    expect(page.locator("#steps .govuk-task-list__status")).to_have_text(list(one.states), timeout=WITHIN)
    failed = page.locator("#steps li", has=page.get_by_text(BAD, exact=True))
    told = page.locator("#steps li").last if one.name == "all-well" else failed.first
    for words in one.says:
        expect(told).to_contain_text(words)
    newest = page.locator("#happened tbody tr").first
    expect(newest).to_contain_text("檔案已收件" if one.name == "all-well" else one.says[0], timeout=WITHIN)


def test_each_attempt_moves_the_check_list_by_itself_for_the_institution_and_for_the_vendor(
    browser: Browser, live_server: LiveServer, of: UploadAccount, client: OpenSsh
) -> None:
    mine = opened(
        browser, live_server, session_of("institution", of.institution.code), reverse("gateway:own")
    )
    theirs = opened(browser, live_server, session_of("vendor"), reverse("gateway:of_account", args=[of.pk]))
    expect(mine.locator("#steps .govuk-task-list__status")).to_have_text([NONE] * 5)
    expect(mine.get_by_text("這一頁開著的時候會自動更新")).to_be_visible()
    look(mine, "empty")
    for one in TRIES:
        with clock.frozen(one.at):
            attempt(client, one)
            shows(mine, one)
            shows(theirs, one)
            if one.name in LOOKED_AT:
                look(mine, one.name)
    expect(mine.locator("#happened tbody tr")).to_have_count(len(TRIES) + 3)  # three came in before it failed
    look(theirs, "vendor")
    theirs.goto(reverse("gateway:connections"))
    look(theirs, "connections")


def test_without_scripts_the_link_looks_again(
    browser: Browser, live_server: LiveServer, of: UploadAccount, client: OpenSsh
) -> None:
    session = session_of("institution", of.institution.code)
    page = opened(browser, live_server, session, reverse("gateway:own"), scripts=False)
    expect(page.get_by_text("這一頁開著的時候會自動更新")).to_be_hidden()
    for one in TRIES:
        with clock.frozen(one.at):
            attempt(client, one)
            until_shown(page, lambda one=one: shows_now(page, one))  # type: ignore[misc]


def shows_now(page: Page, one: Try) -> bool:
    found = page.locator("#steps .govuk-task-list__status").all_inner_texts()
    return [words.strip() for words in found] == list(one.states)


def until_shown(page: Page, shown: Callable[[], bool]) -> None:
    """A line nobody waits for is written a moment later: look again, as a person would."""
    for _ in range(40):
        page.get_by_role("button", name="重新檢查").click()
        page.wait_for_load_state()
        if shown():
            return
        page.wait_for_timeout(250)
    raise AssertionError(page.locator("#steps").inner_text())


def system_client(system: SystemAccount, gateway: Running, place: Path) -> OpenSsh:
    """The system's own program: by its key."""
    folder = place / "system"
    folder.mkdir()
    (folder / "staff.csv").write_bytes(staff_csv())
    key = folder / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    system_acts.register_system_key(system, VENDOR, line=public_line(key.with_suffix(".pub").read_text()))
    options = {"IdentityFile": str(key), "PreferredAuthentications": "publickey"}
    return OpenSsh(gateway, folder, "", system.username, options)


def test_what_a_system_does_its_vendor_and_the_institution_see(
    browser: Browser, live_server: LiveServer, gateway: Running, tmp_path: Path
) -> None:
    with clock.frozen(OPEN):
        mine = account("live", "1131000009", username="", networks=[], through=MODE)
        system = system_acts.open_account(
            SystemAccount(mode=MODE, username="cw-nursing-home-system", networks=["127.0.0.1/32"]),
            VENDOR,
        )
        client = system_client(system, gateway, tmp_path)
        institution = opened(
            browser, live_server, session_of("institution", "1131000009"), reverse("gateway:own")
        )
        vendor = opened(
            browser, live_server, session_of("vendor"), reverse("gateway:of_system", args=[system.pk])
        )
        look(institution, "through-empty")
        code, output = client.sftp("put staff.csv /inbox/staff-11501-1131000009.csv")
        assert code == 0, output
        assert client.sftp("put staff.csv /inbox/staff-11501-1131000018.csv")[0] != 0
        expect(institution.locator("#happened tbody")).to_contain_text("檔案已收件", timeout=WITHIN)
        expect(institution.locator("#happened tbody tr")).to_have_count(1)
        expect(vendor.locator("#happened tbody")).to_contain_text("沒有簽核通過", timeout=WITHIN)
        expect(vendor.locator("#happened tbody")).to_contain_text(mine.institution.name)
        look(institution, "through")
        look(vendor, "system")
        system_acts.suspend_system(system, VENDOR, reason="金鑰外洩")
        expect(institution.locator("#standing")).to_contain_text("金鑰外洩", timeout=WITHIN)
        assert client.sftp("ls")[0] == 255
        expect(vendor.locator("#steps")).to_contain_text("暫停使用的原因：金鑰外洩", timeout=WITHIN)
        look(institution, "through-suspended")
        vendor.goto(reverse("gateway:connections"))
        look(vendor, "connections-system")
        vendor.goto(reverse("provisioning:system", args=[MODE]))
        vendor.get_by_role("link", name="連線紀錄", exact=True).last.click()
        expect(vendor.locator("h1")).to_have_text("系統的連線")
