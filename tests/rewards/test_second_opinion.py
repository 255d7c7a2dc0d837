"""Two implementations, written apart, agree on random institutions."""

import random

import pytest

from careward.rewards.columns import read_row
from careward.rewards.reckoning import Reckoner
from rewards.inventing import invent
from rewards.second import Outcome, second_opinion


def _first_opinion(row: dict[str, str], reckoner: Reckoner) -> list[Outcome]:
    facts, faults = read_row(row, reckoner.known, 2, "")
    assert facts, faults
    return [
        (
            one.eligible,
            one.route or "",
            one.eligible_from.isoformat() if one.eligible_from else "",
            one.beds.counted,
            one.rate_amount,
            one.amount,
        )
        for one in reckoner.decide_years(dict.fromkeys(reckoner.years, facts))
    ]


def _agree(reckoner: Reckoner, count: int, seed: int) -> int:
    dice = random.Random(seed)
    rows = [invent(dice, f"{number:07}") for number in range(count)]
    rewarded = 0
    for row, other in zip(rows, second_opinion(rows), strict=True):
        first = _first_opinion(row, reckoner)
        assert first == other, row
        rewarded += sum(outcome[-1] > 0 for outcome in first)
    return rewarded


def test_both_calculations_agree_on_four_years_of_a_thousand_random_institutions(reckoner: Reckoner) -> None:
    assert _agree(reckoner, 1_000, 7) > 100, "nearly nobody is rewarded: the rows test nothing"


@pytest.mark.slow
def test_both_calculations_agree_on_a_hundred_thousand_random_institution_years(reckoner: Reckoner) -> None:
    assert _agree(reckoner, 25_000, 11) > 5_000
