"""The civil servants' cases hold, and between them every rule was decided for and against."""

from pathlib import Path

import pytest

from careward.rewards.cases import FOLDER, CaseFile, check_cases, decide_case
from careward.rewards.explaining import explain
from careward.rewards.reckoning import Reckoner
from careward.rulebook import Rulebook
from careward.rulebook.reading import read_yaml

RULES = Path(__file__).resolve().parents[2] / "rules"
FILES = [
    CaseFile.model_validate(read_yaml(path.read_bytes())) for path in sorted((RULES / FOLDER).glob("*.yaml"))
]
CASES = [(file, case) for file in FILES for case in file.cases]


def test_every_case_comes_out_as_its_writer_expects(book: Rulebook) -> None:
    assert check_cases(RULES, book) == []


def test_there_are_at_least_sixty_cases_and_none_is_written_twice() -> None:
    names = [case.case for _, case in CASES]
    assert len(names) >= 60
    assert len(set(names)) == len(names)


def _decided(reckoner: Reckoner) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for file, case in CASES:
        for decision in decide_case(file, case, reckoner):
            for node in explain(decision, reckoner.years[decision.year]).walk():
                found.setdefault(node.rule, set()).add(node.result)
    return found


def test_every_rule_is_decided_for_and_against_in_some_case(reckoner: Reckoner) -> None:
    decided = _decided(reckoner)
    rules = reckoner.programme.reward
    gates = {"type", "qualification", "validity", "ended-on", "earlier-exit", "exits", "unmet-indicator"}
    gates |= {"indicators", "cap"}
    gates |= {f"route-{id_}" for id_ in rules.routes} | {f"exit-{id_}" for id_ in rules.exits}
    gates |= {f"indicator-{id_}" for id_ in rules.due}
    assert {
        gate: decided.get(gate, set()) for gate in gates if not {"yes", "no"} <= decided.get(gate, set())
    } == {}
    for may_wait in {"qualification", "validity", "indicators"} | {f"indicator-{id_}" for id_ in rules.due}:
        assert "pending" in decided[may_wait], may_wait
    for figure in [*(f"beds-{id_}" for id_ in rules.beds), *(f"rate-{id_}" for id_ in rules.rates), "amount"]:
        assert decided[figure] == {"value"}


def test_every_rule_of_the_tree_is_named_in_the_test_above(reckoner: Reckoner) -> None:
    rules = reckoner.programme.reward
    tables = {
        "route": rules.routes,
        "exit": rules.exits,
        "indicator": rules.due,
        "beds": rules.beds,
        "rate": rules.rates,
    }
    single = {"amount", "type", "qualification", "validity", "ended-on", "earlier-exit", "exits", "unmet-indicator",
              "indicators", "cap", "beds", "rate", "penalty-not-listed", "penalty-numbering"}  # fmt: skip
    known = single | {f"{kind}-{id_}" for kind, table in tables.items() for id_ in table}
    assert set(_decided(reckoner)) <= known


@pytest.mark.parametrize(
    ("old", "new", "place", "reason"),
    [
        ("amount: 1220000}", "amount: 1}", "cases.0.expect.amount", "算出來是 1220000，案例寫的是 1"),
        ("amount: 1220000}", "amont: 1220000}", "cases.0.expect.amont", "不認識的結果"),
        ("residents_prev_dec: 66", "residents_prev_dec: many", "cases.0.facts", "不是人數或床數"),
        ("county: 花蓮縣", "countie: 花蓮縣", "cases.0.facts", "沒有欄位 countie"),
        ("programme: excellence", "programme: excellency", "programme", "沒有「excellency」"),
        ("programme: excellence", "programme: care-quality", "programme", "還不能計算"),
        ('year: "110"', "year: 110-111", "cases.0.expect.110", "沒有寫 110 年度"),
        ('year: "110"', 'year: "113"', "cases.0.facts", "113"),
    ],
)
def test_a_case_that_does_not_hold_is_told_with_its_place(
    tmp_path: Path, book: Rulebook, old: str, new: str, place: str, reason: str
) -> None:
    folder = tmp_path / "rules" / FOLDER
    folder.mkdir(parents=True)
    written = (RULES / FOLDER / "excellence-money.yaml").read_text(encoding="utf-8")
    assert old in written
    (folder / "money.yaml").write_text(written.replace(old, new, 1), encoding="utf-8")
    told = [problem for problem in check_cases(tmp_path / "rules", book) if problem.path == place]
    assert told
    assert reason in told[0].reason
    assert told[0].file == "rules/programmes/cases/money.yaml"
    assert told[0].expected
