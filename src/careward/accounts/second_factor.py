"""The second factor of staff: a code from an authenticator app (TOTP, RFC 6238), or a recovery code.

The codes are made from the machine's time, as the apps do; the demo's movable clock does not touch them.
Source: security-baseline.md 37.
"""

from datetime import datetime
from typing import Any, Final

from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from allauth.mfa.utils import encrypt
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest

from careward.accounts.models import User
from careward.journal import Actor, acting

PERIOD: Final = 30
"""Seconds a code lives; the next and the previous one are taken too."""

_PROVED: Final = "second_factor"


def enrol(user: User, secret: str) -> None:
    """Give somebody an authenticator with a known ``secret`` (base32); for the demo season and for tests."""
    with acting(Actor.system("accounts"), "second_factor.enrol"):
        Authenticator.objects.update_or_create(
            user=user, type=Authenticator.Type.TOTP, defaults={"data": {"secret": encrypt(secret)}}
        )


def current_code(secret: str, at: datetime) -> str:
    """The six digits an app shows at the machine's moment ``at``. One code signs in once."""
    return str(format_hotp_value(hotp_value(secret, int(at.timestamp()) // PERIOD)))


def is_set_up(user: User) -> bool:
    """Whether somebody has an authenticator."""
    return bool(Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists())


def recovery_codes_left(user: User) -> int:
    """How many recovery codes somebody can still use."""
    codes = Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).first()
    return len(codes.wrap().get_unused_codes()) if codes else 0


def prove(session: SessionBase, user: User) -> None:
    """Note in the session that its person has shown the second factor."""
    session[_PROVED] = str(user.pk)


def stands(request: HttpRequest) -> bool:
    """Whether the signed-in person needs no second factor, or has shown it in this very session."""
    user = request.user
    if not isinstance(user, User):
        return False
    return not user.is_staff_member or request.session.get(_PROVED) == str(user.pk)


def on_step_completed(request: HttpRequest, method: str, user: User, **_: Any) -> None:
    """Receiver of allauth's ``authentication_step_completed``: a code was right while signing in."""
    if method == "mfa":
        prove(request.session, user)


def on_added(request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    """Receiver of allauth's ``authenticator_added``: setting the app up needs a right code as well.

    It counts as having just proved who one is, so that the recovery codes are shown without another password.
    """
    if authenticator.type == Authenticator.Type.TOTP:
        facts = {"id": authenticator.pk, "type": authenticator.type, "reauthenticated": True}
        record_authentication(request, user, method="mfa", **facts)
