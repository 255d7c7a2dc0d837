"""In whose place somebody acts on a thing (職務代理): asked of the dates and of both people's reach."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from careward import rulebook
from careward.accounts.models import User
from careward.flow import represent
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


def actor_on(user: User, thing: Any) -> Actor:
    """The person as an actor on a thing, for changes outside a procedure: marked when it is done as a deputy."""
    by = Actor(user.role, str(user.pk))
    return replace(by, deputy_for=in_whose_place(thing, by))


@represent
def in_whose_place(thing: Any, by: Actor) -> str:
    """Id of the person in whose reach ``thing`` lies, when it does not lie in the actor's own; else empty.

    Things are asked by their model's ``visible_to``; one that has none is nobody's.
    """
    user = _person(by)
    known = getattr(getattr(type(thing), "objects", None), "visible_to", None)
    if user is None or known is None or not (others := user.represented()):
        return ""
    if known(Alone.of(user)).filter(pk=thing.pk).exists():
        return ""
    return next((str(p.pk) for p in others if known(Alone.of(p)).filter(pk=thing.pk).exists()), "")


def _person(by: Actor) -> User | None:
    role = rulebook.current().roles.get(by.role)
    if role is None or not role.deputies:
        return None
    try:
        return User.objects.filter(pk=UUID(by.id), role=by.role).first()
    except ValueError:
        return None
