"""In which roles and in whose place somebody acts on a thing (職務代理): asked of dates and of everybody's reach."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied

from careward import rulebook
from careward.accounts.models import User
from careward.flow import represent
from careward.flow.models import Subject
from careward.journal import Actor


@dataclass(frozen=True, slots=True)
class Alone:
    """Somebody's own reach, without what a deputy sees besides."""

    role: str
    county: str
    unit: str
    institution_code: str

    @classmethod
    def of(cls, user: User) -> "Alone":
        """The reach of a person."""
        return cls(user.role, user.county, user.unit, user.institution_code)


def roles_on(user: User, thing: Any) -> tuple[str, ...]:
    """In which roles a person may act on a thing now.

    The own role first, then those of whom they stand in for today; each only where the thing lies in that person's
    own reach. So a supervisor who stands in for an officer elsewhere is an officer there, and nothing more.
    """
    people = (user, *user.represented())
    return tuple(dict.fromkeys(one.role for one in people if _reaches(one, thing)))


def acts_on(user: User, thing: Subject) -> Mapping[str, str]:
    """The acts a person may try on a thing now, each with the role it is done in: the buttons to offer."""
    return {
        act: role
        for role in reversed(roles_on(user, thing))
        for act in thing.open_to(role)
    }  # fmt: skip


def actor_for(user: User, thing: Subject, act: str) -> Actor:
    """The person as an actor of one act, in the role that may do it; in the own role when none may, to be refused."""
    return Actor(acts_on(user, thing).get(act, user.role), str(user.pk))


def actor_on(user: User, thing: Any) -> Actor:
    """The person as an actor on a thing, for changes outside a procedure: marked when it is done as a deputy."""
    by = Actor(next(iter(roles_on(user, thing)), user.role), str(user.pk))
    return replace(by, deputy_for=in_whose_place(thing, by))


@represent
def in_whose_place(thing: Any, by: Actor) -> str:
    """Id of the person in whose place somebody acts on a thing; empty for one's own work.

    That is whoever is represented, has the role that is acted in, and reaches the thing. Things are asked by their
    model's ``visible_to``; one that has none, or is only being made, is nobody's. Raises PermissionDenied for a role
    that the person has nowhere, and for the own role on what is reached only as a deputy in another.
    """
    user = _person(by)
    if user is None:
        return ""
    if user.role == by.role and (not user.represented() or not _asked(thing) or _reaches(user, thing)):
        return ""
    reaching = [one for one in user.represented() if _reaches(one, thing)]
    whom = next((str(one.pk) for one in reaching if one.role == by.role), "")
    if not whom and (reaching or user.role != by.role):
        raise PermissionDenied(f"{by.id} does not act as {by.role} here")
    return whom


def _asked(thing: Any) -> Any:
    """The question who sees the thing; None where it is not asked."""
    known = getattr(getattr(type(thing), "objects", None), "visible_to", None)
    return None if getattr(getattr(thing, "_state", None), "adding", True) else known


def _reaches(user: User, thing: Any) -> bool:
    known = _asked(thing)
    return known is not None and known(Alone.of(user)).filter(pk=thing.pk).exists()


def _person(by: Actor) -> User | None:
    role = rulebook.current().roles.get(by.role)
    if role is None or not role.deputies:
        return None
    try:
        return User.objects.filter(pk=UUID(by.id)).first()
    except ValueError:
        return None
