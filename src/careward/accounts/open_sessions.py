"""Where somebody is signed in: which browser, from where, since when; and ending it from elsewhere.

allauth notes a session when somebody signs in; the session itself is Django's row, and nothing opens once that is
gone. When it was used last, its own end tells: every request of somebody signed in prolongs it. By the machine's time.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from careward.accounts import browsers
from careward.accounts.models import User
from careward.journal import Actor, acting

SYSTEM: Final = Actor.system("sessions")


@dataclass(frozen=True, slots=True)
class Open:
    """One session that is open now; ``number`` is how it is named to end it."""

    number: int
    browser: str
    source: str
    since: datetime
    idle: timedelta
    here: bool

    @property
    def minutes(self) -> int:
        """Whole minutes since it was used."""
        return max(0, int(self.idle.total_seconds()) // 60)


def of(request: HttpRequest, user: User) -> list[Open]:
    """Everywhere somebody is signed in: here first, then as they were used last.

    What is over is let go on the way, and this session's address is the present one; needs a journal context.
    """
    UserSession.objects.create_from_request(request)
    rows: list[UserSession] = UserSession.objects.purge_and_list(user)
    ends = Session.objects.in_bulk([row.session_key for row in rows])
    now, age = timezone.now(), timedelta(seconds=settings.SESSION_COOKIE_AGE)
    found = [
        Open(
            row.pk,
            browsers.told_by(row.user_agent).label,
            row.ip,
            row.created_at,
            now - (ends[row.session_key].expire_date - age),
            row.session_key == request.session.session_key,
        )
        for row in rows
        if row.session_key in ends
    ]
    return sorted(found, key=lambda one: (not one.here, one.idle))


def end(request: HttpRequest, user: User, number: str) -> bool:
    """Sign somebody out at one other place; False when it is no longer open, not theirs, or the one at hand."""
    if not number.isdecimal() or len(number) > _DIGITS:
        return False
    return bool(_end(_others(request, user).filter(pk=int(number)), user, "session.end"))


def end_others(request: HttpRequest, user: User) -> int:
    """Sign somebody out everywhere but here; how many places."""
    return _end(_others(request, user), user, "session.end_others")


_DIGITS: Final = 18  # fewer than the largest number the database takes has


def _others(request: HttpRequest, user: User) -> QuerySet[UserSession]:
    rows: QuerySet[UserSession] = UserSession.objects.filter(user=user)
    return rows.exclude(session_key=request.session.session_key)


def _end(rows: Iterable[UserSession], user: User, act: str) -> int:
    with transaction.atomic(), acting(Actor(user.role, str(user.pk)), act):
        ended = list(rows)
        for row in ended:
            row.end()
    return len(ended)


def signed_out(request: HttpRequest | None, user: User | None) -> None:
    """Note that a session ends here. Receiver of Django's signal, before the session's row goes."""
    key = request.session.session_key if request is not None else None
    if key is None or user is None:
        return
    with acting(Actor(user.role, str(user.pk)), "session.sign_out"):
        UserSession.objects.filter(session_key=key).delete()


def forget() -> int:
    """Let go what ended by itself: sessions idle too long, and those that were taken away; how many."""
    now = timezone.now()
    going = Session.objects.filter(expire_date__gt=now).values("session_key")
    with transaction.atomic(), acting(SYSTEM, "session.over"):
        ended, _ = UserSession.objects.exclude(session_key__in=going).delete()
        Session.objects.filter(expire_date__lte=now).delete()
    return int(ended)
