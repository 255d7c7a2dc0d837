"""The desk's cases as a list: which are shown, in which order, how many of each.

Every page of it asks the database the same number of questions, however many cases there are.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Case, Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.http import QueryDict

from careward.accounts.models import User
from careward.applications.findings import Finding
from careward.applications.models import Application, ApplicationQuerySet
from careward.kernel.text import nfkc, spellings
from careward.review.models import Supplement
from careward.rulebook.season import Season

TABS: Final[Mapping[str, tuple[str, ...]]] = {
    "waiting": ("submitted",),
    "second": ("awaiting_second",),
    "supplement": ("supplement",),
    "lacking": ("lacking",),
    "signed": ("signed_off",),
    "not_mended": ("not_mended",),
    "withdrawn": ("withdrawn",),
    "all": (),
}
"""Views of the list and the states they hold; none means every state."""

FILTERS: Final = ("shown", "q", "type", "mode", "kind", "assignee", "findings", "waited", "overdue")
"""What the address keeps, beside the page."""

MINE, NOBODY, FOUND, CLEAN, YES = "me", "none", "with", "without", "yes"

WAITED: Final = ("1", "2", "3")
"""Whole days a case may be asked to have waited: the desk has four."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to see, read from the address; unknown values fall away."""

    shown: str = "waiting"
    values: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, query: QueryDict) -> "Wish":
        """Take the known parameters of an address."""
        shown = query.get("shown", "waiting")
        values = {name: query.get(name, "").strip()[:120] for name in FILTERS if name != "shown"}
        return cls(
            shown if shown in TABS else "waiting", {name: value for name, value in values.items() if value}
        )

    def address(self, **changes: str) -> str:
        """The query of the same wish with some values changed; empty values are left out."""
        wanted = {"shown": self.shown, **self.values, **changes}
        query = QueryDict(mutable=True)
        for name, value in wanted.items():
            if value and name in FILTERS:
                query[name] = value
        return query.urlencode()


def of_desk(user: User, season: Season) -> ApplicationQuerySet:
    """Every case of the season the person may see."""
    return Application.objects.visible_to(user).of_season(season.code)


def counts(cases: ApplicationQuerySet) -> dict[str, int]:
    """How many cases each tab holds, in one question."""
    by_state = dict(cases.order_by().values_list("state").annotate(Count("pk")))
    return {
        tab: sum(by_state.get(state, 0) for state in states) if states else sum(by_state.values())
        for tab, states in TABS.items()
    }


def listed(
    cases: ApplicationQuerySet, wish: Wish, user: User, closes: datetime, now: datetime
) -> QuerySet[Application]:
    """The cases of a wish by due time, each with ``due`` and ``open_findings``; the longest waiting first."""
    states = TABS[wish.shown]
    found = cases.filter(state__in=states) if states else cases
    for name, value in wish.values.items():
        found = _FILTERS[name](found, value, user)
    if (days := wish.values.get("waited")) in WAITED:
        found = found.annotate(since=_SINCE).filter(since__lte=now - timedelta(days=int(days)))
    running = Supplement.objects.running().filter(application=OuterRef("pk")).values("due_at")[:1]
    shown: QuerySet[Any] = found.annotate(
        due=Coalesce(Case(When(state="supplement", then=Subquery(running))), Value(closes)),
        open_findings=Coalesce(Subquery(_undecided(), output_field=IntegerField()), Value(0)),
    )
    if wish.values.get("overdue"):
        shown = shown.filter(due__lt=now).exclude(state__in=("signed_off", "not_mended", "withdrawn"))
    if wish.values.get("findings") == FOUND:
        shown = shown.filter(open_findings__gt=0)
    elif wish.values.get("findings") == CLEAN:
        shown = shown.filter(open_findings=0)
    return shown.select_related("assignment__officer").order_by("due", _SINCE, "pk")


_SINCE: Final = Coalesce("completed_at", "submitted_at")
_STILL_TO_DO: Final = ("waiting", "second", "supplement", "lacking")


def following(
    cases: ApplicationQuerySet, wish: Wish, user: User, closes: datetime, now: datetime, after: Application
) -> Application | None:
    """The case that comes next in the list somebody works through; behind the last one the first again.

    In a list of decided cases, or of all, the next is the next that waits for review.
    """
    there = wish if wish.shown in _STILL_TO_DO else Wish("waiting", wish.values)
    ids = list(listed(cases, there, user, closes, now).values_list("pk", flat=True))
    place = ids.index(after.pk) if after.pk in ids else -1
    others = [*ids[place + 1 :], *ids[: max(place, 0)]]
    return cases.get(pk=others[0]) if others else None


def _undecided() -> QuerySet[Any]:
    mine = Finding.objects.filter(application=OuterRef("pk"), lifted_at=None, verdict=None)
    return mine.order_by().values("application").annotate(n=Count("pk")).values("n")


def _search(cases: ApplicationQuerySet, value: str, _user: User) -> ApplicationQuerySet:
    plain = " ".join(nfkc(value).split())
    found = Q(institution_code__istartswith=plain) | Q(reference__icontains=plain)
    for spelling in spellings(plain):
        found |= Q(institution_name__icontains=spelling)
    return cases.filter(found)


def _assigned(cases: ApplicationQuerySet, value: str, user: User) -> ApplicationQuerySet:
    if value == MINE:
        return cases.filter(assignment__officer=user)
    if value == NOBODY:
        return cases.filter(Q(assignment=None) | Q(assignment__officer=None))
    return cases.annotate(who=F("assignment__officer__email")).filter(who=value)


def _as_it_is(cases: ApplicationQuerySet, _value: str, _user: User) -> ApplicationQuerySet:
    """Applied later, on what is annotated."""
    return cases


_FILTERS = {
    "q": _search,
    "type": lambda cases, value, _user: cases.filter(institution_type=value),
    "mode": lambda cases, value, _user: cases.filter(mode=value),
    "kind": lambda cases, value, _user: cases.filter(kind=value),
    "assignee": _assigned,
    "findings": _as_it_is,
    "waited": _as_it_is,
    "overdue": _as_it_is,
}
