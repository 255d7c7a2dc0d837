"""What holds for every request of somebody who is signed in."""

from collections.abc import Callable
from typing import Final

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from careward.accounts import second_factor
from careward.accounts.models import User
from careward.journal import Actor, acting
from careward.kernel.procedure import ROLES

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


def _actor(request: HttpRequest) -> Actor:
    user = request.user
    if not isinstance(user, User):
        return Actor.system("sign-in")
    return Actor(user.role if user.role in ROLES else "system", str(user.pk))
