"""What the pages of lower packages show of receipts, and where a receipt's link leads."""

from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse

from careward.accounts.models import Role, User
from careward.applications.models import Application
from careward.oversight.models import Arrival, Notice
from careward.oversight.receipts import how_of


def mailbox_of(notice_id: str) -> str:
    """What must be typed to open a receipt: the mailbox the letter went to."""
    return Notice.objects.select_related("officer").get(pk=UUID(notice_id)).officer.email


def page_of(_notice_id: str) -> str:
    """Where the opened link leads."""
    return reverse("oversight:receipt")


def receipts_of(_request: HttpRequest | None, subject: object) -> dict[str, object] | None:
    """What came in of a case, and who confirmed it."""
    if not isinstance(subject, Application):
        return None
    arrivals = list(Arrival.objects.filter(application=subject).select_related("confirmed_by"))
    return {"arrivals": arrivals} if arrivals else None


def choice_of(_request: HttpRequest | None, subject: object) -> dict[str, object] | None:
    """How the officer is told of new cases."""
    if not isinstance(subject, User) or subject.role != Role.OFFICER:
        return None
    return {"how": how_of(subject)}
