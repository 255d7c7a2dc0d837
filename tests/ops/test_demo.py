"""The demo's clock, mailbox and pages, which exist in demo mode and nowhere else."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import pytest
from django.core.mail import EmailMessage
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from careward.kernel.clock import frozen, taipei
from careward.ops import mailbox, views
from careward.ops.demo import clock as demo_clock

NOON = taipei(2025, 12, 1, 12)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: Settings) -> Path:
    """A home of its own for clock and mails."""
    settings.HOME = tmp_path
    return tmp_path


@pytest.fixture
def demo(settings: Settings, client: Client) -> Client:
    """A visitor of a platform in demo mode."""
    settings.DEMO = True
    return client


def _send(number: int, to: str = "office@home.example", **facts: object) -> EmailMessage:
    headers = {"Message-ID": f"<letter-{number:03}@127.0.0.1>"}
    mail = EmailMessage(
        **{"subject": f"第 {number} 封", "body": f"內文 {number}", "to": [to], "headers": headers, **facts}
    )
    with frozen(NOON + timedelta(minutes=number)):
        assert mailbox.FolderBackend().send_messages([mail]) == 1
    return mail


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("get", "/demo/"),
        ("get", "/demo/mailbox/"),
        ("get", "/demo/mailbox/letter-001/"),
        ("post", "/demo/clock/"),
    ],
)
def test_outside_of_demo_mode_none_of_its_pages_is_there(client: Client, method: str, address: str) -> None:
    _send(1)
    answer = getattr(client, method)(address, {"at": NOON.isoformat()})
    assert answer.status_code == 404
    assert not (mailbox.folder().parent / "demo").exists()
    home_page = client.get("/").content.decode()
    assert "演練" not in home_page
    assert "/demo/" not in home_page


@pytest.mark.django_db
def test_in_demo_mode_its_pages_are_there(demo: Client) -> None:
    _send(1)
    for address in ("/demo/", "/demo/mailbox/", "/demo/mailbox/letter-001/"):
        assert demo.get(address).status_code == 200, address


def test_the_clock_starts_at_the_beginning_and_runs_on(home: Path) -> None:
    first = demo_clock.source()
    assert timedelta(0) <= first - demo_clock.BEGINNING < timedelta(seconds=30)
    assert (home / "demo" / "clock.json").is_file()
    assert demo_clock.source() > first


@given(moment=st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2030, 1, 1)))
def test_the_clock_goes_where_it_is_put(moment: datetime) -> None:
    wanted = moment.replace(tzinfo=UTC)
    demo_clock.set_to(wanted)
    shown = demo_clock.source()
    assert timedelta(0) <= shown - wanted < timedelta(seconds=30)
    assert shown.utcoffset() == timedelta(hours=8)


def test_every_process_follows_at_once_however_quickly_the_clock_is_moved_again(home: Path) -> None:
    for number in range(300):
        wanted = NOON + timedelta(days=number % 7, hours=number)
        demo_clock.write(home, wanted)
        assert timedelta(0) <= demo_clock.source() - wanted < timedelta(seconds=30), number
    assert [file.name for file in (home / "demo").iterdir()] == ["clock.json"]
    assert set(json.loads((home / "demo" / "clock.json").read_text())) == {"ahead_seconds"}


@pytest.mark.django_db
def test_moving_the_clock_leads_back_to_where_one_was(demo: Client) -> None:
    answer = demo.post("/demo/clock/", {"at": NOON.isoformat(), "back": "/review/?shown=signed"})
    assert answer.headers["Location"] == "/review/?shown=signed"
    assert demo_clock.source() - NOON < timedelta(seconds=30)


@pytest.mark.django_db
@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "javascript:alert(1)", ""])
def test_nobody_is_led_away(demo: Client, back: str) -> None:
    answer = demo.post("/demo/clock/", {"at": NOON.isoformat(), "back": back})
    assert answer.headers["Location"] == "/demo/"


@pytest.mark.django_db
@pytest.mark.parametrize("at", ["", "soon", "2025-12-01T09:00:00", "2025-13-01T09:00:00+08:00"])
def test_a_moment_that_is_none_moves_nothing(demo: Client, home: Path, at: str) -> None:
    assert demo.post("/demo/clock/", {"at": at}).status_code == 404
    assert not (home / "demo").exists()
    assert demo.get("/demo/clock/").status_code == 405


@pytest.mark.django_db
def test_the_jumps_are_the_seasons_moments_in_order_with_a_minute_before_each_deadline() -> None:
    with frozen(NOON):
        jumps = views.jumps()
    at = [jump["at"] for jump in jumps]
    assert at == sorted(at)  # type: ignore[type-var]
    for moment in (
        demo_clock.BEGINNING,
        taipei(2025, 12, 8, 16, 59),
        taipei(2025, 12, 8, 17),
        taipei(2025, 12, 22),
        taipei(2026, 5, 1),
    ):
        assert moment in at
    assert taipei(2025, 12, 21, 23, 59) not in at
    assert all(jump["label"] for jump in jumps)


def test_a_letter_is_one_file_however_often_it_is_sent(home: Path) -> None:
    for _ in range(3):
        _send(1)
    _send(2)
    assert sorted(file.name for file in (home / "mail").iterdir()) == ["letter-001.eml", "letter-002.eml"]
    assert mailbox.count() == 2


def test_a_letter_comes_back_as_it_was_sent(home: Path) -> None:
    _send(
        1,
        to="機構 <office@home.example>",
        cc=["health@county.example"],
        body="第一行\n\n連結 https://a.tw/l/x/\n",
    )
    (mail,) = mailbox.all_mails()
    assert mailbox.mail("letter-001") == mail
    assert (mail.id, mail.subject, mail.cc) == ("letter-001", "第 1 封", "health@county.example")
    assert "office@home.example" in mail.to
    assert mail.body == "第一行\n\n連結 https://a.tw/l/x/\n"
    assert mail.at == NOON + timedelta(minutes=1)
    assert mailbox.mail("letter-002") is None
    assert mailbox.mail("../letter-001") is None


def test_the_newest_letter_comes_first_and_unfinished_files_are_none(home: Path) -> None:
    assert mailbox.all_mails() == []
    assert mailbox.count() == 0
    for number in (2, 3, 1):
        _send(number)
    (home / "mail" / ".letter-004.77").write_bytes(b"half")
    assert [mail.id for mail in mailbox.all_mails()] == ["letter-003", "letter-002", "letter-001"]


@pytest.fixture
def shown(demo: Client) -> Callable[[str], list[int]]:
    """Numbers of the letters the mailbox page shows for a search."""

    def search(wanted: str) -> list[int]:
        page = demo.get("/demo/mailbox/", {"q": wanted}).content.decode()
        return [n for n in range(1, 60) if f"/demo/mailbox/letter-{n:03}/" in page]

    return search


@pytest.mark.django_db
def test_the_mailbox_is_searched_by_mailbox_copy_and_subject(shown: Callable[[str], list[int]]) -> None:
    _send(1)
    _send(2, to="other@home.example")
    _send(3, cc=["office@home.example"], to="third@home.example")
    _send(4, subject="請取得上傳密碼：office", to="fourth@home.example")
    assert shown("office@home.example") == [1, 3]
    assert shown(" other@home.example ") == [2]
    assert shown("上傳密碼") == [4]
    assert shown("nobody") == []
    assert shown("") == [1, 2, 3, 4]
    assert shown("內文") == []


@pytest.mark.django_db
def test_many_letters_come_in_pages(demo: Client, shown: Callable[[str], list[int]]) -> None:
    for number in range(1, 36):
        _send(number)
    assert shown("") == list(range(6, 36))
    second = demo.get("/demo/mailbox/?page=2").content.decode()
    assert second.count("/demo/mailbox/letter-") == 5


@pytest.mark.django_db
def test_a_letters_links_live_and_nothing_else_in_it_does(demo: Client) -> None:
    _send(1, body='<script>alert(1)</script> https://a.tw/l/x/"onclick="y <b>\nhttps://b.tw/?a=1&b=2')
    page = demo.get("/demo/mailbox/letter-001/").content.decode()
    letter = page.partition('<div class="cw-letter">')[2].partition("</div>")[0]
    assert "<script" not in letter
    assert "<b>" not in letter
    assert 'onclick="y' not in letter
    assert 'href="https://b.tw/?a=1&amp;b=2"' in letter
    assert "https://b.tw/?a=1&b=2" in unescape(letter)
    assert demo.get("/demo/mailbox/letter-009/").status_code == 404
