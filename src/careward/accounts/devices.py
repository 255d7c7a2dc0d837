"""Browsers somebody signed in with before: signing in with another one is told to the account's mailbox, once.

A browser is known by a cookie that outlives the session, and here by its digest for this account alone. One that
forgets its cookies, of the same kind and from the same source as before, is not new: else every morning in an
office with such browsers would bring a letter, and nobody would read them. Source: decision 0044.
"""

from datetime import datetime
from typing import Final

from allauth.account.adapter import get_adapter
from allauth.core.internal.ratelimit import truncate_ip
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

from careward import rulebook
from careward.accounts import browsers
from careward.accounts.models import Device, User
from careward.correspondence import post
from careward.journal import Actor, acting
from careward.kernel import clock, tokens

COOKIE: Final = "device"
_GIVEN: Final = "careward.accounts.device"
_LONGEST: Final = 64


def note_sign_in(request: HttpRequest, user: User) -> None:
    """Recognise the browser, or note it and write to its owner. Receiver of allauth's signal.

    The first browser an account is ever used with is noted without a letter: there is none to be told apart from.
    """
    token = _held(request) or tokens.new_seed()
    request.META[_GIVEN] = token
    now, digest = clock.now(), tokens.digest(f"{user.pk}:{token}")
    with transaction.atomic(), acting(Actor(user.role, str(user.pk)), "device.sign_in"):
        list(User.objects.select_for_update().filter(pk=user.pk))  # two at once are told apart by this row
        known = Device.objects.filter(user=user)
        in_time = known.filter(last_used_at__gte=now - rulebook.current().policies.sign_in.device_remembered)
        if in_time.filter(digest=digest).update(last_used_at=now):
            return
        browser = browsers.of(request)
        kind = _kind(request, user, browser)
        tells = known.exists() and not in_time.filter(kind=kind).exists()
        known.filter(digest=digest).delete()
        Device.objects.create(
            user=user, digest=digest, kind=kind, since=now, last_used_at=now, told=tells, browser=str(browser)
        )
        if tells:
            post("device_new", user, at=now, browser=browser.label)


def _held(request: HttpRequest) -> str:
    token: str = request.COOKIES.get(COOKIE, "")
    return token if 0 < len(token) <= _LONGEST else ""


def _kind(request: HttpRequest, user: User, browser: browsers.Browser) -> str:
    source = truncate_ip(get_adapter(request).get_client_ip(request) or "")
    return salted_hmac("accounts.devices", f"{user.pk}|{browser}|{source}", algorithm="sha256").hexdigest()


def remember(request: HttpRequest, response: HttpResponse) -> None:
    """Let the browser keep what it is known by, when somebody has just signed in with it."""
    token = request.META.get(_GIVEN)
    if token is not None:
        response.set_cookie(
            COOKIE,
            token,
            max_age=rulebook.current().policies.sign_in.device_remembered,
            httponly=True,
            secure=settings.SESSION_COOKIE_SECURE,
            samesite="Lax",
        )


def forget(now: datetime) -> int:
    """Let go what was not used for as long as the rule remembers, but the last one of each account; how many."""
    limit = now - rulebook.current().policies.sign_in.device_remembered
    newest = Device.objects.order_by("user", "-last_used_at", "-pk").distinct("user").values("pk")
    old = Device.objects.filter(last_used_at__lt=limit).exclude(pk__in=newest)
    with transaction.atomic(), acting(Actor.system("devices"), "device.forget"):
        gone, _ = old.delete()
    return int(gone)
