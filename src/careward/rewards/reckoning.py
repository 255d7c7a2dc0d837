"""The reward of one institution in one year: decided here, rule by rule, from facts and the rulebook alone.

All or nothing: rate × beds when the qualification stands, every indicator due is met and nothing ended the
qualification. An exit takes the reward of its year and of every later one; earlier years stay as they are.
Source: domain.md §3 (S4, and what is decided there); the rules themselves lie in rules/programmes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from careward.kernel.roc import ad_year, year_of
from careward.rewards.columns import Known
from careward.rewards.facts import MET, Accreditation, Facts, Penalty
from careward.rulebook.book import Rulebook
from careward.rulebook.laws import Laws
from careward.rulebook.places import InstitutionTypes
from careward.rulebook.programme import Programme
from careward.rulebook.reward import BedBasis, Due, Exit, PerBed, Rate, Route
from careward.rulebook.values import UnknownCode

Standing = Literal["stands", "type", "no-route", "lapsed", "suspended", "accreditation-pending"]
Weight = Literal["exit", "earlier", "later", "outside-period", "not-listed", "numbering"]


class NotCalculable(Exception):
    """The programme's rules do not allow a calculation yet; ``programme`` is its id.

    ``filled``: its price table holds items, but a calculation by items is not built.
    """

    def __init__(self, programme: str, *, filled: bool) -> None:
        super().__init__(programme)
        self.programme, self.filled = programme, filled


@dataclass(frozen=True, slots=True)
class Qualification:
    """Whether the institution qualifies on the judged day: by which route, opened and carried by what."""

    standing: Standing
    route: Route | None = None
    opening: Accreditation | None = None
    carrying: Accreditation | None = None


@dataclass(frozen=True, slots=True)
class Weighed:
    """A penalty and what it means for the year; ``exit`` is the rule it falls under, if any."""

    penalty: Penalty
    weight: Weight
    exit: Exit | None = None

    @property
    def year(self) -> str:
        """ROC year of the penalty, which is the year of the exit."""
        return year_of(self.penalty.penalty_date)


@dataclass(frozen=True, slots=True)
class Ended:
    """An exit of an earlier year: the year and the rules that caused it."""

    year: str
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Beds:
    """Beds before anything is taken out, after that, and after the cap."""

    basis: BedBasis | None
    found: int
    taken_out: int
    before_cap: int
    counted: int
    cap: int


@dataclass(frozen=True, slots=True)
class Decision:
    """All that was decided for one institution and year."""

    facts: Facts
    year: str
    judged_on: date
    qualification: Qualification
    penalties: tuple[Weighed, ...]
    ended_before: Ended | None
    ended_by_decision: bool
    indicators: tuple[tuple[Due, str], ...]
    exit_rules: tuple[str, ...]
    beds: Beds
    rate: Rate | None
    eligible: bool
    amount: int
    reasons: tuple[str, ...]

    @property
    def route(self) -> str | None:
        """Id of the route the qualification came by."""
        return self.qualification.route.id if self.qualification.route else None

    @property
    def eligible_from(self) -> date | None:
        """The day the route opened: the earlier of announcement and effective date."""
        return self.qualification.opening.since if self.qualification.opening else None

    @property
    def rate_amount(self) -> int:
        """NT$ per bed; 0 for a type the programme does not reward."""
        return self.rate.amount if self.rate else 0

    @property
    def exits(self) -> Ended | None:
        """What this year hands on to the later ones."""
        if self.ended_before:
            return self.ended_before
        return Ended(self.year, self.exit_rules) if self.exit_rules else None


@dataclass(frozen=True, slots=True)
class YearRules:
    """What of a programme holds in one year."""

    year: str
    rules: PerBed
    laws: Laws
    judged_on: date
    exits: Mapping[tuple[str, str], Exit]
    due: Mapping[str, tuple[Due, ...]]
    routes: tuple[Route, ...]
    labels: Mapping[str, str]
    types: InstitutionTypes

    @classmethod
    def of(cls, programme: Programme, laws: Laws, types: InstitutionTypes, year: str) -> "YearRules":
        """Pick the rules of a year. Raises NotCalculable when the programme has none of this kind."""
        rules = programme.reward
        if not isinstance(rules, PerBed):
            raise NotCalculable(programme.programme.id, filled=bool(rules and rules.price_table.items))
        return cls(
            year=year,
            rules=rules,
            laws=laws,
            judged_on=rules.judged_on.of(ad_year(year)),
            exits={(exit_.offence, exit_.penalty): exit_ for exit_ in rules.exits.values()},
            due={kind: rules.due_in(kind, year) for kind in programme.institution_types.value},
            routes=tuple(route for route in rules.routes.values() if route.holds_in(year)),
            labels={code: indicator.label for code, indicator in programme.indicators.items()},
            types=types,
        )


class Reckoner:
    """Decides by one programme's rules. Raises NotCalculable where they allow no calculation."""

    def __init__(self, programme: Programme, laws: Laws, types: InstitutionTypes) -> None:
        self.programme = programme
        self.years = {year: YearRules.of(programme, laws, types, year) for year in programme.years}
        self.known = Known.of(types, programme)

    @classmethod
    def of(cls, book: Rulebook, programme: str) -> "Reckoner":
        """Take a programme of a rulebook by its id. Raises UnknownCode, NotCalculable."""
        return cls(book.programme(programme), book.laws, book.types)

    def decide(self, facts: Facts, year: str, ended: Ended | None = None) -> Decision:
        """Decide one year; ``ended`` is an exit of an earlier year. UnknownCode: not a year of the programme."""
        if year not in self.years:
            raise UnknownCode("programme year", year)
        return decide(facts, self.years[year], ended)

    def decide_years(self, by_year: Mapping[str, Facts]) -> list[Decision]:
        """Decide several years of one institution in their order; an exit carries into the later ones."""
        ended: Ended | None = None
        decisions = []
        for year in sorted(by_year):
            decision = self.decide(by_year[year], year, ended)
            decisions.append(decision)
            ended = decision.exits
        return decisions


def decide(facts: Facts, rules: YearRules, ended: Ended | None = None) -> Decision:
    """Decide one institution-year."""
    qualification = qualify(facts, rules)
    penalties = tuple(weigh(penalty, rules) for penalty in facts.penalties)
    ended_before = _earliest(ended, penalties)
    ended_by_decision = facts.ended_on is not None and year_of(facts.ended_on) <= rules.year
    eligible = qualification.standing == "stands" and not ended_before and not ended_by_decision
    due = rules.due.get(facts.type, ())
    indicators = tuple((one, facts.state_of(one.id)) for one in due)
    exit_rules = _exit_rules(penalties, indicators, rules, eligible=eligible)
    beds = count_beds(facts, rules)
    rate = rules.rules.rate(facts.ownership, rules.year) if beds.basis else None
    all_met = all(state in MET for _, state in indicators)
    earns = eligible and not exit_rules and all_met and rate is not None
    return Decision(
        facts=facts,
        year=rules.year,
        judged_on=rules.judged_on,
        qualification=qualification,
        penalties=penalties,
        ended_before=ended_before,
        ended_by_decision=ended_by_decision,
        indicators=indicators,
        exit_rules=exit_rules,
        beds=beds,
        rate=rate,
        eligible=eligible,
        amount=rate.amount * beds.counted if earns and rate else 0,
        reasons=(
            _earning(qualification, beds, rate)
            if earns and rate
            else _refusing(qualification, ended_before, exit_rules, indicators, by_decision=ended_by_decision)
        ),
    )


def results(facts: Facts) -> list[tuple[date, Accreditation]]:
    """Return the announced accreditations with the day each counts from, in that order."""
    announced = [(since, one) for one in facts.accreditations if (since := one.since)]
    return sorted(announced, key=lambda pair: pair[0])


def qualify(facts: Facts, rules: YearRules) -> Qualification:
    """Say whether the institution qualifies on the year's judged day, and by what."""
    if facts.type not in rules.due:
        return Qualification("type")
    day, known = rules.judged_on, results(facts)
    carrying = next(
        (
            one
            for _, one in reversed(known)
            if one.covers(day) and one.kind in rules.rules.validity.carried_by
        ),
        None,
    )
    for route in rules.routes:
        if opening := opening_of(route, facts, known, day):
            standing = "stands" if carrying else _gap(facts, known, rules)
            return Qualification(standing, route, opening, carrying)
    standing = _gap(facts, known, rules)
    return Qualification(standing if standing == "accreditation-pending" else "no-route")


def _gap(facts: Facts, known: list[tuple[date, Accreditation]], rules: YearRules) -> Standing:
    """Why nothing is in validity: a result to come, a failed accreditation, or validity that ran out."""
    if any(
        one.announced is None and one.kind in rules.rules.validity.pending_while
        for one in facts.accreditations
    ):
        return "accreditation-pending"
    by_then = [one for since, one in known if since <= rules.judged_on]
    return "suspended" if by_then and not by_then[-1].passed else "lapsed"


def opening_of(
    route: Route, facts: Facts, known: list[tuple[date, Accreditation]], day: date
) -> Accreditation | None:
    """Return the first passed accreditation that opens a route by a day, None while it stays shut."""
    if not (founded_in_time(route, facts) and failed_before(route, known)):
        return None
    first = known[0][0] if known else None
    for since, one in known:
        in_window = (route.opened_from or since) <= since <= min(route.opened_to, day)
        if not (in_window and one.passed and one.kind in route.kinds):
            continue
        if route.still_valid_on and not one.runs_until(route.still_valid_on):
            continue
        if not route.first_accreditation or since == first:
            return one
    return None


def founded_in_time(route: Route, facts: Facts) -> bool:
    """Whether a route's day of founding, if it asks for one, is kept."""
    if route.founded_by is None:
        return True
    return facts.founded_on is not None and facts.founded_on <= route.founded_by


def failed_before(route: Route, known: Iterable[tuple[date, Accreditation]]) -> bool:
    """Whether the failed accreditation a route asks for, if any, is there."""
    if route.failed_by is None:
        return True
    return any(since <= route.failed_by and not one.passed for since, one in known)


def weigh(penalty: Penalty, rules: YearRules) -> Weighed:
    """Say what a penalty means: its date decides exit and year, the offence's date only the law's numbering."""
    exit_ = rules.exits.get((penalty.offence, penalty.provision))
    if exit_ is None:
        return Weighed(penalty, "not-listed")
    offences, provisions = rules.laws.offences, rules.laws.penalties
    day = penalty.offence_date
    if not (offences[exit_.offence].on(day) and provisions[exit_.penalty].on(day)):
        return Weighed(penalty, "numbering", exit_)
    if penalty.penalty_date not in rules.rules.period:
        return Weighed(penalty, "outside-period", exit_)
    year = year_of(penalty.penalty_date)
    if not exit_.holds_in(year):
        return Weighed(penalty, "not-listed", exit_)
    if year == rules.year:
        return Weighed(penalty, "exit", exit_)
    return Weighed(penalty, "earlier" if year < rules.year else "later", exit_)


def _earliest(ended: Ended | None, penalties: tuple[Weighed, ...]) -> Ended | None:
    """The exit of an earlier year, handed over or found among the penalties."""
    earlier = [one for one in penalties if one.weight == "earlier"]
    if not earlier:
        return ended
    year = min(one.year for one in earlier)
    if ended and ended.year <= year:
        return ended
    return Ended(year, tuple(f"exit-{one.exit.id}" for one in earlier if one.exit and one.year == year))


def _exit_rules(
    penalties: tuple[Weighed, ...],
    indicators: tuple[tuple[Due, str], ...],
    rules: YearRules,
    *,
    eligible: bool,
) -> tuple[str, ...]:
    """Rules that end the qualification this year. An unmet indicator ends only one that stands [decided]."""
    found = [f"exit-{one.exit.id}" for one in penalties if one.weight == "exit" and one.exit]
    unmet = [f"indicator-{due.id}" for due, state in indicators if state == "unmet"]
    ends = rules.rules.unmet_indicator
    if unmet and eligible and ends.ends and ends.holds_in(rules.year):
        found += ["unmet-indicator", *unmet]
    return tuple(dict.fromkeys(found))


def count_beds(facts: Facts, rules: YearRules) -> Beds:
    """Count what the type's basis says, take out what does not count, then apply the cap."""
    basis = rules.rules.basis(facts.type, rules.year) if facts.type in rules.due else None
    cap = rules.rules.cap.beds
    if basis is None:
        return Beds(None, 0, 0, 0, 0, cap)
    found: int = getattr(facts, basis.counted)
    taken_out = sum(getattr(facts, name) for name in basis.taken_out)
    before_cap = max(found - taken_out, 0)
    return Beds(basis, found, taken_out, before_cap, min(before_cap, cap), cap)


def _earning(qualification: Qualification, beds: Beds, rate: Rate) -> tuple[str, ...]:
    if not beds.counted:
        return ("no-beds",)
    assert qualification.route
    assert beds.basis
    cap = ["cap"] if beds.counted < beds.before_cap else []
    route = f"route-{qualification.route.id}"
    return (route, "validity", "indicators", f"beds-{beds.basis.id}", *cap, f"rate-{rate.id}")


def _refusing(
    qualification: Qualification,
    ended_before: Ended | None,
    exit_rules: tuple[str, ...],
    indicators: tuple[tuple[Due, str], ...],
    *,
    by_decision: bool,
) -> tuple[str, ...]:
    found: list[str] = [] if qualification.standing == "stands" else [qualification.standing]
    if by_decision:
        found.append("ended-on")
    if ended_before:
        found += ["earlier-exit", *ended_before.rules]
    eligible = not found
    found += exit_rules
    if eligible and not exit_rules:
        open_ones = [f"indicator-{due.id}" for due, state in indicators if state not in MET]
        states = {state for _, state in indicators}
        found += ["unmet-indicator"] if "unmet" in states else ["pending-indicator"]
        found += open_ones
    return tuple(dict.fromkeys(found))
