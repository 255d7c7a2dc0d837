"""Several applications of one institution and season: all are kept, each says so to the officer (domain.md §2).

Whoever applied before is warned: nobody can apply in an institution's name unseen.
"""

from collections.abc import Mapping
from typing import Final

from careward.applications.findings import settle
from careward.applications.models import Application
from careward.applications.procedure import WITHDRAWN
from careward.applications.rules import listed
from careward.correspondence import post
from careward.correspondence.models import Letter

SECOND: Final = "applications:second_application"
WARNING: Final = "second_application"


def look(application: Application) -> None:
    """Let exactly what is so now be noted about the application. Call it with its row locked."""
    settle(application, {SECOND}, found(application))


def found(application: Application) -> Mapping[str, Mapping[str, object]]:
    """The note that others of the same institution count, the first sent first, when there are any."""
    others = [] if application.state == WITHDRAWN else [one.reference for one in application.others_sent()]
    return {SECOND: {"references": listed(others)}} if others else {}


def beside(application: Application, former_code: str) -> list[str]:
    """Ids of the other applications of its institution, and of the one it named before (empty for none)."""
    codes = {application.institution_code, former_code} - {""}
    sent = Application.objects.sent().of_season(application.season).filter(institution_code__in=codes)
    return [str(one) for one in sent.exclude(pk=application.pk).order_by("pk").values_list("pk", flat=True)]


def warn_original(original: Application, second: Application) -> bool:
    """Warn the mailbox of ``original`` once since ``second`` was sent after it; whether it was done now.

    Call it with the row of ``original`` locked.
    """
    warned = Letter.objects.about(original).filter(kind=WARNING, created_at__gte=second.submitted_at)
    withdrawn = WITHDRAWN in (original.state, second.state)
    if withdrawn or not _came_first(original, second) or warned.exists():
        return False
    post(WARNING, original)
    return True


def _came_first(one: Application, other: Application) -> bool:
    """At the same moment each came before the other: both mailboxes are warned."""
    return (
        one.submitted_at is not None
        and other.submitted_at is not None
        and one.submitted_at <= other.submitted_at
    )
