"""A decision in a line: as JSON, as a row of a table, and its reasons in words; what to look at twice."""

import json
from collections.abc import Iterator
from typing import Any

from careward.kernel.texts import known, text
from careward.rewards.columns import listed
from careward.rewards.explaining import day_says
from careward.rewards.reckoning import Decision, YearRules

HEADINGS = (
    "year", "institution_code", "name", "county", "type", "eligible", "route", "eligible_from",
    "beds_counted", "rate", "amount", "reasons",
)  # fmt: skip


def as_json(decision: Decision) -> str:
    """One line with the keys that docs/reference/reward-facts.md promises, in its order."""
    since = decision.eligible_from
    document: dict[str, Any] = {
        "institution_code": decision.facts.institution_code,
        "eligible": decision.eligible,
        "route": decision.route,
        "eligible_from": since.isoformat() if since else None,
        "beds_counted": decision.beds.counted,
        "rate": decision.rate_amount,
        "amount": decision.amount,
        "reasons": list(decision.reasons),
    }
    return json.dumps(document, ensure_ascii=False)


def as_row(decision: Decision, rules: YearRules) -> list[Any]:
    """The cells under HEADINGS."""
    facts = decision.facts
    return [
        decision.year,
        facts.institution_code,
        facts.name,
        facts.county,
        rules.types.institution_types[facts.type].label,
        text(f"rewards:output.{'yes' if decision.eligible else 'no'}"),
        decision.route,
        decision.eligible_from,
        decision.beds.counted,
        decision.rate_amount,
        decision.amount,
        listed(reason_says(decision, rules, reason) for reason in decision.reasons),
    ]


def as_line(decision: Decision, rules: YearRules) -> str:
    """One line for a terminal."""
    key = "earns" if decision.amount else "earns_not"
    return text(
        f"rewards:command.{key}",
        year=decision.year,
        code=decision.facts.institution_code,
        name=decision.facts.name,
        amount=f"{decision.amount:,}",
        beds=decision.beds.counted,
        rate=f"{decision.rate_amount:,}",
        reasons=listed(reason_says(decision, rules, reason) for reason in decision.reasons),
    )


def reason_says(decision: Decision, rules: YearRules, reason: str) -> str:
    """A rule id of ``reasons`` in words."""
    if known(f"rewards:reasons.{reason}"):
        return text(f"rewards:reasons.{reason}")
    kind, _, id_ = reason.partition("-")
    says = {
        "route": lambda: rules.rules.routes[id_].says,
        "indicator": lambda: rules.labels[id_],
        "beds": lambda: rules.rules.beds[id_].says,
        "rate": lambda: f"{rules.rules.rates[id_].amount:,}",
        "exit": lambda: rules.laws.offences[rules.rules.exits[id_].offence].title,
    }[kind]()
    return text(f"rewards:reasons.{kind}", says=says)


def notices(decision: Decision, rules: YearRules) -> Iterator[str]:
    """What is readable but looks wrong; none of it changes the result."""
    if decision.beds.taken_out > decision.beds.found:
        yield text("rewards:notices.taken_out")
    for one in decision.penalties:
        offence, provision = one.penalty.offence, one.penalty.provision
        pair = {"offence": offence, "provision": provision}
        if one.penalty.penalty_date < one.penalty.offence_date:
            yield text("rewards:notices.penalty_first", **pair)
        if one.weight == "numbering":
            title, day = rules.laws.offences[offence].title, day_says(one.penalty.offence_date)
            yield text("rewards:notices.numbering", **pair, title=title, day=day)
        elif offence not in rules.laws.offences:
            yield text("rewards:notices.unknown_offence", found=offence)
        elif provision not in rules.laws.penalties:
            yield text("rewards:notices.unknown_provision", found=provision)
        elif one.exit is None and offence in {exit_.offence for exit_ in rules.rules.exits.values()}:
            yield text("rewards:notices.pair", **pair)
