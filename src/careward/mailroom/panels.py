"""What other pages show of letters."""

from collections.abc import Mapping

from django.http import HttpRequest

from careward.accounts.models import User
from careward.correspondence.procedure import BOUNCED, FAILED
from careward.mailroom.reach import visible_to

_SHOWN = 20


def waiting(request: HttpRequest) -> int | None:
    """How many letters came back or were given up, within the reader's reach."""
    if not isinstance(request.user, User):
        return None
    return visible_to(request.user).filter(state__in=(BOUNCED, FAILED)).count()


def case(request: HttpRequest | None, subject: object) -> Mapping[str, object] | None:
    """The letters about the institution of a case, newest first; nothing while there are none."""
    if request is None or not isinstance(request.user, User):
        return None
    code = getattr(subject, "institution_code", "")
    mine = (
        visible_to(request.user).filter(institution_code=code).order_by("-created_at", "-pk")
        if code
        else None
    )
    return {"letters": list(mine[:_SHOWN])} if mine else None
