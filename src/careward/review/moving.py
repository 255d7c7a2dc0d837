"""Handing cases over: to another county or unit, with a reason; and how a desk works."""

from typing import Any

from django.db import transaction

from careward import rulebook
from careward.accounts.models import Role, User
from careward.applications.models import Application
from careward.flow import Refusal, Step, act, guard
from careward.journal import Actor, acting
from careward.review.models import DeskSetting, Transfer
from careward.review.rules import Desk


def desk_of(application: Application) -> Desk:
    """The county and the local unit in charge of a case."""
    unit = application.unit or in_charge(application.institution_type, application.county)
    return Desk(application.county, unit)


def in_charge(institution_type: str, county: str) -> str:
    """The local unit that a county has in charge of a type."""
    return rulebook.current().local_unit(institution_type, county).id


def second_step_at(desk: Desk) -> bool:
    """Whether a supervisor confirms what this desk's officers sign; off until a supervisor switches it on."""
    return DeskSetting.objects.filter(county=desk.county, unit=desk.unit, second_step=True).exists()


class NotTheirDesk(Exception):
    """The person is not the supervisor of the desk, nor stands in for one today."""


def desks_of(user: User) -> tuple[Desk, ...]:
    """The person's own desk, then those of whom they stand in for today; none of somebody without a county."""
    return tuple(
        dict.fromkeys(Desk(one.county, one.unit) for one in (user, *user.represented()) if one.county)
    )


def led_by(user: User, desk: Desk) -> User | None:
    """The supervisor of a desk whom somebody is, or stands in for today; None when neither."""
    people = (user, *user.represented())
    return next((p for p in people if p.role == Role.SUPERVISOR and Desk(p.county, p.unit) == desk), None)


def set_second_step(user: User, desk: Desk | None, *, on: bool) -> DeskSetting:
    """Switch the second step of a desk on or off; cases already signed stay as they are.

    Raises :class:`NotTheirDesk`, for no desk at all too.
    """
    chief = led_by(user, desk) if desk else None
    if desk is None or chief is None:
        raise NotTheirDesk
    by = Actor(chief.role, str(user.pk), "" if chief == user else str(chief.pk))
    with transaction.atomic(), acting(by, "desk.set"):
        setting, _ = DeskSetting.objects.update_or_create(
            county=desk.county, unit=desk.unit, defaults={"second_step": on}
        )
    return setting


@guard("application", "another_desk")
def another_desk(step: Step[Any]) -> Refusal | None:
    """A transfer leads to a desk there is, and not to the one the case is at."""
    book, to = rulebook.current(), Desk(step.facts["county"], step.facts["unit"])
    if to.county not in book.counties or to.unit not in book.types.local_units:
        return Refusal("desk_unknown")
    return Refusal("desk_unchanged") if to == desk_of(step.subject) else None


@act("application", "transfer")
def transfer(step: Step[Application], *, county: str, unit: str, reason: str) -> None:
    """Hand the case to the desk of ``county`` and ``unit``; whoever had it sees it no more."""
    application = step.subject
    came_from = desk_of(application)
    Transfer.objects.create(
        application=application,
        by=User.objects.get(pk=step.by.id),
        at=step.at,
        from_county=came_from.county,
        from_unit=came_from.unit,
        to_county=county,
        to_unit=unit,
        reason=reason,
    )
    application.county = county
    application.unit = "" if unit == in_charge(application.institution_type, county) else unit
