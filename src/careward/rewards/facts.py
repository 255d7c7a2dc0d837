"""What is known of one institution for one programme year. Source: docs/reference/reward-facts.md."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

MET: Final = frozenset({"met", "na"})
"""Not applicable counts as met [decided, domain.md §3]."""


@dataclass(frozen=True, slots=True)
class Accreditation:
    """One accreditation. ``announced`` None: its result is not announced yet, and nothing of it counts."""

    grade: str
    announced: date | None
    valid_from: date | None
    valid_to: date | None
    kind: str
    passed: bool

    @property
    def since(self) -> date | None:
        """The earlier of announcement and effective date; None before the announcement [decided]."""
        if self.announced is None or self.valid_from is None:
            return self.announced
        return min(self.announced, self.valid_from)

    def covers(self, day: date) -> bool:
        """Whether it is passed and in validity on a day."""
        since = self.since
        return self.passed and since is not None and since <= day and self.runs_until(day)

    def runs_until(self, day: date) -> bool:
        """Whether its validity has not run out before a day."""
        return self.valid_to is not None and day <= self.valid_to


@dataclass(frozen=True, slots=True)
class Penalty:
    """An offence and the provision it was penalised under, ids of rules/laws.yaml."""

    offence: str
    provision: str
    offence_date: date
    penalty_date: date


@dataclass(frozen=True, slots=True)
class Facts:
    """One institution-year. Counts are those of the previous December's end; ids are the rulebook's.

    ``indicators`` maps id to met, unmet, pending or na; one that is not there is pending. ``origin`` says
    where the facts are from, for the explanation.
    """

    institution_code: str
    name: str
    county: str
    type: str
    ownership: str
    founded_on: date | None = None
    open_beds: int = 0
    residents: int = 0
    anyang_residents: int = 0
    early_intervention_residents: int = 0
    accreditations: tuple[Accreditation, ...] = ()
    penalties: tuple[Penalty, ...] = ()
    indicators: Mapping[str, str] = field(default_factory=dict)
    indicator_reasons: Mapping[str, str] = field(default_factory=dict)
    ended_on: date | None = None
    origin: str = ""

    def state_of(self, indicator: str) -> str:
        """State of an indicator; absent is pending [issue]."""
        return self.indicators.get(indicator, "pending")

    def known_on(self, day: date) -> "Facts":
        """Return the facts as they were known on a day.

        Results announced later are not announced yet; penalties and decisions of later days are unknown.
        Counts and indicators carry no day of their own and stay.
        """
        return replace(
            self,
            accreditations=tuple(
                one if one.announced and one.announced <= day else replace(one, announced=None)
                for one in self.accreditations
            ),
            penalties=tuple(one for one in self.penalties if one.penalty_date <= day),
            ended_on=self.ended_on if self.ended_on and self.ended_on <= day else None,
        )
