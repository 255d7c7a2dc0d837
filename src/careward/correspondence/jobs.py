"""Sending the outbox."""

from smtplib import SMTPException
from typing import Final

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from careward.correspondence import acts
from careward.correspondence.html import as_html
from careward.correspondence.links import filled
from careward.correspondence.models import Letter
from careward.correspondence.procedure import QUEUED
from careward.correspondence.signals import letter_sent
from careward.journal import Actor, acting
from careward.store.by_key import ByKey

WORKER = Actor.system("worker")
_LETTERS: Final = ByKey(Letter, lock=True)


class NotSentYet(RuntimeError):
    """The mail server did not take a letter; the job is tried again later."""


@app.task(
    queue="letters",
    retry=RetryStrategy(max_attempts=acts.ATTEMPTS, exponential_wait=3),
    name="correspondence.send",
)
def send(letter_id: str) -> None:
    """Hand one letter to the mail server; a second run of the same job sends nothing.

    Raises :class:`NotSentYet` when the server refuses or is away: the failure is noted on the letter first.
    A crash between the server's yes and our commit sends it again, under the same Message-ID.
    """
    with acting(WORKER, "letter.send"):
        if not _attempt(letter_id):
            raise NotSentYet(letter_id)


def take_up() -> int:
    """Give every unsent letter without a job a new one; how many. Nothing posted is ever just left lying."""
    living = ProcrastinateJob.objects.filter(task_name=send.name, status__in=("todo", "doing"))
    busy = {args["letter_id"] for args in living.values_list("args", flat=True)}
    forgotten = [row for row in Letter.objects.still_to_send() if str(row.pk) not in busy]
    for row in forgotten:
        send.defer(letter_id=str(row.pk))
    return len(forgotten)


def _attempt(letter_id: str) -> bool:
    # Only here: gateway and web know the job and should not hold in memory what sends.
    from anymail.exceptions import AnymailError

    with transaction.atomic():
        row = _LETTERS.get(letter_id)
        if row is None:
            raise Letter.DoesNotExist(f"letter {letter_id} is gone")
        if row.state != QUEUED:
            return True
        try:
            _message(row).send()
        except (SMTPException, OSError, AnymailError) as fault:
            return acts.miss(row, WORKER, error=type(fault).__name__).state != QUEUED
        letter_sent.send(Letter, letter=acts.hand_over(row, WORKER))
        return True


def _message(row: Letter) -> EmailMultiAlternatives:
    body = filled(row.body)
    headers = {
        "Message-ID": f"<{message_name(row)}@{mail_host()}>",
        "Auto-Submitted": "auto-generated",
        "X-Careward-Kind": row.kind,
    }
    sender = settings.DEFAULT_FROM_EMAIL
    if settings.BOUNCE_MAILBOX:
        # The envelope names the letter, so that a bounce without our headers still says which one came back.
        local, _, host = settings.BOUNCE_MAILBOX.partition("@")
        headers["From"], sender = sender, f"{local}+{message_name(row)}@{host}"
    message = EmailMultiAlternatives(row.subject, body, sender, to=row.to, cc=row.cc, headers=headers)
    message.metadata = {"letter": message_name(row)}  # type: ignore[attr-defined]
    message.attach_alternative(as_html(row.subject, body), "text/html")
    return message


def message_name(row: Letter) -> str:
    """The letter's id, and which time it is sent: a receiver would drop a second mail of the same Message-ID."""
    return f"{row.pk}.{row.rounds}" if row.rounds else str(row.pk)


def mail_host() -> str:
    """The host of our Message-IDs."""
    return str(settings.PUBLIC_URL).partition("://")[2].partition(":")[0].partition("/")[0]
