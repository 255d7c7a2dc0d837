"""Who fills the form: the visitor whose session holds the draft. No sign-in, no address with a key in it."""

from typing import Final
from uuid import UUID

from django.http import HttpRequest

from careward.applications.models import Application
from careward.journal import Actor
from careward.store.by_key import ByKey

_SESSION: Final = "application"
_APPLICATIONS: Final = ByKey(Application)


def mine(request: HttpRequest) -> Application | None:
    """The application this visitor began, sent or not; None when there is none."""
    known = request.session.get(_SESSION)
    return _APPLICATIONS.get(UUID(known)) if known else None


def remember(request: HttpRequest, application: Application) -> None:
    """Bind an application to this visitor's session, in place of an older one."""
    request.session[_SESSION] = str(application.pk)


def forget(request: HttpRequest) -> None:
    """Let the visitor begin anew; a draft left behind counts for nothing."""
    request.session.pop(_SESSION, None)


def visitor(application: Application) -> Actor:
    """The applicant as the journal names them: by the draft they hold."""
    return Actor("applicant", str(application.pk))
