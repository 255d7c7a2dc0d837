"""The mailbox for undeliverable mail, read over IMAP and TLS from a real server."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from careward.correspondence.models import Letter
from careward.ops.bounces import run
from support.bouncing import dsn, state
from support.dovecot import Dovecot, dovecot
from support.platform import free_port

pytestmark = pytest.mark.django_db

FOREIGN = (
    b"From: somebody@example.org\nTo: bounce@careward.example\nSubject: hello\n\nIs this read by anyone?\n"
)
BROKEN = b"Content-Type: multipart/report; boundary=\n\n\xff\xfe\x00--\n"


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    with TemporaryDirectory(prefix="careward-imap-", dir="/tmp") as folder, dovecot(Path(folder)) as running:
        yield running


@pytest.fixture
def box(server: Dovecot, monkeypatch: pytest.MonkeyPatch) -> Dovecot:
    for name, value in server.environment().items():
        monkeypatch.setenv(name, value)
    for file in (server.folder / "box").glob("[cn]*/*"):
        file.unlink()
    return server


def read() -> int:
    return run(maildir=None, mbox=None, imap=True)


def test_a_new_notification_marks_its_letter_and_is_seen_and_a_second_run_does_nothing(
    sent: Letter, box: Dovecot, capsys: pytest.CaptureFixture[str]
) -> None:
    box.deliver(dsn(sent.pk))
    assert read() == 0
    assert state(sent) == ("bounced", "5.1.1")
    assert capsys.readouterr().out == "mail bounces: 1 mails read, 1 letters bounced\n"
    assert box.flags() == ["S"]
    assert read() == 0
    assert capsys.readouterr().out == "mail bounces: 0 mails read, 0 letters bounced\n"


def test_a_strangers_mail_and_a_broken_one_stay_unread_are_told_once_and_stop_nobody(
    sent: Letter, box: Dovecot, capsys: pytest.CaptureFixture[str]
) -> None:
    for raw in (BROKEN, FOREIGN, dsn(), dsn(sent.pk)):
        box.deliver(raw)
    assert read() == 0
    said = "4 mails read, 1 letters bounced, 3 not about our letters: left for a person"
    assert said in capsys.readouterr().out
    assert box.flags() == ["F", "F", "F", "S"]
    assert state(sent) == ("bounced", "5.1.1")
    assert read() == 0
    assert "0 mails read" in capsys.readouterr().out


def test_a_delay_is_ours_and_marks_no_letter(sent: Letter, box: Dovecot) -> None:
    box.deliver(dsn(sent.pk, action="delayed", status="4.4.1"))
    assert read() == 0
    assert (state(sent), box.flags()) == (("sent", ""), ["S"])


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"CAREWARD_IMAP_PASSWORD": "wrong"}, "AUTHENTICATIONFAILED"),
        ({"SSL_CERT_FILE": "/dev/null"}, "CERTIFICATE_VERIFY_FAILED"),
        ({"CAREWARD_IMAP_HOST": "127.0.0.1"}, "IP address mismatch"),
    ],
)
def test_a_server_that_refuses_or_cannot_show_whose_it_is_is_told_and_nothing_is_read(
    sent: Letter, box: Dovecot, changed: dict[str, str], said: str,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    box.deliver(dsn(sent.pk))
    for name, value in changed.items():
        monkeypatch.setenv(name, value)
    assert read() == 2
    assert said in capsys.readouterr().err
    assert (state(sent)[0], box.flags()) == ("sent", [""])


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PORT", "away", "Connection refused"),
        ("PORT", "imaps", "CAREWARD_IMAP_PORT must be a number"),
        ("USER", "", "CAREWARD_IMAP_USER must be set"),
    ],
)
def test_a_server_that_is_away_and_what_is_not_set_are_told_with_an_exit_code(
    name: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    value = str(free_port()) if value == "away" else value
    known = {"HOST": "127.0.0.1", "USER": "bounce", "PASSWORD": "x", name: value}
    for key, one in known.items():
        monkeypatch.setenv(f"CAREWARD_IMAP_{key}", one)
    assert read() == 2
    assert said in capsys.readouterr().err
