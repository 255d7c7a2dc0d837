"""Deciding in columns gives, row by row, what deciding one by one gives."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from careward.rewards.columns import read_row
from careward.rewards.explaining import explain
from careward.rewards.facts import Facts
from careward.rewards.mass import Table, decide_all
from careward.rewards.reckoning import Reckoner
from careward.rulebook import current
from rewards.inventing import invent

RECKONER = Reckoner.of(current(), "excellence")


def _facts(seed: int, count: int) -> list[Facts]:
    dice = random.Random(seed)
    made = [read_row(invent(dice, str(number)), RECKONER.known, 2, "")[0] for number in range(count)]
    return [one for one in made if one]


def _hold_equal(facts: list[Facts]) -> int:
    table = Table.of(facts, RECKONER.known.indicators)
    one_by_one = [RECKONER.decide_years(dict.fromkeys(RECKONER.years, one)) for one in facts]
    ended = None
    rewarded = 0
    for place, year in enumerate(RECKONER.years):
        columns = decide_all(table, RECKONER.years[year], ended)
        ended = columns["exits"]
        for decisions, row in zip(one_by_one, columns.iter_rows(named=True), strict=True):
            one = decisions[place]
            assert row == {
                "eligible": one.eligible, "route": one.route, "eligible_from": one.eligible_from,
                "beds_counted": one.beds.counted, "rate": one.rate_amount, "amount": one.amount,
                "exits": one.exits is not None,
            }, (year, one.facts)  # fmt: skip
            rewarded += one.amount > 0
    return rewarded


@settings(max_examples=40)
@given(st.integers(0, 2**32))
def test_columns_and_single_decisions_are_equal_for_random_institutions(seed: int) -> None:
    _hold_equal(_facts(seed, 25))


def test_columns_and_single_decisions_are_equal_for_a_thousand() -> None:
    assert _hold_equal(_facts(3, 1_000)) > 200


def test_an_empty_table_is_decided_too() -> None:
    assert decide_all(Table.of([], RECKONER.known.indicators), RECKONER.years["109"]).height == 0


@pytest.mark.parametrize("n", [0, 7, 49])
def test_any_row_is_given_back_and_explained(n: int) -> None:
    facts = _facts(5, 50)
    table = Table.of(facts, RECKONER.known.indicators)
    again = table.facts(n)
    decision = RECKONER.decide(again, "111")
    assert decision.amount == decide_all(table, RECKONER.years["111"])["amount"][n]
    assert (again.residents, again.penalties) == (facts[n].residents, facts[n].penalties)
    assert f"{decision.amount:,} 元" in explain(decision, RECKONER.years["111"]).says


def test_a_table_many_times_over_is_decided_as_its_parts() -> None:
    table = Table.of(_facts(9, 40), RECKONER.known.indicators)
    once = decide_all(table, RECKONER.years["111"])["amount"].to_list()
    assert decide_all(table.times(3), RECKONER.years["111"])["amount"].to_list() == once * 3
    assert table.times(3).facts(95).accreditations == table.facts(15).accreditations
