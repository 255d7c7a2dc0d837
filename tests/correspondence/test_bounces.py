"""Bounces: read from any mail, matched by what only we and the receiver know, noted once."""

import mailbox
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from anymail.signals import AnymailTrackingEvent, tracking
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from careward.correspondence import bounces
from careward.correspondence.bounces import Returned, read
from careward.correspondence.models import Letter
from careward.journal import Actor
from careward.ops.bounces import run
from support.bouncing import LETTER, dsn, state

BOX = Actor.system("bounce mailbox")


@pytest.mark.parametrize("verp", [True, False])
@pytest.mark.parametrize(("round_", "number"), [("", 0), (".3", 3)])
def test_a_failure_is_read_with_letter_round_mailbox_and_code(verp: bool, round_: str, number: int) -> None:
    found = read(dsn(verp=verp, round_=round_))
    assert found == [Returned(LETTER, number, "office@example.org", "5.1.1")]


@pytest.mark.parametrize(
    ("action", "status"), [("delayed", "4.4.1"), ("delivered", "2.0.0"), ("failed", "4.2.2")]
)
def test_delays_and_deliveries_are_no_bounces(action: str, status: str) -> None:
    assert read(dsn(action=action, status=status)) == []


def test_an_answer_on_holiday_is_no_bounce() -> None:
    mail = EmailMessage()
    mail["To"] = f"bounces+{LETTER}@careward.example"
    mail["Subject"] = "out of office"
    mail.set_content("back on Monday")
    assert read(mail.as_bytes()) == []


@given(st.binary(max_size=2000))
def test_any_bytes_are_read_without_a_fault(raw: bytes) -> None:
    assert read(raw) == []


@given(st.data())
def test_a_notification_cut_or_garbled_anywhere_is_read_without_a_fault(data: st.DataObject) -> None:
    whole = dsn()
    at = data.draw(st.integers(0, len(whole)))
    junk = data.draw(st.binary(max_size=60))
    for found in read(whole[:at] + junk + whole[at + len(junk) :]):
        assert isinstance(found.letter, UUID)


@given(st.uuids(), st.emails(), st.from_regex(r"5\.[0-9]{1,3}\.[0-9]{1,3}", fullmatch=True))
def test_what_is_written_is_read_back(letter: UUID, recipient: str, code: str) -> None:
    (found,) = read(dsn(letter, recipient, code))
    assert (found.letter, found.recipient, found.code) == (letter, recipient, code)


def test_a_bounce_marks_its_letter_once(sent: Letter) -> None:
    assert bounces.note(read(dsn(sent.pk)), BOX) == 1
    assert state(sent) == ("bounced", "5.1.1")
    assert bounces.note(read(dsn(sent.pk)), BOX) == 0


def test_a_mailbox_it_was_not_sent_to_another_round_and_an_unknown_letter_change_nothing(
    sent: Letter,
) -> None:
    for raw in (dsn(sent.pk, "stranger@example.org"), dsn(sent.pk, round_=".1"), dsn()):
        assert bounces.note(read(raw), BOX) == 0
    assert state(sent) == ("sent", "")


def test_the_command_reads_a_maildir_once_and_an_mbox_as_often_as_asked(
    sent: Letter, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    box = mailbox.Maildir(tmp_path / "box", create=True)
    box.add(dsn(sent.pk))
    assert run(maildir=tmp_path / "box", mbox=None, imap=False) == 0
    assert state(sent)[0] == "bounced"
    assert "1 mails read, 1 letters bounced" in capsys.readouterr().out
    assert run(maildir=tmp_path / "box", mbox=None, imap=False) == 0
    assert "0 mails read" in capsys.readouterr().out
    file = mailbox.mbox(tmp_path / "mbox", create=True)
    file.add(dsn(sent.pk))
    file.close()
    assert run(maildir=None, mbox=tmp_path / "mbox", imap=False) == 0
    assert "1 mails read, 0 letters" in capsys.readouterr().out


def test_a_box_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert run(maildir=tmp_path / "no", mbox=None, imap=False) == 2
    assert run(maildir=None, mbox=None, imap=False) == 2


def test_the_providers_notification_marks_the_letter(sent: Letter) -> None:
    event = AnymailTrackingEvent(
        event_type="bounced", message_id="x", recipient="office@example.org",
        metadata={"letter": str(sent.pk)}, mta_response="5.7.1",
    )  # fmt: skip
    tracking.send(object, event=event, esp_name="Postmark")
    assert state(sent) == ("bounced", "5.7.1")


def test_without_provider_and_secret_nobody_is_listened_to(client: Client, settings: Any, db: None) -> None:
    assert client.post("/mail/told/", "{}", content_type="application/json").status_code == 404
    settings.MAIL_PROVIDER = "postmark"
    assert client.post("/mail/told/", "{}", content_type="application/json").status_code == 404


def test_a_notification_needs_the_providers_secret(client: Client, settings: Any, sent: Letter) -> None:
    settings.MAIL_PROVIDER, settings.ANYMAIL = "postmark", {"WEBHOOK_SECRET": "user:long-enough-secret"}
    told = {
        "RecordType": "Bounce", "Type": "HardBounce", "TypeCode": 1, "Email": "office@example.org",
        "MessageID": "x", "Metadata": {"letter": str(sent.pk)}, "BouncedAt": "2025-12-01T09:00:00Z",
    }  # fmt: skip

    def post(**headers: str) -> int:
        return client.post("/mail/told/", told, content_type="application/json", headers=headers).status_code

    assert post() == 400
    assert post(Authorization="Basic dXNlcjp3cm9uZw==") == 400
    assert state(sent)[0] == "sent"
    assert post(Authorization="Basic dXNlcjpsb25nLWVub3VnaC1zZWNyZXQ=") == 200
    assert state(sent)[0] == "bounced"
