"""One institution from the online form to its receipt: a real browser, a real sftp, the platform as people start it."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from careward.checking import sample_forms, samples
from careward.kernel.clock import taipei
from careward.kernel.identifiers import make_national_id
from careward.kernel.roc import RocMonth
from careward.rulebook import current
from support import filling, sftp
from support.person import (
    Person,
    letter,
    link_or_button,
    open_mailed_link,
    press_or_follow,
    sign_in,
    sign_out,
)
from support.platform import Platform
from support.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

CODE = "1990009001"
NAME = "晨光護理之家（演練）"
MAILBOX = "office@chenguang.example"
COUNTY = "臺北市"
WHO = filling.Applicant(CODE, NAME, MAILBOX, make_national_id(4711), COUNTY)


@pytest.fixture
def page(browser: Browser, platform: Platform) -> Iterator[Page]:
    context = browser.new_context(
        base_url=platform.web, viewport={"width": 1280, "height": 900}, locale="zh-TW"
    )
    context.set_default_timeout(30_000)
    opened = context.new_page()
    problems: list[str] = []
    opened.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
    opened.on("pageerror", lambda error: problems.append(str(error)))
    yield opened
    context.close()
    assert [p for p in problems if "Content Security Policy" in p or "Error" in p] == []


def test_an_institution_goes_all_the_way_from_the_form_to_the_receipt(
    platform: Platform, page: Page, tmp_path: Path
) -> None:
    person = Person(page)
    the_home_page_says_where_the_season_stands(person)
    reference = the_form_is_filled_in_and_sent(person)
    the_document_is_printed_signed_and_uploaded(person, reference, tmp_path)
    the_officer_signs_off(person)
    username = the_vendor_creates_the_account(person, platform)
    password = the_password_is_shown_once(person)
    client = sftp.Client(
        tmp_path, platform.sftp_port, username, password,
        sftp.known_hosts(tmp_path / "known_hosts", platform.sftp_port, platform.home),
    )  # fmt: skip
    before_the_moment_nobody_gets_in(client)
    platform.set_clock(taipei(2025, 12, 22, 9))
    others_are_refused(client)
    a_good_file_is_accepted(person, client, tmp_path)
    a_faulty_file_is_answered_line_by_line(person, client, tmp_path)
    the_institution_reads_its_receipts(person)
    a_continuing_institution_delivers_live(person, platform, tmp_path)


def the_home_page_says_where_the_season_stands(person: Person) -> None:
    person.open("/")
    person.sees("115 年度系統介接申請")
    for moment in (
        "12 月 8 日 17:00",
        "12 月 12 日 17:00",
        "12 月 19 日",
        "12 月 22 日",
        "115 年 4 月 30 日",
    ):
        person.sees(moment)
    assert person.page.locator("html").get_attribute("lang") == "zh-Hant-TW"
    person.follow("介接規格")
    person.sees("institution_month")
    person.open("/")


def the_form_is_filled_in_and_sent(person: Person) -> str:
    filling.begin(person)
    person.press("儲存並繼續")
    summary = person.page.locator(".govuk-error-summary")
    expect(summary).to_be_visible()
    summary.get_by_role("link").nth(1).click()
    assert person.page.evaluate("document.activeElement.name") == "institution_code"
    filling.institution(person, WHO)
    person.fill(person_name="林演真", person_id="A123456780")
    person.press("儲存並繼續")
    expect(person.page.locator(".govuk-error-summary")).to_be_visible()
    filling.people(person, WHO)
    filling.connection(person, WHO)
    return filling.send(person, WHO)


def the_document_is_printed_signed_and_uploaded(person: Person, reference: str, folder: Path) -> None:
    open_mailed_link(person, MAILBOX, "還要上傳文件", CODE)
    person.sees("缺件")
    person.sees(reference)
    with person.page.expect_download() as download:
        link_or_button(person, "下載填好的文件").click()
    sheet = folder / "承諾書.pdf"
    download.value.save_as(sheet)
    assert sheet.read_bytes().startswith(b"%PDF-")
    press_or_follow(person, "上傳用印後的文件")
    person.page.locator("[name=file]").set_input_files(sheet)
    person.press("上傳")
    press_or_follow(person, "完成申請")
    person.fill(code=CODE)
    person.press("確認完成")
    person.sees("待審查")


def the_officer_signs_off(person: Person) -> None:
    sign_in(person, f"{COUNTY}衛生局承辦人")
    person.open("/review/")
    person.follow(NAME)
    picture = person.page.locator(".cw-paper img").first

    def is_drawn() -> bool:
        person.page.reload()
        return picture.count() > 0

    until(is_drawn, 60, "the picture of the document's first page")
    assert picture.evaluate("image => image.complete && image.naturalWidth") > 400
    assert make_national_id(4711) not in person.page.content()
    person.press("檢視完整號碼")
    person.sees(make_national_id(4711))
    person.press("簽核通過")
    expect(person.page.locator(".govuk-error-summary")).to_contain_text("還有")
    for box in person.page.locator("[name=ticked]").all():
        box.check()
    person.press("簽核通過")
    person.sees(f"{NAME} 已簽核通過")
    sign_out(person)


def the_vendor_creates_the_account(person: Person, platform: Platform) -> str:
    sign_in(person, "資訊系統廠商")
    person.open("/provisioning/")
    person.follow(NAME)
    username = person.page.locator("[name=username]").input_value()
    assert "127.0.0.1" in person.page.locator("[name=sources]").input_value()
    person.press("建立帳號並寄信")
    person.sees("帳號已建立")
    sign_out(person)
    told = letter(person, MAILBOX, "上傳帳號已建立")
    assert username in told
    assert "health.63000@county.example" in told
    printed = platform.command("gateway", "fingerprints").stdout.split()
    for fingerprint in (word for word in printed if word.startswith("SHA256:")):
        assert fingerprint in told
    return username


def the_password_is_shown_once(person: Person) -> str:
    letter(person, MAILBOX, "請取得上傳密碼")
    expect(person.page.get_by_text("副本")).to_have_count(0)
    person.page.locator(".cw-letter a").first.click()
    person.fill(code=CODE)
    person.press("開啟")
    person.press("產生並顯示密碼")
    password = person.page.locator(".cw-secret code").inner_text()
    assert len(password) >= 20
    person.page.reload()
    person.page.goto("/account/secret/")
    assert password not in person.page.content()
    person.sees("只能顯示一次")
    return password


def before_the_moment_nobody_gets_in(client: sftp.Client) -> None:
    assert client.sftp("ls").returncode != 0


def others_are_refused(client: sftp.Client) -> None:
    elsewhere = sftp.Client(**{**client.__dict__, "source": "127.0.0.2"})
    assert elsewhere.sftp("ls").returncode != 0
    mistaken = sftp.Client(**{**client.__dict__, "password": "not-the-password"})
    assert mistaken.sftp("ls").returncode != 0
    assert client.sftp("ls").returncode == 0
    assert client.ssh("id").returncode != 0
    assert "uid=" not in client.ssh("id").stdout
    assert client.ssh().returncode != 0
    assert client.ssh("-oExitOnForwardFailure=yes", "-N", "-R", "0:127.0.0.1:22").returncode != 0


def staff_file(folder: Path, code: str, month: str, *, faulty: bool) -> Path:
    """A file of invented staff, as the institution's own system would write it."""
    spec = current().interchange("1.0")
    dataset = spec.dataset("staff")
    asked = {"institution_code": code, "period": RocMonth.parse(month), "n": 12, "seed": 7}
    if faulty:
        records = samples.faulty_rows(spec, dataset, **asked).records
    else:
        records = samples.good_rows(spec, dataset, **asked)
    file = folder / f"staff-{month}.csv"
    file.write_bytes(sample_forms.as_csv(dataset, records))
    return file


def put_and_await_receipt(client: sftp.Client, file: Path, lane: str, folder: Path) -> tuple[str, str]:
    """Upload, wait for the new receipt under ``/receipts`` and fetch it; returns its name and text."""
    base = "/test" if lane == "test" else ""
    before = set(client.sftp(f"ls -1 {base}/receipts").stdout.split())
    sent = client.sftp(f"put {file} {base}/inbox/{file.name}")
    assert sent.returncode == 0, sent.stderr
    fresh: list[str] = []

    def has_come() -> bool:
        listed = client.sftp(f"ls -1 {base}/receipts").stdout.split()
        fresh[:] = [name for name in listed if name not in before and name.endswith(".txt")]
        return bool(fresh)

    until(has_come, 60, "a receipt over SFTP")
    place = folder / Path(fresh[0]).name
    remote = fresh[0] if fresh[0].startswith("/") else f"{base}/receipts/{fresh[0]}"
    assert client.sftp(f"get {remote} {place}").returncode == 0
    return place.name, place.read_text(encoding="utf-8")


def a_good_file_is_accepted(person: Person, client: sftp.Client, folder: Path) -> None:
    file = staff_file(folder, CODE, "11412", faulty=False)
    name, receipt = put_and_await_receipt(client, file, "test", folder)
    assert "結果：已收下" in receipt or "結果：通過" in receipt, receipt[:300]
    told = letter(person, MAILBOX, "測試檔案通過檢核")
    assert re.search(r"\d{10}", name).group() in told  # type: ignore[union-attr]


def a_faulty_file_is_answered_line_by_line(person: Person, client: sftp.Client, folder: Path) -> None:
    file = staff_file(folder, CODE, "11412", faulty=True)
    _, receipt = put_and_await_receipt(client, file, "test", folder)
    assert "未收下" in receipt
    assert re.search(r"第 \d+ 列", receipt)
    letter(person, MAILBOX, "測試檔案未通過檢核")


def the_institution_reads_its_receipts(person: Person) -> None:
    person.open("/")
    person.follow("機構登入")
    person.fill(email=MAILBOX)
    person.press("寄送驗證碼")
    code_page = person.page.url
    told = letter(person, MAILBOX, "驗證碼")
    code = re.search(r"^\s*([A-Z0-9]{3,4}-?[A-Z0-9]{3,4})\s*$", told, re.MULTILINE)
    assert code is not None, told
    person.page.goto(code_page)
    person.fill(code=code.group(1))
    person.press("確認")
    person.open("/my/")
    person.sees("已收下")
    person.page.get_by_role("row", name=re.compile("未通過")).get_by_role("link").first.click()
    person.look()
    person.sees("修正：")
    sign_out(person)


def a_continuing_institution_delivers_live(person: Person, platform: Platform, folder: Path) -> None:
    person.open("/demo/")
    lists = person.page.locator(".govuk-summary-list").first
    codes = [code.inner_text() for code in lists.locator("code").all()]
    username, password = codes[0], codes[1]
    place = folder / "live"
    place.mkdir()
    client = sftp.Client(place, platform.sftp_port, username, password, folder / "known_hosts")
    code = username.rsplit("-", 1)[1]
    _, receipt = put_and_await_receipt(client, staff_file(place, code, "11501", faulty=False), "live", place)
    assert "結果：已收下" in receipt or "結果：通過" in receipt, receipt[:300]


def test_sftp_is_the_machines_own_openssh() -> None:
    place = shutil.which("sftp")
    assert place is not None
    said = subprocess.run(["ssh", "-V"], capture_output=True, text=True, check=True).stderr
    assert said.startswith("OpenSSH")
