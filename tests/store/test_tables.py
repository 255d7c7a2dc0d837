"""Tables that people send and get: every format, any order of columns, errors by row and column, bounds."""

import io
import zipfile
from contextlib import suppress
from datetime import date, datetime
from typing import Any
from unittest.mock import patch

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st
from odfdo import Document

from careward import rulebook
from careward.kernel.clock import taipei
from careward.store.cells import (
    Column,
    one_of,
    phone,
    roc_day,
    roc_month,
    whole_number,
    words,
    yes_or_no,
)
from careward.store.mailboxes import mailbox
from careward.store.spreadsheets import FORMATS, write_table
from careward.store.tables import Table, Unreadable, read_table

COLUMNS = (
    Column("code", "機構代碼", words(20), also=("代碼",)),
    Column("name", "機構名稱", words(60), as_written=True),
    Column("county", "縣市", one_of({"66000": "臺中市", "63000": "臺北市"})),
    Column("beds", "床數", whole_number(0, 2000), needed=False, blank=True),
    Column("day", "公告日", roc_day, needed=False, blank=True),
)
GOOD = "機構代碼,機構名稱,縣市\n0131000009,範例護理之家,台中市\n"


def read(written: str | bytes, *, key: tuple[str, ...] = ("code",)) -> Table:
    content = written.encode() if isinstance(written, str) else written
    return read_table(content, COLUMNS, key=key)


def values(table: Table) -> list[dict[str, Any]]:
    return [dict(row.values) for row in table.rows]


EXPECTED = [{"code": "0131000009", "name": "範例護理之家", "county": "66000"}]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp950"])
def test_a_text_table_is_read_in_every_usual_encoding(encoding: str) -> None:
    table = read(GOOD.encode(encoding))
    assert (values(table), table.faults) == (EXPECTED, ())


@pytest.mark.parametrize(
    "written",
    [
        "縣市;機構名稱;機構代碼\r\n台中市;範例護理之家;0131000009\r\n",
        "縣市\t機構名稱\t代碼\n臺中市\t範例護理之家\t0131000009\n",
        "  115 年名單,,\n\nＣＯＤＥ,機構 名稱*,縣市\n０１３１００００09,範例護理之家,66000\n,,\n",
    ],
)
def test_order_delimiter_width_spelling_and_a_title_above_make_no_difference(written: str) -> None:
    table = read(written)
    assert (values(table), table.faults) == (EXPECTED, ())


def test_columns_nobody_asked_for_are_reported_and_the_rest_is_read() -> None:
    table = read("機構代碼,備註,機構名稱,縣市\n0131000009,略,範例護理之家,臺中市\n")
    assert (values(table), table.ignored) == (EXPECTED, ("備註",))
    assert table.has == {"code", "name", "county"}


def test_faults_name_row_and_column_and_say_what_was_expected() -> None:
    table = read(
        "機構代碼,機構名稱,縣市,床數,公告日\n"
        "A1,甲,火星市,49,114/12/08\n"
        "A2,,臺北市,很多,2025/12/08\n"
        "A3,丙,臺北市,9999,114/02/30\n"
        "A4,丁,臺北市,,\n"
        "A4,丁,臺北市,,\n"
        "A5,戊,臺北市,,,多的\n"
    )
    assert [(f.row, f.column) for f in table.faults] == [
        (2, "縣市"),
        (3, "機構名稱"),
        (3, "床數"),
        (3, "公告日"),
        (4, "床數"),
        (4, "公告日"),
        (6, ""),
        (7, ""),
    ]
    assert "臺中市、臺北市" in table.faults[0].says
    assert "西元" in table.faults[3].says
    assert "第 5 列" in table.faults[6].says
    assert [(row.number, row.values["beds"]) for row in table.rows] == [(5, None)]


def test_a_wholly_wrong_file_is_not_gone_through_to_its_end() -> None:
    table = read("機構代碼,機構名稱,縣市\n" + "A,,\n" * 3000)
    assert len(table.faults) < 600
    assert "500" in table.faults[-1].says


@pytest.mark.parametrize(
    ("code", "content"),
    [
        ("empty", b""),
        ("empty", b" \r\n "),
        ("not_a_table", b"%PDF-1.7 ..."),
        ("not_a_table", b"<html></html>"),
        ("encoding", b"code,name\n\xff\xff\xff\x00a"),
        ("quote", '機構代碼,機構名稱,縣市\n"A,甲,臺北市\n'.encode()),
        ("no_heading", b"a,b,c\n1,2,3\n"),
        ("column_missing", "機構代碼,縣市\nA,臺北市\n".encode()),
        ("column_twice", "機構代碼,代碼,機構名稱,縣市\nA,A,甲,臺北市\n".encode()),
        ("no_rows", "機構代碼,機構名稱,縣市\n,,\n".encode()),
        ("too_many_columns", (",".join(["機構代碼", *"x" * 80]) + "\n").encode()),
        ("too_many_rows", ("機構代碼,機構名稱,縣市\n" + "A,甲,臺北市\n" * 5100).encode()),
        ("broken", b"PK\x03\x04 xl/ and nothing after it"),
    ],
)
def test_what_is_no_such_table_is_refused_with_the_reason(code: str, content: bytes) -> None:
    with pytest.raises(Unreadable) as refused:
        read(content)
    assert refused.value.code == code
    assert str(refused.value)


def test_a_file_beyond_the_bound_is_refused_unread() -> None:
    with pytest.raises(Unreadable) as refused:
        read(b"a" * (rulebook.current().policies.tables.max_bytes.value + 1))
    assert refused.value.code == "too_large"


def _workbook(fill: Any) -> bytes:
    kept = io.BytesIO()
    with xlsxwriter.Workbook(kept, {"in_memory": True}) as book:
        fill(book, book.add_worksheet())
    return kept.getvalue()


def test_a_workbook_with_numbers_days_and_an_empty_first_sheet_is_read() -> None:
    def fill(book: Any, sheet: Any) -> None:
        second = book.add_worksheet()
        second.write_row(2, 1, ["機構代碼", "機構名稱", "縣市", "床數", "公告日"])
        second.write_row(3, 1, ["0131000009", "範例護理之家", "臺中市", 49])
        second.write_datetime(3, 5, datetime(2025, 12, 8), book.add_format({"num_format": "yyyy/m/d"}))

    table = read(_workbook(fill))
    assert values(table) == [{**EXPECTED[0], "beds": 49, "day": date(2025, 12, 8)}]
    assert table.rows[0].number == 4


def test_a_workbook_that_claims_billions_of_cells_does_no_harm() -> None:
    def fill(book: Any, sheet: Any) -> None:
        sheet.write(0, 0, "機構代碼")
        sheet.write(1_048_575, 16_383, "x")

    with pytest.raises(Unreadable) as refused:
        read(_workbook(fill))
    assert refused.value.code in {"too_complex", "too_many_columns", "too_many_rows"}


def test_repeated_cells_of_an_ods_do_no_harm() -> None:
    content = write_table("ods", "a", ["機構代碼"], [["A"]])
    kept = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            body = old.read(part)
            if part.filename == "content.xml":
                body = body.replace(
                    b"<table:table-cell ", b'<table:table-cell table:number-columns-repeated="16000" '
                ).replace(b"<table:table-row>", b'<table:table-row table:number-rows-repeated="1000000">')
            new.writestr(part, body)
    with pytest.raises(Unreadable) as refused:
        read(kept.getvalue())
    assert refused.value.code in {"broken", "too_complex", "too_many_columns", "too_many_rows"}


def test_a_zip_bomb_is_refused_by_what_it_claims() -> None:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", b"0" * (201 << 20))
    with pytest.raises(Unreadable) as refused:
        read(kept.getvalue())
    assert refused.value.code == "too_complex"


def test_a_reader_that_falls_is_an_answer_not_an_error() -> None:
    with patch("careward.store.tables.READER", "/nowhere"), pytest.raises(Unreadable) as refused:
        read(write_table("ods", "a", ["機構代碼"], [["A"]]))
    assert refused.value.code == "too_complex"


@pytest.mark.parametrize("kind", FORMATS)
def test_what_was_written_is_read_back_and_a_text_is_never_a_formula(kind: str) -> None:
    rows = [["0131000009", "=HYPERLINK(1)", "臺中市", 49, date(2025, 12, 8)]]
    content = write_table(kind, "機構/名單", [c.label for c in COLUMNS], rows)
    table = read(content)
    assert values(table) == [
        {
            "code": "0131000009",
            "name": "=HYPERLINK(1)",
            "county": "66000",
            "beds": 49,
            "day": date(2025, 12, 8),
        }
    ]
    if kind == "csv":
        assert "'=HYPERLINK" in content.decode("utf-8-sig")
    else:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            everything = b"".join(packed.read(name) for name in packed.namelist())
        assert b"<f>" not in everything
        assert b"table:formula" not in everything


@pytest.mark.parametrize(
    "said", ["=1", "+1", "-1", "@A1", "＝1", "＋1", "－1", "＠A1", " =1", "\t=1", "　=1", "'=1"]
)
def test_no_cell_of_a_csv_can_be_read_as_a_formula_and_each_is_read_back_as_it_was(said: str) -> None:
    columns = [Column("a", "甲", words(40), as_written=True)]
    content = write_table("csv", "x", ["甲"], [[said]])
    assert content.decode("utf-8-sig").splitlines()[1].startswith("'")
    assert read_table(content, columns).rows[0].values == {"a": said.strip()}


WRITABLE = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Cs", "Zl", "Zp", "Co", "Cn"]), max_size=40
)


@settings(max_examples=60)
@given(st.lists(st.tuples(WRITABLE, WRITABLE, st.integers(0, 2000)), min_size=1, max_size=6))
def test_any_text_survives_the_way_out_and_in(rows: list[tuple[str, str, int]]) -> None:
    columns = [
        Column("n", "編號", whole_number(0, 9)),
        Column("a", "甲", words(400), blank=True, as_written=True),
        Column("b", "乙", words(400), blank=True, as_written=True),
        Column("c", "丙", whole_number(0, 2000)),
    ]
    heading = [column.label for column in columns]
    content = write_table("csv", "x", heading, [[n, *row] for n, row in enumerate(rows)])
    table = read_table(content, columns)
    assert table.faults == ()
    told = [(row.values["a"] or "", row.values["b"] or "", row.values["c"]) for row in table.rows]
    assert told == [(" ".join(a.split()), " ".join(b.split()), c) for a, b, c in rows]


@given(st.binary(max_size=400))
def test_no_bytes_whatever_raise_anything_but_a_refusal(content: bytes) -> None:
    with suppress(Unreadable):
        read(content)


@pytest.mark.parametrize(
    ("reader", "written", "value"),
    [
        (whole_number(0, 5000), "1,200", 1200),
        (roc_month, "114/12", "11412"),
        (roc_month, "114年1月", "11401"),
        (mailbox, "Office@Example.ORG", "office@example.org"),
        (phone, "02 2345 6789 轉 12", "02-23456789#12"),
        (yes_or_no, "是", True),
        (yes_or_no, "N", False),
        (one_of({"a": "甲"}), "甲", "a"),
    ],
)
def test_cells_are_read_forgivingly(reader: Any, written: str, value: object) -> None:
    assert Column("x", "某欄", reader).value(written) == value


def test_columns_of_an_ods_are_as_wide_as_what_stands_in_them_and_its_heading_is_bold() -> None:
    long = "財團法人範例社會福利慈善事業基金會附設範例護理之家"
    content = write_table("ods", "名單", ["代碼", "名稱"], [["1131000009", long], ["1131000018", "短"]])
    book = Document(io.BytesIO(content))
    table = book.body.get_table(0)
    assert table is not None

    def of(family: str, name: str | None, area: str) -> Any:
        style: Any = book.get_style(family, name or "")
        return style.get_properties(area)

    wide = [of("table-column", column.style, "table-column") for column in table.columns]
    widths = [properties["style:column-width"] for properties in wide]
    assert [float(width.removesuffix("cm")) for width in widths] == [2.4, 8.0]
    [first, second, _] = table.rows
    assert of("table-cell", first.cells[0].style, "text")["style:font-weight-asian"] == "bold"
    assert second.cells[0].style is None
    assert book.language == "zh-TW"


def test_a_moment_is_written_in_roc_years() -> None:
    content = write_table("csv", "x", ["時間"], [[taipei(2025, 12, 8, 17)]])
    assert "114/12/08 17:00" in content.decode("utf-8-sig")
