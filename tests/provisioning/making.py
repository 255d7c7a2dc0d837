"""Upload accounts in every state, made by the real acts."""

from datetime import datetime
from typing import Any

from careward.applications.models import Application
from careward.correspondence import jobs
from careward.correspondence.models import Letter
from careward.journal import Actor
from careward.kernel.clock import frozen, taipei
from careward.provisioning import acts
from careward.provisioning.models import UploadAccount
from review.deciding import REVIEW, sign
from support.applying import submitted
from support.signing_in import person

VENDOR_AT_WORK = taipei(2025, 12, 15, 10)
"""A moment between the review and the day accounts are due."""

VENDOR = Actor("vendor", "test")
MINISTRY = Actor("ministry", "test")
SOURCES = ["168.95.1.1", "168.95.2.0/28"]


def owner_of(account: UploadAccount) -> Actor:
    """The institution as the reveal page names it."""
    return Actor("institution", str(account.pk))


def requested(application: Application | None = None, **changes: Any) -> UploadAccount:
    """待建立: just signed off."""
    application = application or submitted(**changes)
    with frozen(REVIEW):
        sign(application)
    return UploadAccount.objects.get(application=application)


def created(
    account: UploadAccount | None = None, at: datetime = VENDOR_AT_WORK, **changes: Any
) -> UploadAccount:
    """已建立: both letters are in the outbox."""
    account = account or requested(**changes)
    with frozen(at):
        return acts.create(
            account, VENDOR, username=account.proposed_username, sources=SOURCES, allow_loopback=False
        )


def send_all() -> None:
    """The worker's run over the outbox."""
    for letter in Letter.objects.still_to_send():
        jobs.send(letter_id=str(letter.pk))


def notified(**changes: Any) -> UploadAccount:
    """已通知: the letters have left."""
    account = created(**changes)
    send_all()
    account.refresh_from_db()
    return account


def letters(account: UploadAccount, kind: str) -> list[Letter]:
    """The account's letters of a kind, newest first."""
    return list(Letter.objects.about(account).filter(kind=kind))


def vendor_user() -> Any:
    """Somebody of the vendor."""
    return person("vendor")
