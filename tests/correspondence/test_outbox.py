"""Letters: written with their cause, sent once, tried again, and never holding a secret."""

import re
from smtplib import SMTPServerDisconnected

import pytest
from django.core import mail
from django.db import connection

from careward.accounts.models import MailedLink
from careward.correspondence import composing, jobs
from careward.correspondence.models import Letter
from careward.kernel import tokens
from careward.kernel.clock import frozen
from support import applying, database

pytestmark = pytest.mark.django_db


@pytest.fixture
def letter() -> Letter:
    with frozen(applying.DURING):
        return Letter.objects.about(applying.lacking()).get()


def test_a_letter_is_sent_once_however_often_the_job_runs(letter: Letter) -> None:
    jobs.send(letter_id=str(letter.pk))
    jobs.send(letter_id=str(letter.pk))
    assert len(mail.outbox) == 1
    letter.refresh_from_db()
    assert letter.sent_at is not None
    assert letter.attempts == 1


def test_a_server_that_hangs_up_is_noted_and_asked_again(
    letter: Letter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hang_up(self: object, messages: object) -> int:
        raise SMTPServerDisconnected("gone")

    with monkeypatch.context() as patched:
        patched.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", hang_up)
        with pytest.raises(jobs.NotSentYet):
            jobs.send(letter_id=str(letter.pk))
    letter.refresh_from_db()
    assert (letter.sent_at, letter.attempts, letter.last_error) == (None, 1, "SMTPServerDisconnected")
    jobs.send(letter_id=str(letter.pk))
    assert len(mail.outbox) == 1


def test_the_job_lies_in_the_queue_with_the_letter(letter: Letter) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT args FROM procrastinate_jobs WHERE task_name = 'correspondence.send'")
        assert str(letter.pk) in str(cursor.fetchall())


def test_the_link_works_but_no_table_holds_its_token(letter: Letter) -> None:
    jobs.send(letter_id=str(letter.pk))
    sent = mail.outbox[0].body
    token = re.search(r"/l/([\w-]+)/", str(sent)).group(1)  # type: ignore[union-attr]
    link = MailedLink.find(token)
    assert link is not None
    assert link.digest == tokens.digest(token)
    assert database.tables_with(token) == []


@pytest.mark.parametrize("letter_id", composing.letter_ids())
def test_every_letter_has_a_subject_a_sender_and_no_leftover(letter_id: str) -> None:
    text = composing._text_file(composing._kinds[letter_id]).read_text(encoding="utf-8")
    first, empty, body = text.split("\n", 2)
    assert first.strip()
    assert empty == ""
    assert len(body) > 40
    assert "{{ password" not in text


def test_a_letter_to_nobody_is_a_fault(letter: Letter, monkeypatch: pytest.MonkeyPatch) -> None:
    kind = composing._kinds["application_received"]
    monkeypatch.setattr(kind, "address", lambda self, subject: composing.Address(to=()))
    with frozen(applying.DURING), pytest.raises(ValueError, match="nobody"):
        composing.post("application_received", applying.lacking())


def test_a_link_mark_typed_as_a_name_is_no_link(letter: Letter) -> None:
    foreign = MailedLink.objects.get().seed
    with frozen(applying.DURING):
        application = applying.lacking(
            institution_name=f"⟦link:{foreign}⟧護理之家", mailbox="other@example.org"
        )
    jobs.send(letter_id=str(Letter.objects.about(application).get().pk))
    body = str(mail.outbox[0].body)
    own = MailedLink.objects.get(mailbox="other@example.org")
    assert [tokens.digest(token) for token in re.findall(r"/l/([\w-]+)/", body)] == [own.digest]
