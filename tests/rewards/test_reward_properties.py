"""What must be true of every amount, whatever the facts."""

import random
from dataclasses import replace
from datetime import date, timedelta
from functools import cache

from hypothesis import given
from hypothesis import strategies as st

from careward.rewards.columns import COUNT_SUFFIX, read_row
from careward.rewards.explaining import explain
from careward.rewards.facts import MET, Facts
from careward.rewards.reckoning import Decision, Reckoner, opening_of, results
from careward.rulebook import current
from rewards.inventing import INDICATORS, invent

YEARS = ("109", "110", "111", "112")
seeds = st.integers(0, 2**32)
years = st.sampled_from(YEARS)


@cache
def _reckoner() -> Reckoner:
    return Reckoner.of(current(), "excellence")


def _facts(seed: int) -> Facts:
    made, faults = read_row(invent(random.Random(seed), "1"), _reckoner().known, 2, "F.csv")
    assert made, faults
    return made


def _decide(facts: Facts, year: str) -> Decision:
    return _reckoner().decide(facts, year)


@given(seeds, years)
def test_an_amount_is_whole_never_negative_and_never_above_cap_times_rate(seed: int, year: str) -> None:
    decision = _decide(_facts(seed), year)
    assert type(decision.amount) is int
    assert 0 <= decision.amount <= 100 * decision.rate_amount
    assert decision.amount in {0, decision.beds.counted * decision.rate_amount}
    assert decision.beds.counted <= decision.beds.cap
    assert decision.reasons


@given(seeds, years, st.integers(1, 200))
def test_more_beds_never_earn_less_and_beyond_the_cap_no_more(seed: int, year: str, more: int) -> None:
    facts = _facts(seed)
    larger = replace(facts, residents=facts.residents + more, open_beds=facts.open_beds + more)
    before, after = _decide(facts, year), _decide(larger, year)
    assert after.amount >= before.amount
    if before.beds.counted == 100:
        assert after.amount == before.amount


@given(seeds, years, st.sampled_from(INDICATORS), st.sampled_from(["unmet", "pending"]))
def test_an_indicator_that_is_not_met_never_raises_any_year(
    seed: int, year: str, indicator: str, state: str
) -> None:
    facts = _facts(seed)
    worse = replace(facts, indicators={**facts.indicators, indicator: state})
    if state == "pending" and facts.state_of(indicator) == "unmet":
        return
    before = _reckoner().decide_years(dict.fromkeys(YEARS, facts))
    after = _reckoner().decide_years(dict.fromkeys(YEARS, worse))
    assert all(one.amount >= other.amount for one, other in zip(before, after, strict=True))


@given(seeds, years, st.sampled_from(INDICATORS))
def test_not_applicable_counts_as_met(seed: int, year: str, indicator: str) -> None:
    facts = _facts(seed)
    met, na = (replace(facts, indicators={**facts.indicators, indicator: one}) for one in ("met", "na"))
    assert _decide(met, year).amount == _decide(na, year).amount


@given(seeds, years)
def test_a_further_penalty_never_raises_and_leaves_earlier_years_alone(seed: int, year: str) -> None:
    facts, source = _facts(seed), _facts(seed + 1)
    worse = replace(facts, penalties=(*facts.penalties, *source.penalties))
    before = _reckoner().decide_years(dict.fromkeys(YEARS, facts))
    after = _reckoner().decide_years(dict.fromkeys(YEARS, worse))
    first = min((one.penalty_date.year - 1911 for one in source.penalties), default=999)
    for one, other in zip(before, after, strict=True):
        assert other.amount <= one.amount
        if int(one.year) < first:
            assert (other.amount, other.reasons) == (one.amount, one.reasons)


@given(seeds)
def test_after_an_exit_no_later_year_earns(seed: int) -> None:
    ended = False
    for decision in _reckoner().decide_years(dict.fromkeys(YEARS, _facts(seed))):
        assert not (ended and (decision.amount or decision.eligible))
        ended = ended or decision.exits is not None


@given(seeds, years)
def test_the_order_in_which_accreditations_and_penalties_are_written_is_irrelevant(
    seed: int, year: str
) -> None:
    facts = _facts(seed)
    turned = replace(facts, accreditations=facts.accreditations[::-1], penalties=facts.penalties[::-1])
    one, other = _decide(facts, year), _decide(turned, year)
    assert (one.amount, one.eligible, one.route, one.eligible_from) == (
        other.amount, other.eligible, other.route, other.eligible_from,
    )  # fmt: skip
    assert set(one.reasons) == set(other.reasons)


@given(seeds, years)
def test_an_earning_institution_is_eligible_met_everything_and_did_not_exit(seed: int, year: str) -> None:
    decision = _decide(_facts(seed), year)
    if not decision.amount:
        return
    assert decision.eligible
    assert not decision.exit_rules
    assert all(state in MET for _, state in decision.indicators)
    assert decision.eligible_from
    assert decision.eligible_from <= decision.judged_on


@given(seeds, years)
def test_the_explanation_agrees_with_the_decision_and_names_every_reason(seed: int, year: str) -> None:
    decision = _decide(_facts(seed), year)
    tree = explain(decision, _reckoner().years[year])
    nodes = {node.rule: node for node in tree.walk()}
    assert f"{decision.amount:,} 元" in tree.says
    assert (nodes["qualification"].result == "yes") == decision.eligible
    assert (nodes["exits"].result == "no") == bool(decision.exit_rules)
    earns = decision.eligible and not decision.exit_rules and nodes["indicators"].result == "yes"
    assert earns == (decision.amount > 0 or (decision.beds.counted == 0 and decision.reasons == ("no-beds",)))
    for route in _reckoner().years[year].routes:
        if decision.qualification.standing != "type":
            opened = opening_of(route, decision.facts, results(decision.facts), decision.judged_on)
            assert (nodes[f"route-{route.id}"].result == "yes") == (opened is not None)
    for node in tree.walk():
        assert node.says
        assert node.source
        assert node.change
        assert all(one.name and one.value and one.origin for one in node.inputs), node
        assert "{" not in node.says + node.change


@given(seeds, st.integers(0, 2000))
def test_what_was_known_on_a_day_holds_nothing_of_later_days(seed: int, days: int) -> None:
    day = date(2019, 6, 1) + timedelta(days=days)
    known = _facts(seed).known_on(day)
    assert all(one.announced is None or one.announced <= day for one in known.accreditations)
    assert all(one.penalty_date <= day for one in known.penalties)
    assert known.ended_on is None or known.ended_on <= day
    assert known.known_on(day) == known


def test_counts_of_the_tree_are_columns_of_the_file() -> None:
    rules = _reckoner().programme.reward
    names = {name for basis in rules.beds.values() for name in (basis.counted, *basis.taken_out)}
    row = invent(random.Random(1), "1")
    assert {f"{name}{COUNT_SUFFIX}" for name in names} <= set(row)
