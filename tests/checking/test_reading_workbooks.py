"""Excel, ODS and JSON are read as CSV is; what would have to be guessed at is refused by its place."""

import io
import json
import re
import zipfile
from datetime import date
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from careward.checking.findings import Notes
from careward.checking.reading.opening import opened
from careward.checking.reading.table import Row
from careward.checking.sample_forms import Form, in_form
from careward.checking.unreadable import Fault, Unreadable
from careward.rulebook import current
from careward.store.spreadsheets import write_table

SPEC = current().interchange("1.0")
STAFF = SPEC.dataset("staff")
NAMES = [field.id for field in STAFF.fields]
ROW = [STAFF.example[name] for name in NAMES]
FORMS: list[Form] = ["csv", "xlsx", "ods", "json", "jsonl"]


def rows(content: bytes, notes: Notes | None = None) -> list[Row]:
    with opened(content, spec=SPEC, dataset=STAFF, notes=notes or Notes()) as table:
        return list(table.rows())


def faults(content: bytes) -> list[Fault]:
    with pytest.raises(Unreadable) as refusal:
        rows(content)
    return list(refusal.value.faults)


def problems(content: bytes) -> list[tuple[str, str]]:
    return [(fault.problem, fault.found) for fault in faults(content)]


def xlsx(*lines: list[Any], also: Any = None, name: str = "人員") -> bytes:
    kept = io.BytesIO()
    with xlsxwriter.Workbook(kept, {"in_memory": True}) as book:
        sheet = book.add_worksheet(name)
        for number, line in enumerate(lines):
            sheet.write_row(number, 0, line)
        if also:
            also(book, sheet)
    return kept.getvalue()


@pytest.mark.parametrize("form", FORMS)
def test_the_same_records_read_equal_in_every_form(form: Form) -> None:
    records = [dict(STAFF.example), {**STAFF.example, "record_key": "E0002", "employed_to": "1150131"}]
    read = rows(in_form(STAFF, records, form))
    assert [row.cells for row in read] == [tuple(record[name] for name in NAMES) for record in records]


def test_numbers_and_days_typed_into_excel_are_read_as_they_are_shown() -> None:
    line = [*ROW]
    line[NAMES.index("period")] = 11501
    line[NAMES.index("training_hours")] = 2.5
    line[NAMES.index("employed_from")] = 1130301
    (row,) = rows(xlsx(NAMES, line))
    assert row.cells is not None
    told = dict(zip(NAMES, row.cells, strict=True))
    assert (told["period"], told["training_hours"], told["employed_from"]) == ("11501", "2.5", "1130301")


def test_a_cell_formatted_as_a_day_is_read_as_a_roc_day() -> None:
    def day(book: Any, sheet: Any) -> None:
        form = book.add_format({"num_format": "yyyy/mm/dd"})
        sheet.write_datetime(1, NAMES.index("employed_from"), date(2024, 3, 1), form)  # type: ignore[arg-type]

    (row,) = rows(xlsx(NAMES, ROW, also=day))
    assert row.cells is not None
    assert row.cells[NAMES.index("employed_from")] == "113/03/01"


def test_lines_are_those_of_the_sheet_with_blank_rows_above_and_between() -> None:
    content = xlsx([], NAMES, ROW, [], ROW)
    assert [row.line for row in rows(content)] == [3, 5]


def test_a_title_above_the_heading_is_named_as_what_is_no_heading() -> None:
    assert [problem for problem, _ in problems(xlsx(["115 年 1 月人員名冊"], NAMES, ROW))] == ["no_header"]


@pytest.mark.parametrize("form", ["csv", "xlsx", "ods"])
def test_a_second_row_of_headings_is_refused(form: Form) -> None:
    labels = {field.id: field.label for field in STAFF.fields}
    (fault,) = faults(in_form(STAFF, [labels, STAFF.example], form))
    assert (fault.problem, fault.line) == ("heading_twice", 2)


def test_formulas_and_merged_cells_are_refused_by_their_place() -> None:
    def both(_book: Any, sheet: Any) -> None:
        sheet.write_formula(1, 2, '="E0001"', value="E0001")
        sheet.merge_range(4, 0, 4, 2, "11501")

    assert problems(xlsx(NAMES, ROW, also=both)) == [("formula", "C2"), ("merged_cells", "A5:C5")]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (r"<\?xml[^>]*>", ""),
        (r"<\?xml[^>]*>", '<?xml version="1.0"?>'),
        (r"<f>([^<]*)</f>", r"<f\n>\1</f>"),
        (
            r"<f>([^<]*)</f>",
            r'<x:f xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main">\1</x:f>',
        ),
        ("<sheetData>", f"<!--{'x' * 262_144}--><sheetData>"),
    ],
)
def test_a_formula_is_found_however_its_sheet_is_written(before: str, after: str) -> None:
    def formula(_book: Any, sheet: Any) -> None:
        sheet.write_formula(1, 2, '="E0001"', value="E0001")

    content = _with_part(
        xlsx(NAMES, ROW, also=formula),
        "xl/worksheets/sheet1.xml",
        lambda xml: re.sub(before, after, xml, count=1),
    )
    assert problems(content) == [("formula", "C2")]


def test_formulas_and_merged_cells_of_ods_are_refused_by_their_place() -> None:
    content = write_table("ods", "人員", NAMES, [ROW, ROW])
    spoilt = _with_content(
        content,
        lambda xml: xml.replace(
            '<table:table-cell office:value-type="string"><text:p>CAW',
            '<table:table-cell table:formula="of:=[.A1]" table:number-columns-spanned="2" '
            'office:value-type="string"><text:p>CAW',
            1,
        ),
    )
    place = f"{'ABCDEFGHIJ'[NAMES.index('role')]}2"
    assert problems(spoilt) == [("formula", place), ("merged_cells", place)]


def test_other_and_hidden_sheets_are_named_and_not_read() -> None:
    def more(book: Any, _sheet: Any) -> None:
        book.add_worksheet("說明").write(0, 0, "請填第一張")
        hidden = book.add_worksheet("舊資料")
        hidden.write(0, 0, "x")
        hidden.hide()

    notes = Notes()
    assert len(rows(xlsx(NAMES, ROW, also=more), notes)) == 1
    assert [(a.kind, a.detail) for a in notes.told()] == [("other_sheet", "說明"), ("hidden_sheet", "舊資料")]


def test_a_hidden_first_sheet_is_passed_over() -> None:
    def first_hidden(book: Any, sheet: Any) -> None:
        second = book.add_worksheet("人員二")
        for number, line in enumerate([NAMES, ROW, ROW]):
            second.write_row(number, 0, line)
        second.activate()
        second.set_first_sheet()
        sheet.hide()

    assert len(rows(xlsx(["舊"], also=first_hidden))) == 2


def test_json_keeps_numbers_as_they_were_written_and_names_each_line() -> None:
    record = {**STAFF.example, "training_hours": 2.50, "period": 11501, "employed_to": None}
    content = json.dumps([record, record], ensure_ascii=False, indent=2)
    read = rows(content.replace("2.5", "2.50").encode())
    assert [row.line for row in read] == [2, 2 + len(record) + 2]
    assert read[0].cells is not None
    assert read[0].cells[NAMES.index("training_hours")] == "2.50"
    assert read[0].cells[NAMES.index("employed_to")] == ""


def test_json_may_hold_its_records_under_one_key_and_name_them_by_label() -> None:
    record = {field.label: STAFF.example[field.id] for field in STAFF.fields}
    (row,) = rows(json.dumps({"records": [record]}, ensure_ascii=False).encode("utf-8-sig"))
    assert row.cells == tuple(ROW)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"[", "json_broken"),
        (b"[{}", "json_broken"),
        (b'{"period": "11501"} x', "json_broken"),
        (b'{"records": [1]}', "json_shape"),
        (b'{"records": []} {}', "json_broken"),
        (b"[" * 100_000, "json_broken"),
        (b'[{"a": [[]]}]', "json_shape"),
        (b"[{}]", "no_header"),
        (b"[]", "no_rows"),
        (b'[{"period": "11501"}]', "column_missing"),
    ],
)
def test_json_that_is_no_table_is_refused_with_its_reason(content: bytes, problem: str) -> None:
    assert problems(content)[0][0] == problem


def test_a_workbook_that_claims_a_million_columns_is_refused_fast() -> None:
    def far(_book: Any, sheet: Any) -> None:
        sheet.write_string(1_048_575, 16_383, "x")

    assert problems(xlsx(NAMES, ROW, also=far))[0][0] == "workbook_heavy"


def test_a_zip_bomb_is_refused_before_it_unfolds() -> None:
    content = _with_content(write_table("ods", "人員", NAMES, [ROW]), lambda xml: xml + " " * (201 << 20))
    assert problems(content)[0][0] == "workbook_heavy"


def test_a_workbook_with_entities_is_refused() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    content = _with_content(
        write_table("ods", "人員", NAMES, [ROW]),
        lambda xml: xml.replace("?>", "?>" + bomb, 1) if "?>" in xml else bomb + xml,
    )
    assert problems(content)[0][0] == "workbook_broken"


def _with_content(content: bytes, change: Any) -> bytes:
    return _with_part(content, "content.xml", change)


def _with_part(content: bytes, name: str, change: Any) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            held = old.read(part)
            if part.filename == name:
                held = change(held.decode()).encode()
            new.writestr(part.filename, held, part.compress_type)
    return kept.getvalue()


@given(st.binary(max_size=300), st.sampled_from([b"[", b"{", b'[{"period":', b'{"records":[']))
@settings(max_examples=200)
def test_no_json_crashes_the_reader(rest: bytes, start: bytes) -> None:
    try:
        told = [row.line for row in rows(start + rest)]
    except Unreadable as refusal:
        told = [fault.problem for fault in refusal.faults]  # type: ignore[misc]
    assert told
