"""Who stands behind an opened mailed link: the case it is about, and its holder as the journal names them."""

from typing import Final
from uuid import UUID

from django.http import Http404

from careward.accounts.links import OpenedLinkRequest
from careward.applications.models import Application
from careward.journal import Actor
from careward.store.by_key import ByKey

_APPLICATIONS: Final = ByKey(Application)


def application_of(request: OpenedLinkRequest) -> Application:
    """The application of the opened link; raises Http404 for a draft."""
    application = _APPLICATIONS.get(UUID(request.opened_link.subject_id))
    if application is None or application.is_draft:
        raise Http404
    return application


def holder(request: OpenedLinkRequest) -> Actor:
    """The applicant, by the link that was opened."""
    return Actor("applicant", f"link:{request.opened_link.pk}")
