"""Who works on a case, and what officers note for one another. Neither is a state of the case."""

from django.db import transaction

from careward.accounts.models import User
from careward.applications.models import Application
from careward.journal import Actor, acting
from careward.review.models import Assignment, Note


class CannotTake(ValueError):
    """The person does not see the case, so that it cannot be theirs."""


def assign(application: Application, to: User | None, by: User) -> None:
    """Give a case to an officer, or back to nobody. Raises :class:`CannotTake`."""
    if to is not None and not Application.objects.visible_to(to).filter(pk=application.pk).exists():
        raise CannotTake(str(to.pk))
    with transaction.atomic(), acting(Actor(by.role, str(by.pk)), "application.assign"):
        Assignment.objects.update_or_create(application=application, defaults={"officer": to, "by": by})


def note_down(application: Application, by: User, words: str) -> Note:
    """Keep an internal note; the institution never sees it."""
    with acting(Actor(by.role, str(by.pk)), "application.note"):
        return Note.objects.create(application=application, by=by, words=words)
