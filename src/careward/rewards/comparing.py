"""Two calculations beside each other – other facts, other rules, another day of knowledge – with the causes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from careward.kernel.texts import text
from careward.rewards.columns import listed
from careward.rewards.explaining import accreditation_says, day_says
from careward.rewards.facts import Facts
from careward.rewards.reckoning import Decision, Reckoner, YearRules
from careward.rewards.telling import reason_says

FACTS: Final = {
    "type": "type",
    "ownership": "ownership",
    "county": "county",
    "founded_on": "founded_on",
    "open_beds": "open_beds_prev_dec",
    "residents": "residents_prev_dec",
    "anyang_residents": "anyang_residents_prev_dec",
    "early_intervention_residents": "early_intervention_residents_prev_dec",
    "accreditations": "accreditations",
    "penalties": "penalties",
    "indicators": "indicators",
    "ended_on": "ended_on",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One institution-year whose result differs; ``None`` where a run does not have it."""

    institution_code: str
    year: str
    before: int | None
    after: int | None
    causes: tuple[str, ...]

    def lines(self) -> Iterator[str]:
        """The difference and its causes, in words."""
        key = "appears" if self.before is None else "disappears" if self.after is None else "difference"
        yield text(
            f"rewards:command.{key}",
            year=self.year,
            code=self.institution_code,
            before=f"{self.before or 0:,}",
            after=f"{self.after or 0:,}",
        )
        yield from self.causes


def compare(
    before: Sequence[Decision], old: Reckoner, after: Sequence[Decision], new: Reckoner
) -> list[Difference]:
    """List the institution-years whose amount or reasons differ, in the order of the runs."""
    left = {(one.facts.institution_code, one.year): one for one in before}
    right = {(one.facts.institution_code, one.year): one for one in after}
    found = []
    for key in dict.fromkeys([*left, *right]):
        one, other = left.get(key), right.get(key)
        if (
            one
            and other
            and (one.amount, one.reasons, one.eligible) == (other.amount, other.reasons, other.eligible)
        ):
            continue
        causes = tuple(_causes(one, old, other, new)) if one and other else ()
        amounts = (one.amount if one else None, other.amount if other else None)
        found.append(Difference(key[0], key[1], *amounts, causes))
    return found


def _causes(one: Decision, old: Reckoner, other: Decision, new: Reckoner) -> Iterator[str]:
    yield from _facts(one.facts, other.facts)
    rules, others = old.years[one.year], new.years[other.year]
    yield from _rules(rules, others)
    for reason in one.reasons:
        if reason not in other.reasons:
            yield text("rewards:command.cause_reason_gone", says=reason_says(one, rules, reason))
    for reason in other.reasons:
        if reason not in one.reasons:
            yield text("rewards:command.cause_reason_new", says=reason_says(other, others, reason))


def _facts(one: Facts, other: Facts) -> Iterator[str]:
    for name, column in FACTS.items():
        before, after = getattr(one, name), getattr(other, name)
        if before == after:
            continue
        label = text(f"rewards:columns.{column}")
        said = {"label": label, "before": _say(name, before), "after": _say(name, after)}
        yield text("rewards:command.cause_fact", **said)


def _say(name: str, value: Any) -> str:
    match name:
        case "accreditations":
            return listed(accreditation_says(one) for one in value) or day_says(None)
        case "penalties":
            return listed(f"{one.offence}/{one.provision} {one.penalty_date}" for one in value) or day_says(
                None
            )
        case "indicators":
            return listed(f"{id_}={state}" for id_, state in sorted(value.items()))
        case "founded_on" | "ended_on":
            return day_says(value)
    return str(value)


def _rules(one: YearRules, other: YearRules) -> Iterator[str]:
    """Every value of the programme's rules that differs, by its place in the file."""
    before, after = dict(_leaves(one.rules.model_dump())), dict(_leaves(other.rules.model_dump()))
    for place in dict.fromkeys([*before, *after]):
        if before.get(place) != after.get(place):
            said = {"rule": place, "before": before.get(place), "after": after.get(place)}
            yield text("rewards:command.cause_rule", **said)


def _leaves(node: Any, place: str = "reward") -> Iterator[tuple[str, Any]]:
    if not isinstance(node, dict):
        yield place, node
        return
    for key, value in node.items():
        yield from _leaves(value, f"{place}.{key}")
