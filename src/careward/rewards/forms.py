"""The form for the facts of one institution-year; its answers become a row as FACTS.csv has it."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from django import forms

from careward.kernel.texts import text
from careward.rewards.columns import STATES, read_row
from careward.rewards.facts import Facts
from careward.rewards.reckoning import Reckoner
from careward.rewards.totals import Spending, spending
from careward.shell.forms import PlainForm, RocDateField

ACCREDITATIONS: Final = 4
PENALTIES: Final = 3
UNANNOUNCED: Final = "unannounced"
COUNTS: Final = ("open_beds", "residents", "anyang_residents", "early_intervention_residents")
_MOST: Final = 9_999
_MOST_MONEY: Final = 99_999_999_999


class FactsForm(PlainForm):
    """Facts of one institution and year. What is left empty counts as in FACTS.csv; ``facts`` after is_valid."""

    texts = "rewards:page"
    year = forms.ChoiceField()
    institution_code = forms.CharField(max_length=20)
    name = forms.CharField(max_length=120, required=False)
    type = forms.ChoiceField()
    ownership = forms.ChoiceField()
    founded_on = RocDateField(required=False)
    ended_on = RocDateField(required=False)
    open_beds = forms.IntegerField(min_value=0, max_value=_MOST, required=False)
    residents = forms.IntegerField(min_value=0, max_value=_MOST, required=False)
    anyang_residents = forms.IntegerField(min_value=0, max_value=_MOST, required=False)
    early_intervention_residents = forms.IntegerField(min_value=0, max_value=_MOST, required=False)
    others_met = forms.BooleanField(required=False)
    bonus = forms.IntegerField(min_value=0, max_value=9_999_999, required=False)

    def __init__(self, reckoner: Reckoner, data: Mapping[str, Any] | None = None, **options: Any) -> None:
        self.reckoner = reckoner
        self.facts: Facts | None = None
        rules = next(iter(reckoner.years.values()))
        super().__init__(data, **options)
        for name, choices in self._choices(rules.types.institution_types, rules.types.ownerships).items():
            self.fields[name].choices = choices  # type: ignore[attr-defined]
        self._add_accreditations(rules.types.grade_families)
        self._add_penalties(reckoner)
        self._add_indicators(rules.labels)

    def _choices(
        self, types: Mapping[str, Any], ownerships: Mapping[str, Any]
    ) -> dict[str, list[tuple[str, str]]]:
        empty = ("", text("rewards:page.choose"))
        years = [(year, text("rewards:page.year", year=year)) for year in self.reckoner.years]
        return {
            "year": years,
            "type": [empty, *((id_, one.label) for id_, one in types.items())],
            "ownership": [empty, *((id_, one.label) for id_, one in ownerships.items())],
        }

    def _add(self, name: str, row: str, field: forms.Field, **values: object) -> None:
        field.label = text(f"rewards:page.rows.{row}", **values)
        self.fields[name] = field

    def _add_accreditations(self, families: Mapping[str, Any]) -> None:
        grades = [(grade, grade) for family in families.values() for grade in family.grades]
        choices = [("", "–"), *grades, (UNANNOUNCED, text("rewards:page.unannounced"))]
        kinds = [(kind, text(f"rewards:kinds.{kind}")) for kind in ("regular", "re")]
        for n in range(1, ACCREDITATIONS + 1):
            self._add(f"a{n}_kind", "kind", forms.ChoiceField(choices=kinds, required=False), n=n)
            self._add(f"a{n}_grade", "grade", forms.ChoiceField(choices=choices, required=False), n=n)
            for part in ("announced", "valid_from", "valid_to"):
                self._add(f"a{n}_{part}", part, RocDateField(required=False), n=n)

    def _add_penalties(self, reckoner: Reckoner) -> None:
        rules = next(iter(reckoner.years.values()))
        exits = [(id_, rules.laws.offences[one.offence].title) for id_, one in rules.rules.exits.items()]
        for n in range(1, PENALTIES + 1):
            self._add(
                f"p{n}_exit", "exit", forms.ChoiceField(choices=[("", "–"), *exits], required=False), n=n
            )
            for part in ("offence_date", "penalty_date"):
                self._add(f"p{n}_{part}", part, RocDateField(required=False), n=n)

    def _add_indicators(self, labels: Mapping[str, str]) -> None:
        choices = [("", "–"), *((state, text(f"rewards:states.{state}")) for state in STATES)]
        for id_, label in labels.items():
            self._add(
                f"i_{id_}", "indicator", forms.ChoiceField(choices=choices, required=False), label=label
            )

    def clean(self) -> dict[str, Any]:
        """Make a row of the answers and read it as a file's row is read."""
        answers: dict[str, Any] = super().clean() or self.cleaned_data
        self._ask_for_days(answers)
        if self.errors:
            return answers
        self.facts, faults = read_row(self._cells(answers), self.reckoner.known, 0, "")
        for fault in faults:
            label = text(f"rewards:columns.{fault.column}")
            self.refuse(text("rewards:page.fault", label=label, reason=fault.reason, expected=fault.expected))
        return answers

    def _ask_for_days(self, answers: Mapping[str, Any]) -> None:
        for n in range(1, ACCREDITATIONS + 1):
            if answers.get(f"a{n}_grade") not in {"", UNANNOUNCED}:
                self._ask(f"a{n}_announced", answers)
        for n in range(1, PENALTIES + 1):
            for part in ("offence_date", "penalty_date"):
                if answers.get(f"p{n}_exit"):
                    self._ask(f"p{n}_{part}", answers)

    def _ask(self, name: str, answers: Mapping[str, Any]) -> None:
        if not answers.get(name) and name not in self.errors:
            self.fail(name, "required")

    def _cells(self, answers: Mapping[str, Any]) -> dict[str, str]:
        cells = {name: str(answers[name]) for name in ("institution_code", "name", "type", "ownership")}
        cells |= {name: _iso(answers[name]) for name in ("founded_on", "ended_on")}
        cells |= {f"{name}_prev_dec": "" if answers[name] is None else str(answers[name]) for name in COUNTS}
        cells["accreditations"] = "|".join(self._accreditations(answers))
        cells["penalties"] = "|".join(self._penalties(answers))
        otherwise = "met" if answers["others_met"] else ""
        states = {id_: answers[f"i_{id_}"] or otherwise for id_ in self.reckoner.known.indicators}
        cells["indicators"] = ";".join(f"{id_}={state}" for id_, state in states.items() if state)
        return cells

    @staticmethod
    def _accreditations(answers: Mapping[str, Any]) -> list[str]:
        found = []
        for n in range(1, ACCREDITATIONS + 1):
            grade, kind = answers[f"a{n}_grade"], answers[f"a{n}_kind"] or "regular"
            days = [_iso(answers[f"a{n}_{part}"]) for part in ("announced", "valid_from", "valid_to")]
            if grade == UNANNOUNCED:
                found.append(f"@@@@{kind}")
            elif grade:
                found.append("@".join([grade, *days, kind]))
        return found

    def _penalties(self, answers: Mapping[str, Any]) -> list[str]:
        exits = next(iter(self.reckoner.years.values())).rules.exits
        found = []
        for n in range(1, PENALTIES + 1):
            if exit_ := exits.get(answers[f"p{n}_exit"]):
                days = [_iso(answers[f"p{n}_{part}"]) for part in ("offence_date", "penalty_date")]
                found.append("@".join([f"{exit_.offence}/{exit_.penalty}", *days]))
        return found

    @property
    def accreditation_rows(self) -> list[list[Any]]:
        """The bound fields of each accreditation, for the page."""
        parts = ("kind", "grade", "announced", "valid_from", "valid_to")
        return [[self[f"a{n}_{part}"] for part in parts] for n in range(1, ACCREDITATIONS + 1)]

    @property
    def penalty_rows(self) -> list[list[Any]]:
        """The bound fields of each penalty."""
        parts = ("exit", "offence_date", "penalty_date")
        return [[self[f"p{n}_{part}"] for part in parts] for n in range(1, PENALTIES + 1)]

    @property
    def indicator_fields(self) -> list[Any]:
        """The bound fields of the indicators."""
        return [self[f"i_{id_}"] for id_ in self.reckoner.known.indicators]


class AdminCostForm(PlainForm):
    """A local government's reward money of a year and what its administration is to cost, both NT$."""

    texts = "rewards:page"
    cost_year = forms.ChoiceField()
    reward_money = forms.IntegerField(min_value=0, max_value=_MOST_MONEY)
    admin_cost = forms.IntegerField(min_value=0, max_value=_MOST_MONEY)

    def __init__(self, reckoner: Reckoner, data: Mapping[str, Any] | None = None) -> None:
        self.reckoner = reckoner
        super().__init__(data)
        years = [(year, text("rewards:page.year", year=year)) for year in reckoner.years]
        self.fields["cost_year"].choices = years  # type: ignore[attr-defined]

    @property
    def held(self) -> Spending:
        """The cost held against its cap; for a valid form."""
        answers = self.cleaned_data
        rule = self.reckoner.years[answers["cost_year"]].rules.admin_cost
        return spending(answers["admin_cost"], answers["reward_money"], rule)


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""
