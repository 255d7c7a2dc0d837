"""Warning a desk of unsigned cases as the review's end nears: the season's ladder, each rung once."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Count, Q

from careward import rulebook
from careward.accounts.models import Deputyship, User
from careward.applications.models import Application
from careward.correspondence import post
from careward.journal import Actor, acting
from careward.kernel import clock
from careward.oversight.figures import UNSIGNED
from careward.oversight.models import UnsignedWarning
from careward.review.rules import Desk
from careward.rulebook.season import EscalationStep, Season

SYSTEM: Final = Actor.system("warnings")


def rung(season: Season, now: datetime) -> EscalationStep | None:
    """The lowest rung of a county's ladder that is reached at ``now``; None above the first and after the last day.

    The rung at the end itself is reached when the review has closed, not before (domain.md §2: 17:00 counts).
    """
    closes = season.moment("review_closes")
    if not season.sign_off_open(now):
        return None
    reached = [
        step
        for step in season.escalation.values()
        if (
            now >= closes.at - timedelta(hours=step.hours_before) if step.hours_before else closes.passed(now)
        )
    ]
    return reached[-1] if reached else None


def unsigned_by_desk(season: str) -> Counter[Desk]:
    """How many cases each desk still owes a signature."""
    book = rulebook.current()
    counted = (
        Application.objects.of_season(season)
        .filter(state__in=UNSIGNED)
        .order_by()
        .values_list("county", "institution_type", "unit")
        .annotate(n=Count("pk"))
    )
    desks: Counter[Desk] = Counter()
    for county, kind, unit, n in counted:
        desks[Desk(county, unit or book.local_unit(kind, county).id)] += n
    return desks


def send_warnings(now: datetime) -> int:
    """Send every desk the warning that is due and was not sent; how many. A second run sends none.

    When the worker slept over a rung, only the lowest one reached is sent.
    """
    book = rulebook.current()
    code = book.season_at(now, county=rulebook.NATIONWIDE).code
    sent = 0
    for desk, cases in unsigned_by_desk(code).items():
        step = rung(book.season(code, county=desk.county), now)
        if step is not None:
            sent += _warn(code, desk, step, cases, now)
    return sent


def _warn(season: str, desk: Desk, step: EscalationStep, cases: int, now: datetime) -> bool:
    key = {"season": season, "county": desk.county, "unit": desk.unit, "step": step.id}
    if UnsignedWarning.objects.filter(**key).exists() or not recipients(desk, step):
        return False
    with transaction.atomic(), acting(SYSTEM, "desk.warn"):
        warning, made = UnsignedWarning.objects.get_or_create(**key, defaults={"cases": cases, "at": now})
        if made:
            post("unsigned_warning", warning)
    return made


def recipients(desk: Desk, step: EscalationStep) -> list[str]:
    """Addresses of those whom a rung warns, and of who stands in for them today."""
    people = User.objects.filter(role__in=step.to, county=desk.county, unit=desk.unit, is_active=True)
    standing_in = Deputyship.objects.in_force(clock.now().date()).filter(person__in=people)
    warned = User.objects.filter(Q(pk__in=people) | Q(pk__in=standing_in.values("deputy")), is_active=True)
    return list(warned.order_by("email").values_list("email", flat=True))
