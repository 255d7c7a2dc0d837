"""Facts of invented institutions, and the shipped programme's reckoner."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from careward.rewards.columns import COLUMNS, read_row
from careward.rewards.facts import Facts
from careward.rewards.reckoning import Reckoner
from careward.rulebook import Rulebook, load

RULES = Path(__file__).resolve().parents[2] / "rules"


@cache
def _book() -> Rulebook:
    return load(RULES)


@pytest.fixture
def book() -> Rulebook:
    return _book()


@pytest.fixture
def reckoner() -> Reckoner:
    return Reckoner.of(_book(), "excellence")


BASE = {
    "institution_code": "0001",
    "name": "演練機構",
    "county": "臺北市",
    "type": "elderly",
    "ownership": "private",
    "founded_on": "2010-05-01",
    "open_beds_prev_dec": "60",
    "residents_prev_dec": "40",
    "accreditations": "甲@2018-10-01@2019-01-01@2023-12-31@regular",
    "indicators": ";".join(f"{id_}=met" for id_ in _book().programme("excellence").indicators),
}


@pytest.fixture
def cells() -> Callable[..., dict[str, str]]:
    """A row that earns 800,000 in every year, with what a test says differs."""
    return lambda **changes: {**dict.fromkeys(COLUMNS, ""), **BASE, **changes}


@pytest.fixture
def facts(cells: Callable[..., dict[str, str]], reckoner: Reckoner) -> Callable[..., Facts]:
    def make(**changes: str) -> Facts:
        made, faults = read_row(cells(**changes), reckoner.known, 2, "F.csv")
        assert made, faults
        return made

    return make
