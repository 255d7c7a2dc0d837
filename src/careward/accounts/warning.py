"""Accounts of staff that administrators should look at: long unused, or not gone through for too long.

Both are computed when asked; each is written about once. Source: security-baseline.md 3 (idle accounts) and 4
(periodic review); the days are rules/policies.yaml's.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Max, Min, QuerySet

from careward import rulebook
from careward.accounts import staff
from careward.accounts.models import AccountReview, AccountWarning, Role, User, WarningKind
from careward.correspondence import post
from careward.journal import Actor, acting

SYSTEM: Final = Actor.system("accounts")


def soon_unused(now: datetime) -> "QuerySet[User]":
    """Accounts nobody has used for so long that they are asked about, and that still open."""
    return staff.listed(state="soon", now=now)


def review_overdue(now: datetime) -> bool:
    """Whether nobody has gone through all accounts for longer than the rule; counted from the first account on."""
    since = _reviewed_or_begun()
    return since is not None and now - since > rulebook.current().policies.sign_in.review_every


def _reviewed_or_begun() -> datetime | None:
    last: datetime | None = AccountReview.objects.aggregate(at=Max("at"))["at"]
    if last is not None:
        return last
    begun: datetime | None = User.objects.exclude(role=Role.INSTITUTION).aggregate(at=Min("opened_at"))["at"]
    return begun


def send_warnings(now: datetime) -> int:
    """Write to the administrators about what is new of both; how many letters. A second run sends none."""
    if not administrators():
        return 0
    return _about_unused(now) + _about_review(now)


def administrators() -> list[str]:
    """Addresses of the open administrators."""
    open_ones = User.objects.filter(role=Role.ADMINISTRATOR, is_active=True)
    return list(open_ones.order_by("email").values_list("email", flat=True))


def _about_unused(now: datetime) -> int:
    """Each account once for each time it fell out of use: used again, it may be written about again."""
    told = list(AccountWarning.objects.of_kind(WarningKind.UNUSED))
    fresh = [
        user.pk
        for user in soon_unused(now)
        if not any(user.pk in one.accounts and one.at >= user.used_at for one in told)  # type: ignore[attr-defined]
    ]
    return _send(WarningKind.UNUSED, now, fresh) if fresh else 0


def _about_review(now: datetime) -> int:
    since = _reviewed_or_begun()
    if since is None or not review_overdue(now):
        return 0
    told = AccountWarning.objects.of_kind(WarningKind.REVIEW).filter(at__gte=since).exists()
    return 0 if told else _send(WarningKind.REVIEW, now, [])


def _send(kind: str, now: datetime, accounts: Sequence[UUID]) -> int:
    with transaction.atomic(), acting(SYSTEM, "account.warn"):
        made = AccountWarning.objects.create(kind=kind, at=now, accounts=list(accounts))
        post(f"accounts_{kind}", made)
    return 1
