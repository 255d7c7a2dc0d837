"""Where changes hook into earlier packages: panels, the case's timeline, what is carried over to the next season."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest

from careward.applications.models import Application
from careward.changes.data import person_now
from careward.changes.linking import changeable
from careward.changes.models import ConnectionChange
from careward.kernel import clock
from careward.kernel.texts import text
from careward.registry.models import Institution


def home_panel(request: HttpRequest | None, subject: object) -> dict[str, object] | None:
    """What an institution sees of its changes, and the way to a new one; nothing while none can be asked for."""
    assert isinstance(subject, Institution)
    sent = ConnectionChange.objects.filter(application__institution_code=subject.code).exclude(sent_at=None)
    latest = sent.select_related("application").order_by("-sent_at", "-pk").first()
    if latest is None and not changeable(subject.code, clock.now()):
        return None
    return {"latest": latest}


def case_panel(request: HttpRequest | None, subject: object) -> dict[str, object] | None:
    """The changes of a case, on the reviewer's page."""
    assert isinstance(subject, Application)
    changes = list(subject.connection_changes.exclude(sent_at=None).order_by("-sent_at", "-pk"))
    return {"changes": changes} if changes else None


def applicant_panel(request: HttpRequest | None, subject: object) -> dict[str, object] | None:
    """On the applicant's case page: where to go once the form is shut."""
    assert isinstance(subject, Application)
    return {} if subject in changeable(subject.institution_code, clock.now()) else None


def told(event: Any) -> str | None:
    """What a case's timeline says of a change; nothing of one that is still being filled in."""
    if event.sent_at is None:
        return None
    state = text(f"changes:states.connection_change.{event.state}")
    return text("changes:timeline", number=event.number, state=state)


def answers_now(application: Application) -> Mapping[str, Any]:
    """The person in charge by now, for the next season."""
    return {"person_name": person_now(application)}
