"""Figures over the cases somebody may see, counted by the database; nothing here depends on how many there are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import (
    Aggregate,
    Count,
    DurationField,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)
from django.db.models.functions import Coalesce

from careward import rulebook
from careward.applications.models import Application
from careward.applications.procedure import (
    AWAITING_SECOND,
    LACKING,
    NOT_MENDED,
    SIGNED_OFF,
    SUBMITTED,
    SUPPLEMENT,
    WITHDRAWN,
)
from careward.continuing.models import Invitation
from careward.continuing.procedure import AGREED, CHANGED
from careward.intake.models import Delivery
from careward.kernel.texts import text
from careward.oversight.rules import Published, Share, publishable
from careward.review.models import SignOff, Supplement, SupplementItem
from careward.rulebook.season import ChecklistItem, Season

STEPS: Final = (LACKING, SUBMITTED, SUPPLEMENT, AWAITING_SECOND, SIGNED_OFF, NOT_MENDED, WITHDRAWN)
"""The columns of the funnel, in the order of the way."""
UNSIGNED: Final = (LACKING, SUBMITTED, SUPPLEMENT, AWAITING_SECOND)
"""States in which the county still owes a signature."""


@dataclass(frozen=True, slots=True)
class FunnelRow:
    """Cases of one county and type (or of all): sent, by state, with an account, with accepted data."""

    county: str
    type: str
    sent: int
    states: Mapping[str, int]
    accounts: int
    delivered: int

    @property
    def cells(self) -> list[int]:
        """The figures in the order of :func:`funnel_heading`."""
        return [self.sent, *(self.states[state] for state in STEPS), self.accounts, self.delivered]


def cases(viewer: object, season: str) -> "QuerySet[Application]":
    """The sent applications of a season that somebody may see."""
    return Application.objects.visible_to(viewer).of_season(season)


def funnel(viewer: object, season: str) -> list[FunnelRow]:
    """How far the cases are, by county and type, in the rulebook's order. One query."""
    made = Q(upload_account__state__in=("created", "notified", "suspended"))
    delivered = Delivery.objects.filter(state="accepted").values("account__application")
    counted = (
        cases(viewer, season)
        .order_by()
        .values("county", "institution_type")
        .annotate(
            sent=Count("pk", distinct=True),
            accounts=Count("pk", filter=made, distinct=True),
            delivered=Count("pk", filter=Q(pk__in=delivered), distinct=True),
            **{f"in_{s}": Count("pk", filter=Q(state=s), distinct=True) for s in STEPS},
        )
    )
    rows = [_funnel_row(row) for row in counted]
    book = rulebook.current()
    order = (
        {code: n for n, code in enumerate(book.counties)},
        {id_: n for n, id_ in enumerate(book.institution_types)},
    )
    return sorted(rows, key=lambda row: (order[0].get(row.county, 99), order[1].get(row.type, 99)))


def _funnel_row(row: Mapping[str, Any]) -> FunnelRow:
    states = {state: row[f"in_{state}"] for state in STEPS}
    return FunnelRow(
        row["county"], row["institution_type"], row["sent"], states, row["accounts"], row["delivered"]
    )


def together(rows: Sequence[FunnelRow], *, county: str = "", type_: str = "") -> FunnelRow:
    """Several rows as one."""
    states = {state: sum(row.states[state] for row in rows) for state in STEPS}
    return FunnelRow(
        county,
        type_,
        sum(row.sent for row in rows),
        states,
        sum(row.accounts for row in rows),
        sum(row.delivered for row in rows),
    )


def by_county(rows: Sequence[FunnelRow]) -> list[FunnelRow]:
    """One row per county."""
    codes = dict.fromkeys(row.county for row in rows)
    return [together([row for row in rows if row.county == code], county=code) for code in codes]


def by_type(rows: Sequence[FunnelRow]) -> list[FunnelRow]:
    """One row per institution type, in the rulebook's order."""
    known = {row.type for row in rows}
    ids = [id_ for id_ in rulebook.current().institution_types if id_ in known]
    return [together([row for row in rows if row.type == id_], type_=id_) for id_ in ids]


class _Percentile(Aggregate):
    """The value below which a fraction of the durations lies, between two when it falls there."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(%(fraction)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = DurationField()


@dataclass(frozen=True, slots=True)
class Stay:
    """How long cases stay in one stage: how many left it, the median and the 90th percentile."""

    stage: str
    count: int
    median: timedelta | None
    p90: timedelta | None

    @property
    def label(self) -> str:
        """The stage in words."""
        return text(f"oversight:stages.{self.stage}")


def stays(viewer: object, season: str, county: str = "") -> list[Stay]:
    """Time in each stage, of the cases that have left it. Four queries."""
    seen = cases(viewer, season)
    if county:
        seen = seen.filter(county=county)
    within = {"application__in": seen.values("pk")}
    signed = SignOff.objects.in_force().filter(**within)
    return [
        _stay("documents", seen.filter(completed_at__isnull=False), F("completed_at") - F("submitted_at")),
        _stay(
            "supplement",
            Supplement.objects.filter(closed_at__isnull=False, **within),
            F("closed_at") - F("asked_at"),
        ),
        _stay(
            "review",
            signed,
            Coalesce(F("second_at"), F("signed_at")) - F("application__completed_at"),
        ),
        _stay(
            "account",
            signed.filter(application__upload_account__created_at__isnull=False),
            F("application__upload_account__created_at") - F("signed_at"),
        ),
    ]


def _stay(stage: str, of: "QuerySet[Any]", took: Any) -> Stay:
    found = (
        of.order_by()
        .annotate(took=ExpressionWrapper(took, output_field=DurationField()))
        .filter(took__gte=timedelta(0))
        .aggregate(
            count=Count("pk"), median=_Percentile("took", fraction=0.5), p90=_Percentile("took", fraction=0.9)
        )
    )
    return Stay(stage, found["count"], found["median"], found["p90"])


@dataclass(frozen=True, slots=True)
class Compared:
    """One checklist item: by county what share of reviewed cases it was about, and the published total."""

    item: ChecklistItem
    cells: tuple[Share | None, ...]
    total: Share | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Supplement (or rejection) rates by item and county; None stands for what is not published."""

    counties: tuple[str, ...]
    reviewed: tuple[int, ...]
    lines: tuple[Compared, ...]

    @property
    def hides(self) -> bool:
        """Whether anything is not published."""
        return any(cell is None for line in self.lines for cell in (*line.cells, line.total))


def comparison(types: Sequence[str], season: Season, measure: str, threshold: int) -> Comparison:
    """Compare all counties over institution ``types`` by one ``measure``: supplement, rejection or unmended.

    Whoever compares sees every county, so figures go through :func:`careward.oversight.rules.publishable`.
    Two queries.
    """
    book = rulebook.current()
    of = Application.objects.sent().of_season(season.code).filter(institution_type__in=types)
    reviewed = _reviewed(of)
    about = _about(of, measure)
    counties = tuple(code for code in book.counties if reviewed.get(code))
    lines = [
        _compared(
            item, [Share(about.get((code, item.id), 0), reviewed[code]) for code in counties], threshold
        )
        for item in season.checklist.values()
    ]
    return Comparison(counties, tuple(reviewed[code] for code in counties), tuple(lines))


def _reviewed(of: "QuerySet[Application]") -> dict[str, int]:
    """Cases by county that the desk has decided on, or has asked to have mended."""
    decided = Q(state__in=(AWAITING_SECOND, SIGNED_OFF, NOT_MENDED, SUPPLEMENT)) | Q(
        supplements__isnull=False
    )
    counted = of.filter(decided).order_by().values("county").annotate(n=Count("pk", distinct=True))
    return {row["county"]: row["n"] for row in counted}


def _about(of: "QuerySet[Application]", measure: str) -> dict[tuple[str, str], int]:
    """In how many cases of a county an item was asked for, each case once however many rounds asked for it.

    ``supplement``: in any round. ``rejection``: in any round of a case that ended as 未依限補正, since every round said
    that the item did not hold then. ``unmended``: in the last round of such a case, what was never put right.
    """
    items = SupplementItem.objects.filter(supplement__application__in=of.values("pk"))
    if measure in ("rejection", "unmended"):
        items = items.filter(supplement__application__state=NOT_MENDED)
    if measure == "unmended":
        rounds = Supplement.objects.filter(application=OuterRef("supplement__application")).order_by(
            "-number"
        )
        items = items.filter(supplement__number=Subquery(rounds.values("number")[:1]))
    counted = (
        items.order_by()
        .values("supplement__application__county", "item")
        .annotate(n=Count("supplement__application", distinct=True))
    )
    return {(row["supplement__application__county"], row["item"]): row["n"] for row in counted}


def _compared(item: ChecklistItem, column: list[Share], threshold: int) -> Compared:
    shown: Published = publishable(column, threshold)
    total = Share(sum(share.part for share in column), sum(share.whole for share in column))
    cells = tuple(share if open_ else None for share, open_ in zip(column, shown.cells, strict=True))
    return Compared(item, cells, total if shown.total else None)


def unsigned(viewer: object, season: str) -> "QuerySet[Application]":
    """Cases the counties still owe a signature, the longest sent first."""
    return cases(viewer, season).filter(state__in=UNSIGNED).order_by("submitted_at", "pk")


def unanswered(viewer: object, season: str) -> "QuerySet[Invitation]":
    """未回覆: institutions invited to continue that neither agreed, sent a change nor applied anew."""
    invited = Invitation.objects.visible_to(viewer).of_season(season).with_standing()
    return invited.exclude(state__in=(AGREED, CHANGED)).filter(Q(("anew_sent", False)))


def counties_where(season: str, condition: Any) -> list[str]:
    """Codes of the counties for whose moments of the season ``condition`` holds."""
    book = rulebook.current()
    return [code for code in book.counties if condition(book.season(season, county=code))]


def overdue(viewer: object, season: str, now: datetime) -> "QuerySet[Application]":
    """逾期: unsigned after the county's review deadline (domain.md §2)."""
    return unsigned(viewer, season).filter(
        county__in=counties_where(season, lambda rules: rules.review_overdue(now))
    )


def near(viewer: object, season: str, now: datetime) -> "QuerySet[Application]":
    """Unsigned, and the county's review closes within the hours of rules/policies.yaml."""
    soon = now + rulebook.current().policies.oversight.near
    return unsigned(viewer, season).filter(
        county__in=counties_where(
            season, lambda rules: not rules.review_overdue(now) and rules.moment("review_closes").at <= soon
        )
    )
