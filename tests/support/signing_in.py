"""People who sign in: accounts with any role, and clients that have passed password and second factor."""

from typing import Any

from django.test import Client

from careward.accounts import second_factor
from careward.accounts.models import User
from careward.journal import Actor, acting

PASSWORD = "kiwi lantern 94 orbit velvet"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"

_NEEDED: dict[str, dict[str, str]] = {
    "officer": {"county": "63000", "unit": "health"},
    "supervisor": {"county": "63000", "unit": "health"},
    "ministry": {"unit": "nursing"},
    "institution": {"institution_code": "1101010012"},
}


def person(role: str, email: str = "", *, password: str | None = None, **fields: Any) -> User:
    """An account of a role, with what its constraints ask for; without a password unless one is given."""
    with acting(Actor.system("test"), "prepare"):
        user: User = User.objects.create_user(
            email or f"{role}@example.org",
            password,
            name=fields.pop("name", "王小明"),
            role=role,
            **{**_NEEDED.get(role, {}), **fields},
        )
        return user


def sign_in(client: Client, user: User) -> Client:
    """Sign somebody in as if password and second factor had been right; the pages themselves are not used."""
    client.force_login(user)
    session = client.session
    second_factor.prove(session, user)
    session.save()
    return client
