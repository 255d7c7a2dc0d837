"""FACTS.csv: what is read, and what is refused by line and column while the rest goes on."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careward.rewards.columns import COLUMNS, REQUIRED, Fault, Known, read_row
from careward.rewards.computing import compute, read_facts, split
from careward.rewards.files import NoFacts
from careward.rewards.reckoning import Reckoner
from careward.rulebook import current
from careward.store.spreadsheets import write_table

Cells = Callable[..., dict[str, str]]


def test_a_row_is_read_as_the_reference_page_says(cells: Cells, reckoner: Reckoner) -> None:
    row = cells(
        accreditations="乙等@2018-05-01@2018-06-01@2022-05-31@regular | @@@@re",
        penalties="ltc-44/ltc-47@2021-01-02@2021-03-04",
        indicators="staffing=met; foreign_carers=na:無外籍看護;self_care=pending",
        ended_on="2022-01-01",
    )
    facts, faults = read_row(row, reckoner.known, 2, "F.csv 2")
    assert faults == []
    assert facts
    first, second = facts.accreditations
    assert (first.grade, first.passed, first.since) == ("乙", True, date(2018, 5, 1))
    assert (second.announced, second.passed, second.since) == (None, False, None)
    assert facts.penalties[0].penalty_date == date(2021, 3, 4)
    assert facts.indicators == {"staffing": "met", "foreign_carers": "na", "self_care": "pending"}
    assert facts.indicator_reasons == {"foreign_carers": "無外籍看護"}
    assert (facts.ended_on, facts.residents, facts.anyang_residents) == (date(2022, 1, 1), 40, 0)


@pytest.mark.parametrize(
    ("column", "written", "reason"),
    [
        ("institution_code", " ", "沒有填寫"),
        ("type", "hospital", "「hospital」不是可以用的值"),
        ("type", "", "不是可以用的值"),
        ("ownership", "Public", "不是可以用的值"),
        ("founded_on", "2019-02-30", "不是日期"),
        ("founded_on", "20190201", "不是日期"),
        ("residents_prev_dec", "-1", "不是人數或床數"),
        ("residents_prev_dec", "12.5", "不是人數或床數"),
        ("residents_prev_dec", "", "沒有填寫"),
        ("open_beds_prev_dec", "1,000", "不是人數或床數"),
        ("anyang_residents_prev_dec", "x", "不是人數或床數"),
        ("early_intervention_residents_prev_dec", "三", "不是人數或床數"),
        ("accreditations", "甲@2018-05-01@2018-06-01@2022-05-31", "不是一筆評鑑"),
        ("accreditations", "戊@2018-05-01@2018-06-01@2022-05-31@regular", "等第「戊」看不懂"),
        ("accreditations", "甲@2018-05-01@2018-06-01@2022-05-31@new", "評鑑類別「new」"),
        ("accreditations", "甲@2018-05-01@2018-06-01@@regular", "合格但沒有效期"),
        ("accreditations", "甲@2018-05-01@2018-06-01@2018-05-31@regular", "結束早於開始"),
        ("accreditations", "甲@x@2018-06-01@2018-05-31@regular", "「x」不是日期"),
        ("penalties", "ltc-44@2021-01-02@2021-03-04", "不是一筆處罰"),
        ("penalties", "ltc-44/ltc-47@2021-01-02", "不是一筆處罰"),
        ("penalties", "LTC 44/ltc-47@2021-01-02@2021-03-04", "不是一筆處罰"),
        ("penalties", "ltc-44/ltc-47@@2021-03-04", "不是日期"),
        ("indicators", "staffing", "看不懂"),
        ("indicators", "staffing=yes", "看不懂"),
        ("indicators", "stafing=met", "沒有指標「stafing」"),
        ("indicators", "staffing=met;staffing=met", "寫了兩次"),
        ("ended_on", "soon", "不是日期"),
    ],
)
def test_an_unreadable_cell_is_told_with_line_and_column(
    cells: Cells, reckoner: Reckoner, column: str, written: str, reason: str
) -> None:
    facts, faults = read_row(cells(**{column: written}), reckoner.known, 7, "F.csv")
    assert facts is None
    assert [(one.line, one.column) for one in faults] == [(7, column)]
    assert reason in faults[0].reason
    assert str(faults[0]).startswith(f"第 7 行 {column}：")
    assert faults[0].expected


def test_all_unreadable_cells_of_a_row_are_told_at_once(cells: Cells, reckoner: Reckoner) -> None:
    _, faults = read_row(cells(type="x", founded_on="x", ended_on="x"), reckoner.known, 2, "")
    assert [one.column for one in faults] == ["type", "founded_on", "ended_on"]


@given(st.lists(st.text(max_size=30), min_size=len(COLUMNS), max_size=len(COLUMNS)))
def test_whatever_stands_in_the_cells_gives_facts_or_faults(written: list[str]) -> None:
    book = current()
    known = Known.of(book.types, book.programme("excellence"))
    facts, faults = read_row(dict(zip(COLUMNS, written, strict=True)), known, 2, "")
    assert (facts is None) == bool(faults)


Make = Callable[..., Path]


@pytest.fixture
def file(tmp_path: Path, cells: Cells) -> Make:
    """Writes rows as FACTS.csv and returns its path."""

    def write(*rows: dict[str, str], encoding: str = "utf-8", columns: tuple[str, ...] = REQUIRED) -> Path:
        import csv
        import io

        made = io.StringIO(newline="")
        writer = csv.DictWriter(made, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
        path = tmp_path / "FACTS.csv"
        path.write_bytes(made.getvalue().encode(encoding))
        return path

    return write


def _amounts(path: Path, reckoner: Reckoner, *years: str) -> tuple[list[int], list[Fault]]:
    decisions, faults = split(compute(path, reckoner, years or ("111",)))
    return [one.amount for one in decisions], faults


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp950"])
def test_a_file_is_read_in_the_encodings_offices_use(
    file: Make, cells: Cells, reckoner: Reckoner, encoding: str
) -> None:
    assert _amounts(file(cells(), encoding=encoding), reckoner) == ([800_000], [])


def test_quoted_cells_with_commas_quotes_and_line_breaks_are_one_cell(
    file: Make, cells: Cells, reckoner: Reckoner
) -> None:
    path = file(cells(name='安,康 "南\n港"'), cells(institution_code="0002", type="x"))
    amounts, faults = _amounts(path, reckoner)
    assert amounts == [800_000]
    assert [(one.line, one.column) for one in faults] == [(4, "type")], "the row before takes two lines"


def test_columns_may_stand_in_any_order_and_unknown_ones_are_left_alone(
    file: Make, cells: Cells, reckoner: Reckoner
) -> None:
    columns = ("remark", *reversed(REQUIRED), "ended_on")
    assert _amounts(file(cells(ended_on="2021-01-01"), columns=columns), reckoner) == ([0], [])


def test_a_missing_column_is_told_for_the_whole_file(file: Make, cells: Cells, reckoner: Reckoner) -> None:
    path = file(cells(), columns=tuple(name for name in REQUIRED if name != "penalties"))
    with pytest.raises(NoFacts, match="penalties"):
        list(read_facts(path, reckoner))


def test_a_file_that_is_none_is_told(tmp_path: Path, reckoner: Reckoner) -> None:
    with pytest.raises(NoFacts, match="找不到"):
        list(read_facts(tmp_path / "no.csv", reckoner))
    path = tmp_path / "empty.csv"
    path.write_bytes(b"")
    with pytest.raises(NoFacts, match="空的"):
        list(read_facts(path, reckoner))
    path.write_bytes(b"%PDF-1.7 ...")
    with pytest.raises(NoFacts, match="不是表格"):
        list(read_facts(path, reckoner))


def test_faulty_rows_do_not_stop_the_others(file: Make, cells: Cells, reckoner: Reckoner) -> None:
    path = file(
        cells(institution_code="1"), cells(institution_code="2", type="x"), cells(institution_code="3")
    )
    with path.open("a", encoding="utf-8") as more:
        more.write("4,too,many" + "," * 20 + "cells\n\n")
    amounts, faults = _amounts(path, reckoner)
    assert amounts == [800_000, 800_000]
    assert [(one.line, one.column) for one in faults] == [(3, "type"), (5, "")]


def test_a_quote_that_is_never_closed_is_told_and_the_rows_before_it_are_computed(
    file: Make, cells: Cells, reckoner: Reckoner
) -> None:
    path = file(cells())
    with path.open("a", encoding="utf-8") as more:
        more.write('0002,"open\n')
    amounts, faults = _amounts(path, reckoner)
    assert amounts == [800_000]
    assert [one.line for one in faults] == [3]


def test_the_same_institution_twice_is_told_and_counted_once(
    file: Make, cells: Cells, reckoner: Reckoner
) -> None:
    amounts, faults = _amounts(file(cells(), cells()), reckoner)
    assert amounts == [800_000]
    assert [(one.line, one.column) for one in faults] == [(3, "institution_code")]


def test_a_year_column_gives_each_year_its_own_facts_and_exits_carry(
    file: Make, cells: Cells, reckoner: Reckoner
) -> None:
    columns = (*REQUIRED, "year")
    met = cells()["indicators"]
    rows = [
        cells(year="112"),
        cells(year="110", ownership="public"),
        cells(year="111", type="disability", indicators=met.replace("staffing=met", "staffing=unmet")),
    ]
    path = file(*rows, columns=columns)
    assert _amounts(path, reckoner, "109", "110", "111", "112") == ([400_000, 0, 0], [])
    assert _amounts(path, reckoner, "112") == ([0], []), (
        "the exit of 111 is seen though only 112 is asked for"
    )
    amounts, faults = _amounts(file(cells(year="113"), columns=columns), reckoner)
    assert (amounts, faults[0].column) == ([], "year")


@pytest.mark.parametrize("kind", ["ods", "xlsx"])
def test_workbooks_are_read_too_with_numbers_and_days_as_cells(
    tmp_path: Path, cells: Cells, reckoner: Reckoner, kind: str
) -> None:
    row = [cells()[name] for name in REQUIRED]
    row[REQUIRED.index("residents_prev_dec")] = 41  # type: ignore[call-overload]
    row[REQUIRED.index("founded_on")] = date(2010, 5, 1)  # type: ignore[call-overload]
    path = tmp_path / f"FACTS.{kind}"
    path.write_bytes(write_table(kind, "facts", REQUIRED, [row, ["2", "", "", "x", *[""] * 9]]))
    amounts, faults = _amounts(path, reckoner)
    assert amounts == [820_000]
    assert {(one.line, one.column) for one in faults} >= {(3, "type"), (3, "ownership")}
