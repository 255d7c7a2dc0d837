"""What holds for every request, by whether somebody is signed in."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from allauth.account.adapter import get_adapter
from allauth.core.internal.ratelimit import truncate_ip
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from careward.accounts import devices, seats, second_factor
from careward.accounts.models import User
from careward.accounts.throttle import Throttle
from careward.journal import Actor, acting
from careward.kernel.procedure import ROLES
from careward.shell.errors import too_many

PREFIX: Final = "/accounts/"

Respond = Callable[[HttpRequest], HttpResponse]


class SecondFactorFirst:
    """Staff whose session has not shown the second factor reach only the pages that set it up.

    A session older than the second factor ends: whoever holds it knew the password only.
    Source: security-baseline.md 37 (before any data page).
    """

    def __init__(self, get_response: Respond) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Let pass, send to the set-up, or end the session."""
        user = request.user
        if not isinstance(user, User) or second_factor.stands(request):
            return self._get_response(request)
        if second_factor.is_set_up(user):
            logout(request)
            return redirect("account_login")
        if request.path in _open_before():
            return self._get_response(request)
        return redirect("mfa_activate_totp")


class TakesSeat:
    """Sits people of institutions and companies where they chose to in this session, asked afresh every time."""

    def __init__(self, get_response: Respond) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Sit down, then answer."""
        user = request.user
        if isinstance(user, User) and not user.is_staff_member:
            user.sit(seats.seat_in(request, user))
        return self._get_response(request)


STRANGERS: Final = Throttle("strangers.post", limit=240, lock=timedelta(minutes=1))
"""Per source address [decided]: forty offices behind one address in the last minute before the window closes."""


class StrangersTakeTheirTime:
    """Bounds how often one source may send anything without being signed in, whatever the page.

    It stands before every view, so that none can be forgotten; what costs more has a narrower limit of its own.
    An IPv6 network is one source.
    """

    def __init__(self, get_response: Respond) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Let pass, or answer 429."""
        if request.method in _HARMLESS or request.user.is_authenticated:
            return self._get_response(request)
        source = str(truncate_ip(get_adapter(request).get_client_ip(request) or ""))
        return self._get_response(request) if STRANGERS.take(source) else too_many(request)


_HARMLESS: Final = ("GET", "HEAD", "OPTIONS")


def _open_before() -> set[str]:
    return {reverse(name) for name in ("mfa_activate_totp", "account_reauthenticate", "account_logout")}


class ActingOnOwnAccount:
    """Names the actor of what allauth changes below /accounts/: who is signed in, else the sign-in itself."""

    def __init__(self, get_response: Respond) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer within the journal's context."""
        if not request.path_info.startswith(PREFIX):
            return self._get_response(request)
        name = request.path_info.removeprefix(PREFIX).strip("/").replace("/", ".")
        with acting(_actor(request), f"account.{name}"):
            return self._get_response(request)


class RemembersDevice:
    """Gives the browser, after signing in, what it is recognised by the next time."""

    def __init__(self, get_response: Respond) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, with the cookie where one is due."""
        response = self._get_response(request)
        devices.remember(request, response)
        return response


def _actor(request: HttpRequest) -> Actor:
    user = request.user
    if not isinstance(user, User):
        return Actor.system("sign-in")
    return Actor(user.role if user.role in ROLES else "system", str(user.pk))
