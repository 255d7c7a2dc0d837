"""People who sign in: accounts with any role, and clients that have passed password and second factor."""

import re
from typing import Any

from django.test import Client

from careward.accounts import second_factor
from careward.accounts.models import User
from careward.correspondence.models import Letter
from careward.journal import Actor, acting
from careward.members.models import Member
from careward.registry.models import Institution

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
        known = {**_NEEDED.get(role, {}), **fields}
        code, position = known.pop("institution_code", ""), known.pop("position", "head")
        user: User = User.objects.create_user(
            email or f"{role}@example.org",
            password,
            name=known.pop("name", "王小明"),
            role=role,
            **known,
        )
        if code:
            seated(user, code, position)
        return user


def seated(user: User, code: str, position: str = "head") -> Member:
    """Somebody's seat at an institution, which is made when there is none of this code."""
    with acting(Actor.system("test"), "prepare"):
        there, _ = Institution.objects.get_or_create(
            code=code,
            defaults={
                "name": "範例護理之家",
                "type": "general_nursing",
                "county": "10007",
                "ownership": "private",
            },
        )
        if position == "head":
            Member.objects.at(there).heads().update(state="ended")
        return Member.objects.create(
            state="active", user=user, institution=there, position=position, name=user.name
        )


def sign_in(client: Client, user: User) -> Client:
    """Sign somebody in as if password and second factor had been right; the pages themselves are not used."""
    client.force_login(user)
    session = client.session
    second_factor.prove(session, user)
    session.save()
    return client


def mailed_code(email: str) -> str:
    """The code of the newest letter with one to this mailbox."""
    body = Letter.objects.filter(to=[email], kind="login_code").latest("created_at", "pk").body
    found = re.search(r"^  ([A-Z]{4}-[A-Z]{4})$", body, re.MULTILINE)
    assert found
    return found[1]


def by_mailed_code(client: Client, user: User) -> Client:
    """Sign somebody of an institution in by the pages, as they do."""
    client.post("/accounts/sign-in/code/", {"email": user.email})
    client.post("/accounts/sign-in/code/confirm/", {"code": mailed_code(user.email)})
    assert client.session["_auth_user_id"] == str(user.pk)
    return client
