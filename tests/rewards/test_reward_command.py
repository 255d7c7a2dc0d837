"""``careward rewards``: what is printed, where, and with which exit code."""

import csv
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from careward.cli import app
from careward.rewards.columns import REQUIRED
from careward.store.tables import workbook_rows

Cells = Callable[..., dict[str, str]]
RULES = Path(__file__).resolve().parents[2] / "rules"
KEYS = ["institution_code", "eligible", "route", "eligible_from", "beds_counted", "rate", "amount", "reasons"]


@dataclass
class Told:
    code: int
    out: str
    err: str


def _run(*words: object) -> Told:
    done = CliRunner().invoke(app, ["rewards", *map(str, words)], catch_exceptions=False)
    return Told(done.exit_code, done.stdout, done.stderr)


Make = Callable[..., Path]


@pytest.fixture
def file(tmp_path: Path) -> Make:
    def write(rows: Sequence[dict[str, str]], name: str = "FACTS.csv") -> Path:
        path = tmp_path / name
        with path.open("w", encoding="utf-8", newline="") as made:
            writer = csv.DictWriter(made, [*REQUIRED, "ended_on"], extrasaction="ignore")
            writer.writeheader()
            writer.writerows(rows)
        return path

    return write


EXCELLENCE = ("--programme", "excellence", "--year")


def test_json_is_one_object_per_institution_in_the_files_order_with_exactly_the_named_keys(
    file: Make, cells: Cells
) -> None:
    path = file([cells(institution_code="2"), cells(institution_code="1", accreditations="")])
    told = _run("compute", *EXCELLENCE, "111", path, "--json")
    lines = [json.loads(line) for line in told.out.splitlines()]
    assert told.code == 0
    assert [list(line) for line in lines] == [KEYS, KEYS]
    assert lines[0] == {
        "institution_code": "2", "eligible": True, "route": "a", "eligible_from": "2018-10-01",
        "beds_counted": 40, "rate": 20_000, "amount": 800_000,
        "reasons": ["route-a", "validity", "indicators", "beds-elderly", "rate-private"],
    }  # fmt: skip
    assert lines[1] == {
        "institution_code": "1", "eligible": False, "route": None, "eligible_from": None,
        "beds_counted": 40, "rate": 20_000, "amount": 0, "reasons": ["no-route"],
    }  # fmt: skip


def test_several_years_come_in_order_and_an_exit_carries(file: Make, cells: Cells) -> None:
    path = file([cells(penalties="ltc-44/ltc-47@2020-01-01@2021-05-05"), cells(institution_code="2")])
    told = _run("compute", *EXCELLENCE, "109-112", path, "--json")
    amounts = [json.loads(line)["amount"] for line in told.out.splitlines()]
    assert amounts == [800_000, 0, 0, 0, *[800_000] * 4]


def test_unreadable_rows_are_told_by_line_and_column_and_the_others_computed(
    file: Make, cells: Cells
) -> None:
    path = file([cells(institution_code="1", type="x"), cells(institution_code="2")])
    told = _run("compute", *EXCELLENCE, "111", path, "--json")
    assert told.code == 1
    assert [json.loads(line)["institution_code"] for line in told.out.splitlines()] == ["2"]
    assert "第 2 行 type：「x」不是可以用的值" in told.err


def test_for_people_it_says_amounts_reasons_and_totals(file: Make, cells: Cells) -> None:
    told = _run("compute", *EXCELLENCE, "111", file([cells()]))
    assert "111 年度 0001 演練機構：800,000 元（40 床 × 20,000 元）" in told.out
    assert "臺北市：1 家次，1 家次有獎勵，40 床，800,000 元" in told.out
    assert told.out.splitlines()[-1] == "合計 1 家次、1 家次有獎勵、40 床、800,000 元"


def test_one_institution_is_explained_by_its_code(file: Make, cells: Cells) -> None:
    path = file([cells(), cells(institution_code="2")])
    told = _run("compute", *EXCELLENCE, "111", path, "--explain", "2")
    assert told.out.startswith("[amount] 111 年度獎勵金 800,000 元")
    assert "FACTS.csv 第 3 行 residents_prev_dec" in told.out
    tree = json.loads(_run("compute", *EXCELLENCE, "111", path, "--explain", "2", "--json").out)
    assert {"rule", "says", "result", "inputs", "source", "note", "change", "parts"} == set(tree)
    assert _run("compute", *EXCELLENCE, "111", path, "--explain", "3").code == 2


@pytest.mark.parametrize("suffix", ["ods", "xlsx", "csv"])
def test_the_result_is_written_as_a_table(file: Make, cells: Cells, tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"result.{suffix}"
    told = _run("compute", *EXCELLENCE, "111", file([cells()]), "--json", "--out", out)
    assert told.code == 0
    assert len(told.out.splitlines()) == 1
    if suffix == "csv":
        rows = list(csv.reader(out.read_text(encoding="utf-8-sig").splitlines()))
    else:
        rows = [row for _, row in workbook_rows(out.read_bytes(), most_rows=50, most_columns=50)]
    assert rows[0][:3] == ["年度", "機構代碼", "機構名稱"]
    assert rows[1][1:5] == ["0001", "演練機構", "臺北市", "老人福利機構"]
    assert rows[1][10] == "800000"


def test_the_unknown_programme_year_day_and_suffix_are_refused(
    file: Make, cells: Cells, tmp_path: Path
) -> None:
    path = file([cells()])
    assert "excellence" in _run("compute", "--programme", "x", "--year", "111", path).err
    for year in ("108", "113", "112-109", "111-113", "2022", ""):
        told = _run("compute", *EXCELLENCE, year, path)
        assert (told.code, "請填 109 到 112" in told.err) == (2, True), year
    assert "不是日期" in _run("compute", *EXCELLENCE, "111", path, "--as-known-on", "soon").err
    told = _run("compute", *EXCELLENCE, "111", path, "--out", tmp_path / "x.pdf")
    assert (told.code, ".ods" in told.err) == (2, True)
    assert "找不到檔案" in _run("compute", *EXCELLENCE, "111", tmp_path / "no.csv").err


def test_care_quality_refuses_and_names_the_file_to_fill(file: Make, cells: Cells) -> None:
    told = _run("compute", "--programme", "care-quality", "--year", "114", file([cells()]))
    assert (told.code, told.out) == (2, "")
    assert "rules/programmes/care-quality.yaml" in told.err
    assert "price_table" in told.err


def test_as_known_on_a_day_forgets_what_came_later(file: Make, cells: Cells) -> None:
    path = file([cells(penalties="ltc-44/ltc-47@2021-01-01@2022-06-01")])
    before = _run("compute", *EXCELLENCE, "111", path, "--json", "--as-known-on", "2022-05-31")
    after = _run("compute", *EXCELLENCE, "111", path, "--json", "--as-known-on", "2022-06-01")
    assert [json.loads(told.out)["amount"] for told in (before, after)] == [800_000, 0]


def test_what_looks_wrong_is_noted_without_changing_the_exit_code(file: Make, cells: Cells) -> None:
    told = _run("compute", *EXCELLENCE, "111", file([cells(penalties="lct-44/ltc-47@2021-01-01@2022-06-01")]))
    assert told.code == 0
    assert "提醒：FACTS.csv 第 2 行 0001：違規代號「lct-44」" in told.err


def test_totals_hold_expenses_against_their_caps(file: Make, cells: Cells) -> None:
    path = file([cells(ownership="public")])
    good = _run("totals", *EXCELLENCE, "111", path, "--admin-cost", "臺北市=39000", "--bonus", "0001=1")
    assert good.code == 0
    assert "提醒：行政費 臺北市：39,000 元，已接近上限 40,000 元（10%），只剩 1,000 元" in good.out
    assert "獎金 0001：1 元，上限 120,000 元（30%），還可以用 119,999 元" in good.out
    broken = _run("totals", *EXCELLENCE, "111", path, "--admin-cost", "臺北市=40001")
    assert (broken.code, "超過上限" in broken.out) == (1, True)
    assert _run("totals", *EXCELLENCE, "111", path, "--bonus", "9=1").code == 2
    assert _run("totals", *EXCELLENCE, "111", path, "--bonus", "0001").code == 2


def test_two_calculations_are_compared_with_the_facts_that_differ(file: Make, cells: Cells) -> None:
    before = file([cells(), cells(institution_code="2"), cells(institution_code="3")], "before.csv")
    after = file(
        [cells(residents_prev_dec="50"), cells(institution_code="2"), cells(institution_code="4")],
        "after.csv",
    )
    told = _run("compare", before, after, *EXCELLENCE, "111")
    assert told.out.splitlines() == [
        "111 年度 0001：800,000 元 → 1,000,000 元",
        "    事實不同：前一年 12 月底實際收容人數：40 → 50",
        "111 年度 3：只在前一次計算出現，800,000 元",
        "111 年度 4：只在後一次計算出現，800,000 元",
    ]
    assert _run("compare", before, before, *EXCELLENCE, "111").out == "兩次計算的結果相同\n"


def test_two_calculations_are_compared_with_the_rules_that_differ(
    file: Make, cells: Cells, tmp_path: Path
) -> None:
    shutil.copytree(RULES, tmp_path / "rules")
    place = tmp_path / "rules" / "programmes" / "excellence.yaml"
    written = place.read_text(encoding="utf-8")
    place.write_text(written.replace("amount: 20000", "amount: 25000", 1), encoding="utf-8")
    path = file([cells(), cells(institution_code="2", ownership="public")])
    told = _run("compare", path, path, *EXCELLENCE, "111", "--rules-after", tmp_path / "rules")
    assert told.out.splitlines() == [
        "111 年度 0001：800,000 元 → 1,000,000 元",
        "    規則不同：reward.rates.private.amount：20000 → 25000",
    ]


def test_two_days_of_knowledge_are_compared_with_the_reasons_that_differ(file: Make, cells: Cells) -> None:
    path = file([cells(penalties="ltc-44/ltc-47@2021-01-01@2022-06-01")])
    told = _run("compare", path, path, *EXCELLENCE, "111", "--known-before", date(2022, 5, 1).isoformat())
    assert "    事實不同：處罰：無 → ltc-44/ltc-47 2022-06-01" in told.out
    assert "    不再成立：評鑑在效期內" in told.out
    assert "    現在成立：受處罰退場：長期照顧服務法第44條" in told.out
