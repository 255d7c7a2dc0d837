"""Who works on a case, what officers note for one another and say of findings. None is a state of the case."""

from django.db import transaction

from careward.accounts.access import COUNTY
from careward.accounts.models import User
from careward.applications.findings import Finding
from careward.applications.models import Application
from careward.journal import Actor, acting
from careward.kernel import clock
from careward.registry.deputies import actor_on
from careward.review.models import Assignment, Note, SavedView, Verdict
from careward.review.moving import desk_of


class CannotTake(ValueError):
    """The person does not see the case, so that it cannot be theirs."""


class NoReason(ValueError):
    """A finding is overruled with a reason or not at all."""


def assign(application: Application, to: User | None, by: User) -> None:
    """Give a case to an officer, or back to nobody. Raises :class:`CannotTake`."""
    if to is not None and not Application.objects.visible_to(to).filter(pk=application.pk).exists():
        raise CannotTake(str(to.pk))
    with transaction.atomic(), acting(actor_on(by, application), "application.assign"):
        Assignment.objects.update_or_create(application=application, defaults={"officer": to, "by": by})


def note_down(application: Application, by: User, words: str) -> Note:
    """Keep an internal note; the institution never sees it."""
    with acting(actor_on(by, application), "application.note"):
        return Note.objects.create(application=application, by=by, words=words)


def judge(finding: Finding, by: User, *, holds: bool, reason: str) -> Verdict:
    """Confirm a finding, or overrule it with a reason; the last word of the desk counts, the journal keeps all.

    Raises :class:`NoReason` when it is overruled without one.
    """
    if not holds and not reason.strip():
        raise NoReason(finding.kind)
    said = {"application": finding.application, "holds": holds, "reason": reason, "by": by, "at": clock.now()}
    with transaction.atomic(), acting(actor_on(by, finding.application), "application.judge"):
        verdict, _ = Verdict.objects.update_or_create(finding=finding, defaults=said)
    return verdict


def colleagues(application: Application) -> list[User]:
    """Everybody whose desk the case is at, in the order of their names."""
    desk = desk_of(application)
    people = User.objects.filter(is_active=True, role__in=COUNTY, county=desk.county, unit=desk.unit)
    return list(people.order_by("name", "email"))


def keep_view(owner: User, name: str, query: str) -> None:
    """Keep a search of the queue under a name; the same name again replaces it."""
    with transaction.atomic(), acting(Actor(owner.role, str(owner.pk)), "view.keep"):
        SavedView.objects.update_or_create(owner=owner, name=name, defaults={"query": query})


def forget_view(owner: User, name: str) -> None:
    """Give up a kept search; one there is not is no error."""
    with transaction.atomic(), acting(Actor(owner.role, str(owner.pk)), "view.forget"):
        SavedView.objects.filter(owner=owner, name=name).delete()
