"""Why an amount is what it is: a tree of rules, each with sentence, inputs, source and what would change it.

The tree is made on demand from a :class:`~careward.rewards.reckoning.Decision`; it decides nothing itself.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from careward.kernel.roc import NotADate, format_date
from careward.kernel.texts import text
from careward.rewards.columns import COUNT_SUFFIX, listed
from careward.rewards.facts import MET, Accreditation, Facts
from careward.rewards.reckoning import Decision, Weighed, YearRules, opening_of, results
from careward.rulebook.reward import Due, Exit, Route
from careward.rulebook.values import Entry

Result = Literal["yes", "no", "pending", "value"]


@dataclass(frozen=True, slots=True)
class Input:
    """A fact a rule looked at: its name and value for people, and where it is from."""

    name: str
    value: str
    origin: str


@dataclass(frozen=True, slots=True)
class Node:
    """One rule's part in the result. ``yes`` always speaks for the reward, ``no`` against it."""

    rule: str
    says: str
    result: Result
    inputs: tuple[Input, ...]
    source: str
    note: str
    change: str
    parts: tuple["Node", ...] = ()

    @property
    def result_says(self) -> str:
        """The result in a word."""
        return text(f"rewards:results.{self.result}")

    @property
    def source_says(self) -> str:
        """The source in words: which paper, law or decision, and where in it."""
        kind, _, place = self.source.partition(" ")
        said = text(f"rewards:sources.{kind.rstrip(':')}")
        return text("rewards:explain.source_words", said=said, place=place) if place else said

    @property
    def own_inputs(self) -> tuple[Input, ...]:
        """The inputs that are not just the results of its parts, which a page shows anyway."""
        below = {part.rule for part in self.parts}
        return tuple(one for one in self.inputs if one.origin not in below)

    def walk(self) -> Iterable["Node"]:
        """Yield this node and all below it, from the top."""
        yield self
        for part in self.parts:
            yield from part.walk()

    def as_document(self) -> dict[str, Any]:
        """The tree as plain data for JSON."""
        return {
            "rule": self.rule,
            "says": self.says,
            "result": self.result,
            "inputs": [{"name": i.name, "value": i.value, "origin": i.origin} for i in self.inputs],
            "source": self.source,
            "note": self.note,
            "change": self.change,
            "parts": [part.as_document() for part in self.parts],
        }

    def lines(self, depth: int = 0) -> Iterable[str]:
        """The tree as indented lines of text."""
        pad = "  " * depth
        yield f"{pad}{text('rewards:explain.head', rule=self.rule, says=self.says, result=self.result_says)}"
        for one in self.inputs:
            yield f"{pad}    {text('rewards:explain.input', name=one.name, value=one.value, origin=one.origin)}"
        yield f"{pad}    {text('rewards:explain.source', source=self.source_says)}"
        if self.note:
            yield f"{pad}    {text('rewards:explain.note', note=self.note)}"
        yield f"{pad}    {text('rewards:explain.change', change=self.change)}"
        for part in self.parts:
            yield from part.lines(depth + 1)


def explain(decision: Decision, rules: YearRules) -> Node:
    """Return the whole tree of a decision."""
    return _Teller(decision, rules).amount()


def day_says(day: date | None) -> str:
    """A day in ROC years; a dash for none."""
    if day is None:
        return text("rewards:explain.nothing")
    try:
        return format_date(day)
    except NotADate:
        return day.isoformat()


def accreditation_says(one: Accreditation) -> str:
    """One accreditation in a line."""
    if one.announced is None:
        return text("rewards:explain.unannounced", kind=text(f"rewards:kinds.{one.kind}"))
    return text(
        "rewards:explain.accreditation",
        grade=one.grade,
        kind=text(f"rewards:kinds.{one.kind}"),
        announced=day_says(one.announced),
        valid_from=day_says(one.valid_from),
        valid_to=day_says(one.valid_to),
    )


@dataclass(frozen=True, slots=True)
class _Teller:
    decision: Decision
    rules: YearRules

    @property
    def facts(self) -> Facts:
        return self.decision.facts

    def _node(
        self,
        rule: str,
        key: str,
        result: Result,
        entry: Entry,
        *,
        inputs: Iterable[Input] = (),
        parts: Iterable[Node] = (),
        **values: object,
    ) -> Node:
        words = {"year": self.decision.year, "day": day_says(self.decision.judged_on), **values}
        return Node(
            rule=rule,
            says=text(f"rewards:rules.{key}.{result}", **words),
            result=result,
            inputs=tuple(inputs),
            source=entry.source,
            note=entry.note or "",
            change=text(f"rewards:change.{key}.{result}", **words),
            parts=tuple(parts),
        )

    def _input(self, column: str, value: object) -> Input:
        origin = text("rewards:explain.origin", origin=self.facts.origin, column=column)
        if not self.facts.origin:
            origin = text("rewards:page.origin")
        return Input(text(f"rewards:columns.{column}"), str(value), origin)

    def amount(self) -> Node:
        decision = self.decision
        parts = [self._qualification(), self._exits(), self._indicators(), self._beds(), self._rate()]
        inputs = [Input(part.says, part.result_says, part.rule) for part in parts]
        return self._node(
            "amount", "amount", "value", self.rules.rules, inputs=inputs, parts=parts,
            amount=f"{decision.amount:,}", beds=decision.beds.counted, rate=f"{decision.rate_amount:,}",
        )  # fmt: skip

    def _qualification(self) -> Node:
        decision = self.decision
        pending = decision.qualification.standing == "accreditation-pending"
        result: Result = "yes" if decision.eligible else "pending" if pending else "no"
        parts = [self._type()]
        if decision.qualification.standing != "type":
            parts += [*(self._route(route) for route in self.rules.routes), self._validity()]
        parts += [self._ended_on(), self._earlier_exit()]
        inputs = [Input(part.says, part.result_says, part.rule) for part in parts]
        since = day_says(decision.eligible_from)
        return self._node(
            "qualification", "qualification", result, self.rules.rules.judged_on,
            inputs=inputs, parts=parts, since=since,
        )  # fmt: skip

    def _type(self) -> Node:
        inside = self.decision.qualification.standing != "type"
        inputs = [self._input("type", self.rules.types.institution_types[self.facts.type].label)]
        return self._node("type", "type", "yes" if inside else "no", self.rules.rules, inputs=inputs)

    def _accreditations(self) -> list[Input]:
        told = [accreditation_says(one) for one in self.facts.accreditations]
        return [self._input("accreditations", said) for said in told or [text("rewards:explain.nothing")]]

    def _route(self, route: Route) -> Node:
        """Each route by itself, whether or not another one was taken."""
        opening = opening_of(route, self.facts, results(self.facts), self.decision.judged_on)
        inputs = self._accreditations()
        if route.founded_by:
            inputs.append(self._input("founded_on", day_says(self.facts.founded_on)))
        since = day_says(opening.since) if opening else ""
        result: Result = "yes" if opening else "no"
        taken = self.decision.route == route.id
        key = "route" if opening is None or taken else "route_beside"
        return self._node(
            f"route-{route.id}", key, result, route, inputs=inputs, says=route.says, since=since
        )

    def _validity(self) -> Node:
        qualification, entry = self.decision.qualification, self.rules.rules.validity
        key: str = "validity"
        result: Result = "yes" if qualification.carrying else "no"
        if qualification.standing == "accreditation-pending":
            result = "pending"
        elif qualification.standing == "suspended":
            key = "suspended"
        carrying = accreditation_says(qualification.carrying) if qualification.carrying else ""
        return self._node(
            "validity",
            key,
            result,
            entry,
            inputs=self._accreditations(),
            carrying=carrying,
        )

    def _ended_on(self) -> Node:
        ended = self.decision.ended_by_decision
        inputs = [self._input("ended_on", day_says(self.facts.ended_on))]
        entry = self.rules.rules.termination
        return self._node("ended-on", "ended_on", "no" if ended else "yes", entry, inputs=inputs)

    def _earlier_exit(self) -> Node:
        ended = self.decision.ended_before
        entry = self.rules.rules.termination
        inputs = []
        if ended:
            said = text("rewards:explain.ended", year=ended.year, rules=listed(ended.rules))
            inputs = [Input(text("rewards:explain.earlier_years"), said, ", ".join(ended.rules))]
        return self._node("earlier-exit", "earlier_exit", "no" if ended else "yes", entry, inputs=inputs)

    def _exits(self) -> Node:
        decision, entry = self.decision, self.rules.rules.termination
        parts = [self._exit(exit_) for exit_ in self.rules.exits.values()]
        parts += [
            self._beside(one) for one in decision.penalties if one.weight in {"not-listed", "numbering"}
        ]
        unmet = "unmet-indicator" in decision.exit_rules
        labels = listed(self._label(due) for due, state in decision.indicators if state == "unmet")
        parts.append(
            self._node(
                "unmet-indicator",
                "unmet_indicator",
                "no" if unmet else "yes",
                self.rules.rules.unmet_indicator,
                labels=labels,
            )
        )
        inputs = [Input(part.says, part.result_says, part.rule) for part in parts if part.result == "no"]
        result: Result = "no" if decision.exit_rules else "yes"
        return self._node("exits", "exits", result, entry, inputs=inputs, parts=parts)

    def _exit(self, exit_: Exit) -> Node:
        mine = [one for one in self.decision.penalties if one.exit and one.exit.id == exit_.id]
        hit = any(one.weight == "exit" for one in mine)
        offence = self.rules.laws.offences[exit_.offence].title
        provision = self.rules.laws.penalties[exit_.penalty].title
        return self._node(
            f"exit-{exit_.id}", "exit", "no" if hit else "yes", exit_,
            inputs=[self._penalty(one) for one in mine], offence=offence, provision=provision,
        )  # fmt: skip

    def _beside(self, one: Weighed) -> Node:
        """A penalty that leads to no exit although somebody might expect one."""
        entry = one.exit or self.rules.rules.termination
        key = one.weight.replace("-", "_")
        inputs = [self._penalty(one)]
        return self._node(f"penalty-{one.weight}", key, "yes", entry, inputs=inputs)

    def _penalty(self, one: Weighed) -> Input:
        said = text(
            "rewards:explain.penalty",
            offence=one.penalty.offence,
            provision=one.penalty.provision,
            offence_date=day_says(one.penalty.offence_date),
            penalty_date=day_says(one.penalty.penalty_date),
            weight=text(f"rewards:weights.{one.weight}"),
        )
        return self._input("penalties", said)

    def _label(self, due: Due) -> str:
        return self.rules.labels[due.id]

    def _indicators(self) -> Node:
        decision, entry = self.decision, self.rules.rules.results_due
        parts = [self._indicator(due, state) for due, state in decision.indicators]
        states = {state for _, state in decision.indicators}
        result: Result = "no" if "unmet" in states else "yes" if states <= MET else "pending"
        inputs = [Input(part.says, part.result_says, part.rule) for part in parts]
        return self._node(
            "indicators", "indicators", result, entry, inputs=inputs, parts=parts, count=len(parts)
        )

    def _indicator(self, due: Due, state: str) -> Node:
        result: Result = "no" if state == "unmet" else "yes" if state in MET else "pending"
        said = text(f"rewards:states.{state}")
        if reason := self.facts.indicator_reasons.get(due.id):
            said = text("rewards:explain.with_reason", said=said, reason=reason)
        inputs = [self._input("indicators", said)]
        return self._node(
            f"indicator-{due.id}", "indicator", result, due,
            inputs=inputs, label=self._label(due), state=said, check_point=due.check_point,
        )  # fmt: skip

    def _beds(self) -> Node:
        beds, basis = self.decision.beds, self.decision.beds.basis
        if basis is None:
            return self._node("beds", "no_beds", "value", self.rules.rules)
        counted = [
            (basis.counted, beds.found),
            *((name, getattr(self.facts, name)) for name in basis.taken_out),
        ]
        inputs = [self._input(f"{name}{COUNT_SUFFIX}", value) for name, value in counted]
        bound = beds.counted < beds.before_cap
        told: dict[str, Any] = {"before": beds.before_cap, "counted": beds.counted, "cap": beds.cap}
        before = Input(basis.says, str(beds.before_cap), f"beds-{basis.id}")
        cap = self._node(
            "cap", "cap", "no" if bound else "yes", self.rules.rules.cap, inputs=[before], **told
        )
        return self._node(
            f"beds-{basis.id}", "beds", "value", basis,
            inputs=inputs, parts=[cap], says=basis.says, taken_out=beds.taken_out, **told,
        )  # fmt: skip

    def _rate(self) -> Node:
        rate = self.decision.rate
        inputs = [self._input("ownership", self.rules.types.ownerships[self.facts.ownership].label)]
        if rate is None:
            return self._node("rate", "no_rate", "value", self.rules.rules, inputs=inputs)
        return self._node(f"rate-{rate.id}", "rate", "value", rate, inputs=inputs, amount=f"{rate.amount:,}")
