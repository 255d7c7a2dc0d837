"""Who stands behind an opened mailed link: the case it is about, and its holder as the journal names them."""

from uuid import UUID

from django.shortcuts import get_object_or_404

from careward.accounts.links import OpenedLinkRequest
from careward.applications.models import Application
from careward.journal import Actor


def application_of(request: OpenedLinkRequest) -> Application:
    """The application of the opened link; raises Http404 for a draft."""
    return get_object_or_404(Application.objects.sent(), pk=UUID(request.opened_link.subject_id))


def holder(request: OpenedLinkRequest) -> Actor:
    """The applicant, by the link that was opened."""
    return Actor("applicant", f"link:{request.opened_link.pk}")
