"""Sending the outbox."""

from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from careward.correspondence.links import filled
from careward.correspondence.models import Letter
from careward.correspondence.signals import letter_sent
from careward.journal import Actor, acting
from careward.kernel import clock

WORKER = Actor.system("worker")


class NotSentYet(RuntimeError):
    """The mail server did not take a letter; the job is tried again later."""


@app.task(
    queue="letters",
    retry=RetryStrategy(max_attempts=12, exponential_wait=3),
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
    with transaction.atomic():
        row = Letter.objects.select_for_update().get(pk=letter_id)
        if row.sent_at:
            return True
        row.attempts += 1
        try:
            _message(row).send()
        except (SMTPException, OSError) as fault:
            row.last_error = type(fault).__name__
        else:
            row.sent_at = clock.now()
            row.last_error = ""
        row.save()
        if row.sent_at:
            letter_sent.send(Letter, letter=row)
        return row.sent_at is not None


def _message(row: Letter) -> EmailMessage:
    host = settings.PUBLIC_URL.partition("://")[2].partition(":")[0]
    return EmailMessage(
        subject=row.subject,
        body=filled(row.body),
        to=row.to,
        cc=row.cc,
        headers={
            "Message-ID": f"<{row.id}@{host}>",
            "Auto-Submitted": "auto-generated",
            "X-Careward-Kind": row.kind,
        },
    )
