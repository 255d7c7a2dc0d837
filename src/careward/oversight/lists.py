"""The lists of the overview: shown on a page, and each to be taken away as ODS, XLSX or CSV.

A list is registered under its word in the address; whatever package lies above may add its own.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import CharField, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.urls import reverse

from careward import rulebook
from careward.accounts.access import COUNTY
from careward.accounts.models import User
from careward.applications.models import Application
from careward.continuing.models import Invitation
from careward.correspondence.models import Letter
from careward.kernel import clock
from careward.kernel.texts import text
from careward.oversight import figures
from careward.oversight.figures import FunnelRow, Stay
from careward.registry.rules import types_of
from careward.rulebook.season import Season
from careward.store.spreadsheets import Cell


@dataclass(frozen=True, slots=True)
class Look:
    """Who looks at which season, and when."""

    viewer: User
    season: Season
    now: datetime


@dataclass(frozen=True, slots=True)
class Listing:
    """One list: ``things`` to page through, how each is written, and where it leads (empty: nowhere)."""

    heading: tuple[str, ...]
    things: "QuerySet[Any] | Sequence[Any]"
    cells: Callable[[Any], list[Cell]]
    address: Callable[[Any], str] = lambda _thing: ""

    def rows(self) -> list[list[Cell]]:
        """Every row, for a file."""
        return [self.cells(thing) for thing in self.things]


Make = Callable[[Look], Listing]
LISTS: Final[dict[str, Make]] = {}


def listing(id: str) -> Callable[[Make], Make]:  # noqa: A002
    """Register a list; its title, and what an empty one says, stand in the texts under ``lists.<id>``."""

    def register(make: Make) -> Make:
        LISTS[id] = make
        return make

    return register


def heading(*columns: str) -> tuple[str, ...]:
    """Columns in words."""
    return tuple(text(f"oversight:columns.{column}") for column in columns)


_CASE: Final = (
    "reference", "code", "name", "county", "type", "kind", "mode", "state", "submitted_at", "completed_at", "days",
)  # fmt: skip


_OPENING: Final = (*COUNTY, "auditor")
"""Who reads the page of a case."""


def _of_cases(look: Look, cases: "QuerySet[Application]") -> Listing:
    def cells(case: Application) -> list[Cell]:
        return [
            case.reference, case.institution_code, case.institution_name, case.county_label, case.type_label,
            case.kind_label, case.mode_label, case.state_label, case.submitted_at, case.completed_at,
            (look.now - case.submitted_at).days if case.submitted_at else None,
        ]  # fmt: skip

    opens = look.viewer.role in _OPENING

    def address(case: Application) -> str:
        return reverse("review:case", args=[case.pk]) if opens else ""

    return Listing(heading(*_CASE), cases, cells, address)


@listing("unsigned")
def unsigned(look: Look) -> Listing:
    """Every case the county still owes a signature."""
    return _of_cases(look, figures.unsigned(look.viewer, look.season.code))


@listing("near")
def near(look: Look) -> Listing:
    """Unsigned, and the review closes soon."""
    return _of_cases(look, figures.near(look.viewer, look.season.code, look.now))


@listing("overdue")
def overdue(look: Look) -> Listing:
    """逾期."""
    return _of_cases(look, figures.overdue(look.viewer, look.season.code, look.now))


@listing("unanswered")
def unanswered(look: Look) -> Listing:
    """未回覆: invited to continue, and nothing came."""

    def cells(one: Invitation) -> list[Cell]:
        known = one.institution
        return [
            known.county_label, known.type_label, known.code, known.name, one.mailbox, one.standing_label,
        ]  # fmt: skip

    columns = heading("county", "type", "code", "name", "to", "state")
    return Listing(columns, figures.unanswered(look.viewer, look.season.code), cells)


def undelivered(look: Look) -> "QuerySet[Letter]":
    """Letters about cases in reach that came back or that the mail server would not take, the newest first."""
    cases = figures.cases(look.viewer, look.season.code)
    abouts = cases.order_by().values_list(
        Concat(Value(f"{Application._meta.label_lower}:"), Cast("pk", CharField())), flat=True
    )
    return Letter.objects.not_arrived().filter(about__in=abouts).order_by("-created_at", "-pk")


@listing("undelivered")
def bounced(look: Look) -> Listing:
    """Letters that did not arrive."""

    def cells(letter: Letter) -> list[Cell]:
        return [
            letter.subject,
            ", ".join(letter.to),
            letter.created_at,
            letter.attempts,
            letter.bounce_code or letter.last_error,
        ]

    return Listing(heading("subject", "to", "created_at", "attempts", "fault"), undelivered(look), cells)


def place(row: FunnelRow) -> list[Cell]:
    """County and type in words; what a row stands for all of is empty."""
    book = rulebook.current()
    county = book.counties[row.county].name if row.county in book.counties else ""
    kind = book.institution_types[row.type].label if row.type in book.institution_types else ""
    return [county, kind]


def funnel_heading() -> tuple[str, ...]:
    """The figures of the funnel in words."""
    states = (text(f"applications:states.application.{state}") for state in figures.STEPS)
    return (*heading("sent"), *states, *heading("accounts", "delivered"))


@listing("funnel")
def funnel(look: Look) -> Listing:
    """How far the cases are, by county and type."""
    rows = figures.funnel(look.viewer, look.season.code)
    return Listing(
        (*heading("county", "type"), *funnel_heading()), rows, lambda row: [*place(row), *row.cells]
    )


def hours(took: timedelta | None) -> float | None:
    """A duration in hours, one decimal."""
    return None if took is None else round(took.total_seconds() / 3600, 1)


@listing("stays")
def stays(look: Look) -> Listing:
    """Time in each stage."""

    def cells(stay: Stay) -> list[Cell]:
        return [stay.label, stay.count, hours(stay.median), hours(stay.p90)]

    return Listing(
        heading("stage", "count", "median", "p90"), figures.stays(look.viewer, look.season.code), cells
    )


MEASURES: Final = ("supplement", "rejection", "unmended")


def compared(look: Look, measure: str) -> figures.Comparison:
    """The comparison over the institution types the viewer has to do with."""
    return figures.comparison(
        types_of(look.viewer),
        look.season,
        measure,
        rulebook.current().policies.oversight.smallest_number.value,
    )


def _comparing(measure: str) -> Make:
    def make(look: Look) -> Listing:
        found = compared(look, measure)
        book = rulebook.current()
        hidden = text("oversight:hidden")

        def cells(line: figures.Compared) -> list[Cell]:
            shares = (line.total, *line.cells)
            return [line.item.text, *(hidden if share is None else share.percent for share in shares)]

        names = (book.county(code).name for code in found.counties)
        return Listing((*heading("item", "nationwide"), *names), found.lines, cells)

    return make


for _measure in MEASURES:
    listing(_measure)(_comparing(_measure))


def look_of(viewer: User) -> Look:
    """The season served now, looked at by somebody."""
    now = clock.now()
    return Look(viewer, rulebook.current().season_at(now, county=viewer.county or rulebook.NATIONWIDE), now)
