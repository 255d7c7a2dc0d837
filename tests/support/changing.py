"""Changes of connection data in every condition, made by the real acts, with invented people."""

from datetime import datetime, timedelta
from typing import Any

from django.test import Client

from careward.accounts.models import MailedLink
from careward.applications.models import Application
from careward.changes import acts, releasing
from careward.changes.linking import new_link
from careward.changes.models import PURPOSE, ConnectionChange
from careward.correspondence import links
from careward.journal import Actor, acting
from careward.kernel.clock import frozen, taipei
from careward.provisioning.models import UploadAccount
from support import delivering
from support.signing_in import person

ASKED = taipei(2026, 1, 12, 10)
"""After the accounts are made; the list of January is gathering."""
APPROVED = ASKED + timedelta(days=1)
LIST = "11501"
FROZEN = taipei(2026, 2, 2, 9)
"""January's list is frozen."""
NEW_SOURCES = ["168.95.9.9/32"]
HOLDER = Actor("applicant", "link:test")
OFFICER = Actor("officer", "test")
VENDOR = Actor("vendor", "test")


def draft(account: UploadAccount | None = None, at: datetime = ASKED, **changes: Any) -> ConnectionChange:
    """填寫中: other addresses, unless ``changes`` say otherwise."""
    account = account or delivering.account()
    with frozen(at):
        begun = acts.begin(ConnectionChange(application=account.application), HOLDER)
        return acts.edit(begun, HOLDER, changes=changes or {"sources": NEW_SOURCES})


def requested(account: UploadAccount | None = None, at: datetime = ASKED, **changes: Any) -> ConnectionChange:
    """待審查."""
    begun = draft(account, at, **changes)
    with frozen(at):
        return acts.send(begun, HOLDER)


def approved(
    account: UploadAccount | None = None, at: datetime = APPROVED, **changes: Any
) -> ConnectionChange:
    """已同意."""
    sent = requested(account, at - timedelta(hours=1), **changes)
    with frozen(at):
        return acts.approve(sent, OFFICER)


def released(
    account: UploadAccount | None = None, at: datetime = APPROVED, **changes: Any
) -> ConnectionChange:
    """已同意, its list frozen and released to the vendor."""
    change = approved(account, at, **changes)
    release(change)
    return change


def release(change: ConnectionChange) -> None:
    """The ministry's office releases its part of the change's list."""
    listed = change.listed
    assert listed is not None
    month = releasing.month_of(change.application.season, listed.code)
    assert month is not None
    user = person("ministry", f"{change.unit}.{listed.code}@example.org", unit=change.unit)
    with frozen(max(FROZEN, listed.at + timedelta(minutes=1))):
        releasing.release(user, month, change.unit)


def linked(application: Application) -> MailedLink:
    """A link to its changes, as the worker mails it."""
    with acting(Actor.system("test"), "prepare"):
        return new_link(application)


def open_link(client: Client, application: Application) -> None:
    """Type the institution's code and go in."""
    link = MailedLink.objects.not_revoked().filter(purpose=PURPOSE, subject_id=str(application.pk)).first()
    link = link or linked(application)
    address = "/" + links.address(link.seed).split("/", 3)[3]
    answer = client.post(address, {"code": application.institution_code})
    assert answer.headers["Location"] == "/changes/mine/", answer.content.decode()
