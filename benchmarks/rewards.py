"""Rewards: a million institution-years beside bare arithmetic, the same at every size, and one explained."""

import random
from collections.abc import Iterator
from time import perf_counter

import polars as pl

from benchmarks.figures import Figure, in_turn, seconds
from careward.rewards.columns import read_row
from careward.rewards.explaining import explain
from careward.rewards.mass import Table, decide_all
from careward.rewards.reckoning import Reckoner
from careward.rulebook import current

YEAR = "111"
SIZES = (1_000, 10_000, 100_000, 1_000_000)
DISTINCT = 1_000
ROUNDS = 5
EXPLAINED = 50


def run() -> Iterator[Figure]:
    """Time of a row at 10⁶ beside 10⁵; of 10⁶ beside polars multiplying beds and rates of the same rows."""
    reckoner = Reckoner.of(current(), "excellence")
    base = Table.of(_facts(reckoner), reckoner.known.indicators)
    rules = reckoner.years[YEAR]
    tables = [base.times(size // DISTINCT) for size in SIZES]
    due = [one.id for one in rules.due["elderly"]]
    sides = [lambda table=table: decide_all(table, rules) for table in tables]  # type: ignore[misc]
    *ours, bare = in_turn([*sides, lambda: _bare(tables[-1].rows, due)], rounds=ROUNDS)
    for size, taken in zip(SIZES, ours, strict=True):
        print(f"rewards: {size} institution-years {taken:.3f} s ({taken / size * 1e6:.2f} µs each)")
    print(f"rewards: bare arithmetic on {SIZES[-1]} rows {bare:.3f} s")
    print(f"rewards: one decision by itself {_one_by_one(base, reckoner) * 1e6:.0f} µs")
    yield Figure("rewards-linear", (ours[-1] / SIZES[-1]) / (ours[-2] / SIZES[-2]), "<=", 1.5)
    yield Figure("rewards-beside-arithmetic", ours[-1] / bare, "<=", 20)
    yield Figure("rewards-explain-ms", _explained(tables[-1], reckoner) * 1e3, "<=", 50)


def _bare(rows: pl.DataFrame, due: list[str]) -> pl.DataFrame:
    """Beds by type, capped, times the rate, where every indicator due is met: no routes, validity or penalties."""
    beds = (
        pl.when(pl.col("type") == "elderly")
        .then(pl.col("residents") - pl.col("anyang_residents"))
        .when(pl.col("type") == "disability")
        .then(pl.col("residents") - pl.col("early_intervention_residents"))
        .otherwise("open_beds")
        .clip(0, 100)
    )
    rate = pl.when(pl.col("ownership") == "public").then(10_000).otherwise(20_000)
    met = pl.all_horizontal(pl.col(id_) == 1 for id_ in due)
    return rows.select(amount=pl.when(met).then(beds.cast(pl.Int64) * rate).otherwise(0))


def _explained(table: Table, reckoner: Reckoner) -> float:
    """Median seconds from a row's number in the large table to its whole explanation as text."""
    dice = random.Random(1)
    taken = []
    for _ in range(EXPLAINED):
        n = dice.randrange(table.rows.height)
        begun = perf_counter()
        decision = reckoner.decide(table.facts(n), YEAR)
        list(explain(decision, reckoner.years[YEAR]).lines())
        taken.append(perf_counter() - begun)
    return sorted(taken)[EXPLAINED // 2]


def _one_by_one(table: Table, reckoner: Reckoner) -> float:
    """Seconds of deciding one institution by itself, as the commands and the page do."""
    facts = [table.facts(n) for n in range(200)]
    return seconds(lambda: [reckoner.decide(one, YEAR) for one in facts]) / len(facts)


def _facts(reckoner: Reckoner) -> Iterator:  # type: ignore[type-arg]
    """Invented institutions: beds around the cap, two accreditations, a penalty in five, most indicators met."""
    dice = random.Random(6)
    for number in range(DISTINCT):
        row = {
            "institution_code": str(number),
            "name": f"演練機構{number}",
            "county": "臺北市",
            "type": dice.choice(("elderly", "disability", "general_nursing", "psychiatric_nursing")),
            "ownership": dice.choice(("public", "private", "public_built_private_run")),
            "founded_on": f"20{dice.randrange(10, 20)}-05-05",
            "open_beds_prev_dec": str(dice.randrange(200)),
            "residents_prev_dec": str(dice.randrange(200)),
            "anyang_residents_prev_dec": str(dice.randrange(10)),
            "early_intervention_residents_prev_dec": str(dice.randrange(10)),
            "accreditations": _accreditations(dice),
            "penalties": "ltc-44/ltc-47@2021-01-01@2021-06-06" if dice.random() < 0.2 else "",
            "indicators": ";".join(
                f"{id_}={'met' if dice.random() < 0.99 else 'unmet'}" for id_ in reckoner.known.indicators
            ),
        }
        facts, faults = read_row(row, reckoner.known, number, "bench")
        assert facts, faults
        yield facts


def _accreditations(dice: random.Random) -> str:
    first, second = dice.randrange(2015, 2020), dice.randrange(2019, 2023)
    kind, grade = dice.choice((("regular", "合格"), ("re", "合格"), ("regular", "不合格")))
    return (
        f"合格@{first}-06-01@{first}-07-01@{first + 4}-06-30@regular"
        f"|{grade}@{second}-06-01@{second}-07-01@{second + 4}-06-30@{kind}"
    )
