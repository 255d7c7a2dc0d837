"""Telling officers what came in, at once or as a day's digest, and their confirmation of receipt (確認收件)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import Q

from careward import rulebook
from careward.accounts.models import Deputyship, Role, User
from careward.applications.models import Application
from careward.applications.procedure import LACKING, SUBMITTED
from careward.correspondence import post
from careward.flow import Step, after
from careward.journal import Actor, acting
from careward.kernel import clock
from careward.oversight.models import CAUSES, Arrival, How, Notice, NoticeChoice, NoticeLine
from careward.review.moving import desk_of

PURPOSE: Final = "receipt"
SYSTEM: Final = Actor.system("notices")


def officers_at(county: str, unit: str, now: datetime) -> list[User]:
    """Who is to be told of a desk's cases: its officers, and whoever stands in for one of them today."""
    of_desk = User.objects.filter(role=Role.OFFICER, county=county, unit=unit, is_active=True)
    standing_in = Deputyship.objects.in_force(now.date()).filter(person__in=of_desk).values("deputy")
    told = User.objects.filter(Q(pk__in=of_desk.values("pk")) | Q(pk__in=standing_in), is_active=True)
    return list(told.select_related("notice_choice").order_by("email"))


def _arrived(step: Step[Any]) -> None:
    """Note that a case came in, and tell those who want to know at once."""
    application: Application = step.subject
    if step.transition.next not in (SUBMITTED, LACKING):
        return
    if step.transition.next == LACKING and step.transition.act != "submit":
        return
    desk = desk_of(application)
    arrival = Arrival.objects.create(
        application=application, cause=step.transition.act, at=step.at, county=desk.county, unit=desk.unit
    )
    for officer in officers_at(desk.county, desk.unit, step.at):
        if how_of(officer) == How.AT_ONCE:
            _tell(officer, [arrival], step.at)


for _cause in CAUSES:
    after("application", _cause)(_arrived)


def how_of(officer: User) -> str:
    """When an officer wants to be told."""
    choice = getattr(officer, "notice_choice", None)
    return How.AT_ONCE if choice is None else choice.how


def choose(officer: User, how: str) -> NoticeChoice:
    """Note when an officer wants to be told; what came in before is not told again."""
    with transaction.atomic(), acting(Actor(officer.role, str(officer.pk)), "notices.choose"):
        choice, _ = NoticeChoice.objects.update_or_create(
            officer=officer, defaults={"how": How(how), "since": clock.now()}
        )
    return choice


def _tell(officer: User, arrivals: Sequence[Arrival], now: datetime, *, digest: bool = False) -> None:
    notice = Notice.objects.create(officer=officer, posted_at=now, digest_day=now.date() if digest else None)
    NoticeLine.objects.bulk_create(NoticeLine(notice=notice, arrival=arrival) for arrival in arrivals)
    post("cases_arrived", notice)


def send_digests(now: datetime) -> int:
    """Send today's digests that are due and not sent; how many. A second run sends none."""
    if now.hour < rulebook.current().policies.oversight.digest_hour.value:
        return 0
    chosen = NoticeChoice.objects.filter(how=How.DAILY, officer__is_active=True).exclude(
        officer__notices__digest_day=now.date()
    )
    return sum(_digest(choice.pk, now) for choice in chosen)


def _digest(choice_id: int, now: datetime) -> bool:
    with transaction.atomic(), acting(SYSTEM, "notices.digest"):
        choice = NoticeChoice.objects.select_for_update().get(pk=choice_id)
        officer = choice.officer
        if Notice.objects.filter(officer=officer, digest_day=now.date()).exists():
            return False
        pending = _pending(officer, choice.since, now)
        if pending:
            _tell(officer, pending, now, digest=True)
        return bool(pending)


def _pending(officer: User, since: datetime, now: datetime) -> list[Arrival]:
    """What came in for an officer and was neither told to them nor confirmed by anybody."""
    mine = Q(county=officer.county, unit=officer.unit)
    for other in officer.represented():
        mine |= Q(county=other.county, unit=other.unit)
    unheard = Arrival.objects.unconfirmed().filter(mine, at__gt=since, at__lte=now)
    return list(unheard.exclude(lines__notice__officer=officer).select_related("application"))


def confirm(notice: Notice) -> int:
    """Confirm receipt of a notice's cases in its officer's name; how many were still open.

    What came in earlier of the same cases is confirmed with them. A second time confirms nothing.
    """
    by = Actor(notice.officer.role, str(notice.officer.pk))
    with transaction.atomic(), acting(by, "receipt.confirm"):
        cases = Arrival.objects.filter(lines__notice=notice).values("application")
        open_ = (
            Arrival.objects.select_for_update()
            .unconfirmed()
            .filter(application__in=cases, at__lte=notice.posted_at)
        )
        confirmed = list(open_)
        for arrival in confirmed:
            arrival.confirmed_at, arrival.confirmed_by = clock.now(), notice.officer
            arrival.save(update_fields=["confirmed_at", "confirmed_by"])
    return len(confirmed)
