"""Links asked for by the institution's public code; nobody learns by the answer whether there is anything to change."""

from datetime import datetime

from django.db import transaction
from procrastinate.contrib.django import app

from careward.accounts.models import MailedLink
from careward.applications.models import Application
from careward.changes.linking import changeable
from careward.changes.models import PURPOSE
from careward.correspondence import post
from careward.journal import Actor, acting
from careward.kernel import clock

WORKER = Actor.system("worker")


@app.task(queue="default", name="changes.send_link")
def send_link(code: str, asked_at: str) -> None:
    """Mail a link to the registered mailbox of every application of the institution that can be changed now.

    A second run for the same asking mails nothing.
    """
    for application in changeable(code, clock.now()):
        _fresh(application, datetime.fromisoformat(asked_at))


def _fresh(application: Application, asked_at: datetime) -> None:
    with transaction.atomic(), acting(WORKER, "connection_change.send_link"):
        held = Application.objects.select_for_update().get(pk=application.pk)
        links = MailedLink.objects.not_revoked().filter(purpose=PURPOSE, subject_id=str(held.pk))
        if not links.filter(mailbox=held.mailbox, issued_at__gte=asked_at).exists():
            post("change_link", held)
