"""What every page of the desk asks first: the case, and only if it lies in the reader's reach."""

import uuid

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from careward.accounts.access import user_of
from careward.applications.models import Application, Document


def case_of(request: HttpRequest, application_id: uuid.UUID) -> Application:
    """The case; raises Http404 for one outside the reader's reach as for one there is not."""
    return get_object_or_404(Application.objects.visible_to(user_of(request)), pk=application_id)


def document_of(request: HttpRequest, document_id: uuid.UUID) -> Document:
    """A file of a case in reach, one taken back too: it stands beside the new one. Raises Http404."""
    reachable = Application.objects.visible_to(user_of(request))
    return get_object_or_404(Document.objects.filter(application__in=reachable), pk=document_id)
