"""How a programme's money is reckoned: who qualifies, beds, rates, indicators due, exits, caps.

All of it is data of one file in rules/programmes, so that a new year or programme needs no code. Every value
says for which ROC years it holds and where it comes from. Source: domain.md §3 (S4 and what is decided there).
"""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from careward.rulebook.values import ById, Day, Entry, RocYear, Text

AccreditationKind = Literal["regular", "re"]
BedCount = Literal["open_beds", "residents", "anyang_residents", "early_intervention_residents"]
Percent = Annotated[int, Field(ge=0, le=100)]
Amount = Annotated[int, Field(ge=0)]


class Span(Entry):
    """A value that holds for the ROC years `valid_from` … `valid_to`, both included."""

    valid_from: RocYear
    valid_to: RocYear

    def holds_in(self, year: str) -> bool:
        """Whether the value holds in a ROC year."""
        return self.valid_from <= year <= self.valid_to


class Period(Entry):
    """First and last day of the programme; a penalty of these days leads to an exit."""

    first_day: Day
    last_day: Day

    def __contains__(self, day: date) -> bool:
        return self.first_day <= day <= self.last_day


class DayOfYear(Span):
    """A day that comes every year."""

    month: Annotated[int, Field(ge=1, le=12)]
    day: Annotated[int, Field(ge=1, le=31)]

    def of(self, ad_year: int) -> date:
        """Return the day in an AD year."""
        return date(ad_year, self.month, self.day)


class Route(Span):
    """One way to qualify, opened by one passed accreditation of the kinds and days named here.

    `still_valid_on`: that pass must not have run out before this day. `failed_by`: a failed accreditation up
    to this day came first. `founded_by`: set up by this day. `first_accreditation`: none came before.
    """

    id: str
    label: Text
    says: Text
    kinds: tuple[AccreditationKind, ...]
    opened_from: Day | None = None
    opened_to: Day
    still_valid_on: Day | None = None
    failed_by: Day | None = None
    founded_by: Day | None = None
    first_accreditation: bool = False


class Validity(Span):
    """Which passed accreditations carry a qualification on, and which unannounced ones keep a lapse pending."""

    carried_by: tuple[AccreditationKind, ...]
    pending_while: tuple[AccreditationKind, ...]


class BedBasis(Span):
    """What counts as a bed for a type, and what is taken out before the cap."""

    id: str
    type: str
    counted: Literal["open_beds", "residents"]
    taken_out: tuple[BedCount, ...]
    says: Text


class Cap(Span):
    """Beds rewarded at most, per institution and year."""

    beds: Annotated[int, Field(gt=0)]


class Rate(Span):
    """NT$ per bed and year by ownership."""

    id: str
    ownership: str
    amount: Amount


class Due(Span):
    """In which years and for which types an indicator is looked at, and what is looked at.

    `threshold` is the figure to be reached; left out where no source gives one: then whoever checks decides.
    """

    id: str
    types: tuple[str, ...]
    check_point: Text
    threshold: Text | None = None


class Exit(Span):
    """An offence and the penalty for it, both ids of laws.yaml, that end the qualification."""

    id: str
    offence: str
    penalty: str


class Termination(Span):
    """How long an ended qualification stays ended."""

    lasting: Literal[True]


class UnmetExit(Span):
    """Whether an indicator that is due and not met ends the qualification."""

    ends: bool


class AdminCost(Span):
    """What a local government's administration may cost at most, of its reward money, and what it may pay for."""

    percent: Percent
    warn_from_percent: Percent
    pays_for: tuple[Text, ...]


class Bonus(Span):
    """What institutions of these ownerships may pay their staff at most, of the reward."""

    percent: Percent
    warn_from_percent: Percent
    ownerships: tuple[str, ...]


class PerBed(Entry):
    """Rate times beds, once a year, all or nothing (the programme of 109–112)."""

    kind: Literal["per_bed"]
    period: Period
    judged_on: DayOfYear
    results_due: DayOfYear
    routes: ById[Route]
    validity: Validity
    beds: ById[BedBasis]
    cap: Cap
    rates: ById[Rate]
    due: ById[Due]
    termination: Termination
    unmet_indicator: UnmetExit
    exits: ById[Exit]
    admin_cost: AdminCost
    bonus: Bonus

    def basis(self, kind: str, year: str) -> BedBasis | None:
        """What counts as a bed for a type in a year; None for a type the programme does not reward."""
        return next((b for b in self.beds.values() if b.type == kind and b.holds_in(year)), None)

    def rate(self, ownership: str, year: str) -> Rate | None:
        """Return the rate of an ownership in a year."""
        return next((r for r in self.rates.values() if r.ownership == ownership and r.holds_in(year)), None)

    def due_in(self, kind: str, year: str) -> tuple[Due, ...]:
        """Return the indicators due for a type in a year, in the file's order."""
        return tuple(due for due in self.due.values() if kind in due.types and due.holds_in(year))


class PricedItem(Span):
    """An item that earns by itself; `prices` are NT$ a year by bed-size class."""

    id: str
    indicator: str
    label: Text
    prices: dict[str, Amount]


class BedClass(Entry):
    """A class of sizes: beds from … to, both included; without `beds_to` no upper end."""

    id: str
    beds_from: Annotated[int, Field(ge=0)]
    beds_to: Annotated[int, Field(ge=0)] | None = None


class PriceTable(Entry):
    """Classes and priced items; both empty as long as they are not public."""

    bed_classes: ById[BedClass]
    items: ById[PricedItem]


class KnownRange(Entry):
    """What is publicly known of the yearly amounts, NT$, to compare with."""

    lowest: Amount
    highest: Amount
    indicators: Amount
    items: Amount


class PricedItems(Entry):
    """Items earn independently, priced by bed-size class (the programme of 113–116)."""

    kind: Literal["priced_items"]
    known: KnownRange
    price_table: PriceTable
