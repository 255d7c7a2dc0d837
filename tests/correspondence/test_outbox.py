"""Letters: written with their cause, sent once, tried again, and never holding a secret."""

import re
from html import unescape
from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
from django.core import mail
from django.db import connection

from careward.accounts.models import MailedLink
from careward.correspondence import acts, composing, jobs
from careward.correspondence.models import Letter
from careward.flow import NotPermitted
from careward.journal import Actor
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


def test_the_html_part_says_what_the_text_says_and_fetches_nothing(letter: Letter) -> None:
    jobs.send(letter_id=str(letter.pk))
    sent = mail.outbox[0]
    ((html, kind),) = sent.alternatives  # type: ignore[attr-defined]
    assert kind == "text/html"
    bare = re.sub(r"\s+", "", unescape(re.sub(r"<style>.*?</style>|<[^>]+>", "", str(html), flags=re.DOTALL)))
    for line in str(sent.body).splitlines():
        words = re.sub(r"^\s*\d+\. |\s+|―+", "", line)
        assert all(part in bare for part in words.split("：")), line
    assert re.search(r"<(img|script|link|iframe)|url\(|@import| on\w+=", str(html)) is None
    links = re.findall(r'href="([^"]+)"', str(html))
    assert len(links) == 1
    assert links[0] in str(sent.body)


def test_the_footer_names_the_sender_and_the_phone_of_the_institutions_type(letter: Letter) -> None:
    footer = letter.body.partition("―" * 10)[2]
    assert "衛生福利部照護司" in footer
    assert "02-85907137" in footer
    assert "審查機關：彰化縣政府衛生局" in footer
    assert "請勿直接回覆" in footer


def test_no_letters_own_text_repeats_the_footer() -> None:
    for letter_id in composing.letter_ids():
        text = composing._text_file(composing._kinds[letter_id]).read_text(encoding="utf-8")
        assert "請勿直接回覆" not in text, letter_id


@pytest.fixture
def server_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def hang_up(self: object, messages: object) -> int:
        raise SMTPServerDisconnected("gone")

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", hang_up)


def test_the_twelfth_miss_makes_it_a_dead_letter_that_is_not_tried_by_itself(
    letter: Letter, server_away: None
) -> None:
    for _ in range(11):
        with pytest.raises(jobs.NotSentYet):
            jobs.send(letter_id=str(letter.pk))
    letter.refresh_from_db()
    assert letter.state == "queued"
    jobs.send(letter_id=str(letter.pk))
    letter.refresh_from_db()
    assert (letter.state, letter.attempts) == ("failed", 12)
    jobs.send(letter_id=str(letter.pk))
    letter.refresh_from_db()
    assert letter.attempts == 12


@pytest.mark.parametrize("role", ["officer", "ministry", "administrator"])
def test_a_dead_or_bounced_letter_is_sent_again_under_a_new_message_id(letter: Letter, role: str) -> None:
    jobs.send(letter_id=str(letter.pk))
    letter.refresh_from_db()
    acts.bounce(letter, jobs.WORKER, code="5.1.1")
    letter.refresh_from_db()
    assert (letter.state, letter.bounce_code) == ("bounced", "5.1.1")
    acts.send_again(letter, Actor(role, "test"))
    jobs.send(letter_id=str(letter.pk))
    first, second = (message.extra_headers["Message-ID"] for message in mail.outbox)
    assert first != second
    letter.refresh_from_db()
    assert (letter.state, letter.rounds, letter.bounce_code) == ("sent", 1, "")


def test_a_sent_letter_is_not_sent_again(letter: Letter) -> None:
    jobs.send(letter_id=str(letter.pk))
    letter.refresh_from_db()
    with pytest.raises(NotPermitted):
        acts.send_again(letter, Actor("officer", "test"))


def test_the_envelope_names_the_letter_where_a_bounce_mailbox_is_set(letter: Letter, settings: Any) -> None:
    settings.BOUNCE_MAILBOX = "bounces@careward.example"
    jobs.send(letter_id=str(letter.pk))
    sent = mail.outbox[0]
    assert sent.from_email == f"bounces+{letter.pk}@careward.example"
    assert sent.message()["From"] == settings.DEFAULT_FROM_EMAIL
