"""The mailed link behind which a change is asked for, and whose application it is about."""

from datetime import datetime, timedelta

from careward.accounts.models import MailedLink
from careward.applications.models import Application
from careward.applications.procedure import SIGNED_OFF
from careward.changes.models import PURPOSE
from careward.kernel import clock


def new_link(application: Application) -> MailedLink:
    """A fresh link; older ones die. Call it under an actor, with the application's lock."""
    days = application.rules.changes.link_valid_days.value
    expires = clock.now() + timedelta(days=days)
    return MailedLink.issue(PURPOSE, str(application.pk), application.mailbox, expires)


def standing_link(application: Application) -> MailedLink:
    """The link in force; a new one when none is. Call it under an actor, with the application's lock."""
    mine = MailedLink.objects.not_revoked().filter(
        purpose=PURPOSE, subject_id=str(application.pk), mailbox=application.mailbox
    )
    link = mine.first()
    return link if link and link.is_open(clock.now()) else new_link(application)


def changeable(code: str, now: datetime) -> list[Application]:
    """Applications of an institution whose connection data can be changed now; mostly one, two at a turn of years."""
    signed = Application.objects.filter(institution_code__iexact=code, state=SIGNED_OFF)
    return [one for one in signed.order_by("season") if one.rules.changes_open(now)]
