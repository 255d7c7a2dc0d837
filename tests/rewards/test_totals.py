"""Sums by county, type and year; administration at most 10 %, bonus of public institutions at most 30 %."""

from collections.abc import Callable

import pytest

from careward.rewards.facts import Facts
from careward.rewards.reckoning import Reckoner
from careward.rewards.totals import Sum, bonus, spending, totals

Make = Callable[..., Facts]


def test_sums_by_county_type_and_year_are_the_sums_of_the_lines(facts: Make, reckoner: Reckoner) -> None:
    lines = [
        reckoner.decide(facts(), "110"),
        reckoner.decide(facts(county="花蓮縣", ownership="public"), "110"),
        reckoner.decide(facts(county="花蓮縣", type="general_nursing"), "111"),
        reckoner.decide(facts(accreditations=""), "111"),
    ]
    sums = totals(lines)
    assert sums["all"] == {"": Sum(4, 3, 140, 2_400_000)}
    assert sums["county"] == {"臺北市": Sum(2, 1, 40, 800_000), "花蓮縣": Sum(2, 2, 100, 1_600_000)}
    assert sums["type"] == {"elderly": Sum(3, 2, 80, 1_200_000), "general_nursing": Sum(1, 1, 60, 1_200_000)}
    assert sums["year"] == {"110": Sum(2, 2, 80, 1_200_000), "111": Sum(2, 1, 60, 1_200_000)}


def test_nothing_sums_to_nothing() -> None:
    assert totals([]) == {"county": {}, "type": {}, "year": {}, "all": {}}


@pytest.mark.parametrize(
    ("spent", "state", "left", "over"),
    [(0, "ok", 100_005, 0), (90_004, "ok", 10_001, 0), (90_005, "near", 10_000, 0), (100_005, "near", 0, 0),
     (100_006, "over", 0, 1)],
)  # fmt: skip
def test_administration_is_warned_of_from_nine_percent_and_broken_above_ten(
    reckoner: Reckoner, spent: int, state: str, left: int, over: int
) -> None:
    one = spending(spent, 1_000_059, reckoner.years["111"].rules.admin_cost)
    assert (one.state, one.left, one.over, one.limit, one.percent) == (state, left, over, 100_005, 10)


def test_no_reward_money_leaves_nothing_for_administration(reckoner: Reckoner) -> None:
    rule = reckoner.years["111"].rules.admin_cost
    assert [spending(spent, 0, rule).state for spent in (0, 1)] == ["ok", "over"]


@pytest.mark.parametrize(
    ("ownership", "limit"), [("public", 120_000), ("private", 0), ("public_built_private_run", 0)]
)
def test_only_public_institutions_may_pay_a_bonus_of_thirty_percent(
    facts: Make, reckoner: Reckoner, ownership: str, limit: int
) -> None:
    decision = reckoner.decide(facts(ownership=ownership), "111")
    one = bonus(limit + 1, decision, reckoner.years["111"].rules.bonus)
    assert (one.limit, one.state) == (limit, "over")
    assert bonus(limit, decision, reckoner.years["111"].rules.bonus).over == 0


def test_a_negative_expense_is_refused(reckoner: Reckoner) -> None:
    with pytest.raises(ValueError, match="-1"):
        spending(-1, 100, reckoner.years["111"].rules.admin_cost)
