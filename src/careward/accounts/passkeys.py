"""Passkeys (WebAuthn): a way in for people of institutions beside the mailed code, a second factor for staff.

Nobody needs one. A key is bound to the platform's public name: browsers take no IP address for one, so that on a
loopback address it is ``localhost``. The key itself never leaves its device; kept here is what checks it.
Source: security-baseline.md 37 (TOTP or WebAuthn); decision 0043.
"""

import json
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

from allauth.mfa.base.internal.flows import delete_and_cleanup
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added
from allauth.mfa.stages import AuthenticateStage
from allauth.mfa.webauthn.internal import auth
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from careward import rulebook
from careward.accounts.models import User
from careward.correspondence import post
from careward.kernel import clock

LOCALHOST: Final = "localhost"

_DIGITS: Final = 19  # of the largest number the database takes

Credential = Mapping[str, Any]
"""What a browser answers, as JSON."""


def domain() -> str:
    """The name keys are bound to (relying-party id): the public address's; empty when that is no name."""
    host = urlsplit(settings.PUBLIC_URL).hostname or ""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    return LOCALHOST if address.is_loopback else ""


def right_address(request: HttpRequest) -> str:
    """The same page where keys work, when it was opened by another address; empty where it is the right one.

    Where the platform has no name, none works.
    """
    if is_offered(request) or not domain():
        return ""
    public = urlsplit(settings.PUBLIC_URL)
    port = f":{public.port}" if public.port else ""
    return f"{public.scheme}://{domain()}{port}{request.get_full_path()}"


def is_offered(request: HttpRequest) -> bool:
    """Whether keys work at the address by which this page was opened."""
    host = urlsplit(f"//{request.get_host()}").hostname
    return bool(domain()) and host == domain()


def of(user: User) -> "QuerySet[Authenticator]":
    """Somebody's keys, the oldest first."""
    found: QuerySet[Authenticator] = Authenticator.objects.filter(
        user=user, type=Authenticator.Type.WEBAUTHN
    ).order_by("created_at", "pk")
    return found


def one_of(user: User, number: str) -> Authenticator | None:
    """The key of this number when it is theirs; None for every other."""
    return of(user).filter(pk=int(number)).first() if number.isdecimal() and len(number) < _DIGITS else None


def room_for_more(user: User) -> bool:
    """Whether somebody has fewer than rules/policies.yaml allows."""
    return of(user).count() < rulebook.current().policies.sign_in.passkeys_per_person.value


def asked_to_make(user: User) -> str:
    """What a browser is asked for a new key, as JSON; opens the ceremony in this session.

    A key that signs in by itself must be found without naming the account; one of staff only follows the password.
    """
    return json.dumps(_plain(auth.begin_registration(user, passwordless=not user.is_staff_member)))


def asked_to_show(user: User | None = None) -> str:
    """What a browser is asked for a known key, of ``user`` or of whoever it belongs to; opens the ceremony."""
    return json.dumps(_plain(auth.begin_authentication(user)))


def _plain(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _plain(value) if isinstance(value, Mapping) else value for name, value in options.items()}


def add(request: HttpRequest, user: User, name: str, credential: Credential) -> Authenticator:
    """Keep a key whose making was checked, and tell its owner by letter.

    No recovery codes come with it: whoever loses the key signs in by a mailed code, or by password and app.
    """
    with transaction.atomic():
        made: Authenticator = auth.WebAuthn.add(user, name, dict(credential)).instance
        authenticator_added.send(sender=Authenticator, request=request, user=user, authenticator=made)
        post("passkey_added", user, at=clock.now())
    return made


def rename(key: Authenticator, name: str) -> None:
    """Call a key by another name."""
    key.wrap().name = name
    key.save(update_fields=["data"])


def remove(request: HttpRequest, user: User, key: Authenticator) -> None:
    """Let a key sign in no more, and tell its owner by letter; sessions it opened go on."""
    with transaction.atomic():
        delete_and_cleanup(request, key)
        post("passkey_removed", user, at=clock.now())


class SecondFactorOfStaff(AuthenticateStage):  # type: ignore[misc]
    """allauth asks everybody who has a passkey for it, after the mailed code too; here staff alone are asked."""

    def _should_handle(self, request: HttpRequest) -> bool:
        user = self.login.user
        return isinstance(user, User) and user.is_staff_member and bool(super()._should_handle(request))
