"""Every error of a file is found, told with its place, and shows nobody's number or name."""

import json
from collections.abc import Iterable, Mapping
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from careward.checking.files import check
from careward.checking.receipt.report import (
    ReceivedFile,
    receipt_document,
    receipt_on_demand,
    receipt_text,
    shortened,
)
from careward.checking.receipt.signing import signed, written
from careward.checking.receipt.writing import write_signed, write_text
from careward.checking.sample_forms import as_csv
from careward.checking.samples import faulty_rows, good_rows
from careward.checking.spill import CheckResult
from careward.kernel import clock
from careward.kernel.identifiers import make_national_id
from careward.kernel.roc import RocMonth
from careward.rulebook.interchange import Dataset, load_interchange

SPEC = load_interchange(Path(__file__).resolve().parents[2] / "rules" / "interchange" / "1.0")
STAFF = SPEC.dataset("staff")
CODE = "1331010018"
PERIOD = RocMonth.parse("11501")
KEY = STAFF.record_key or ""


def checked(
    records: Iterable[Mapping[str, str]],
    dataset: Dataset = STAFF,
    code: str | None = CODE,
    period: RocMonth = PERIOD,
) -> CheckResult:
    return check(
        as_csv(dataset, records),
        spec=SPEC,
        dataset=dataset,
        period=period,
        institution_code=code,
        today=date(2026, 2, 1),
    )


def staff(**cells: str) -> dict[str, str]:
    return {**STAFF.example, **cells}


@pytest.mark.parametrize("dataset", SPEC.datasets.values(), ids=lambda dataset: dataset.id)
@pytest.mark.parametrize("seed", [1, 2])
def test_generated_good_files_are_clean_and_the_same_each_time(dataset: Dataset, seed: int) -> None:
    n = 1 if any(c.rule.kind == "row_count" for c in dataset.checks) else 80
    first, second = (
        good_rows(SPEC, dataset, institution_code=CODE, period=PERIOD, n=n, seed=seed) for _ in range(2)
    )
    assert first == second
    result = checked(first, dataset)
    assert result.accepted
    adapted = [a for a in result.adaptations if a.kind != "not_compared"]
    assert (list(result.findings), result.row_count, adapted) == ([], n, [])


@given(st.integers(0, 10_000))
@settings(max_examples=8)
def test_no_finding_is_lost(seed: int) -> None:
    faulty = faulty_rows(SPEC, STAFF, institution_code=CODE, period=PERIOD, n=130, seed=seed)
    found = {(finding.line, finding.rule) for finding in checked(faulty.records).findings}
    assert {(place + 2, rule) for place, rule in faulty.planted} <= found
    assert {line for line, _ in found} == {place + 2 for place, _ in faulty.planted}


def test_there_is_no_cap_on_findings() -> None:
    rows = [
        staff(record_key=f"E{n}", personal_id=make_national_id(n), role="?", employment="?")
        for n in range(3_000)
    ]
    result = checked(rows)
    assert len(result.findings) == result.errors == 6_000
    assert not result.accepted


def test_one_error_rejects_the_file_and_warnings_do_not() -> None:
    late = staff(employed_to="1150630")
    assert [f.rule for f in checked([late]).findings] == ["staff.leaving_lies_ahead"]
    assert checked([late]).accepted
    assert not checked([late, staff(record_key="E2", role="?")]).accepted


def test_the_right_month_is_named_when_a_row_is_of_another() -> None:
    (finding,) = checked([staff(period="11502")]).findings
    assert (finding.line, finding.field, finding.found, finding.expected) == (2, "period", "11502", "11501")
    assert finding.record_key == STAFF.example[KEY]


def test_another_institutions_code_is_an_error_only_when_there_is_an_account() -> None:
    rows = [staff(institution_code="1331019999")]
    assert [f.expected for f in checked(rows).findings] == [CODE]
    assert checked(rows, code=None).accepted


def test_roc_dates_full_width_digits_and_labels_are_read_and_reported() -> None:
    written = ["113/3/1", "113.03.01", "113-3-1", "１１３０３０１", "113年3月1日"]
    rows = [
        staff(
            record_key=f"E{n}",
            personal_id=make_national_id(n),
            employed_from=day,
            role="照顧服務員",
            period=" 11501 ",
        )
        for n, day in enumerate(written)
    ]
    result = checked(rows)
    assert not result.findings
    told = {(a.kind, a.field): (a.count, a.first_line) for a in result.adaptations}
    assert told == {
        ("date_form", "employed_from"): (4, 2),
        ("width", "employed_from"): (1, 5),
        ("code_spelling", "role"): (5, 2),
        ("spaces", "period"): (5, 2),
    }


def test_a_number_in_small_letters_is_the_same_person() -> None:
    result = checked([staff(), staff(record_key="E2", personal_id="a123456789")])
    assert [f.rule for f in result.findings] == ["staff.person_and_role_once"]
    assert [a.kind for a in result.adaptations] == ["id_form"]


def test_a_ragged_row_is_told_and_the_others_are_still_checked() -> None:
    lines = (
        as_csv(STAFF, [staff(), staff(record_key="E2"), staff(record_key="E3", role="?")])
        .decode()
        .splitlines()
    )
    lines[2] = "11501,1331010018"
    result = check(
        "\n".join(lines).encode(),
        spec=SPEC,
        dataset=STAFF,
        period=PERIOD,
        institution_code=CODE,
        today=date(2026, 2, 1),
    )
    told = {(f.line, f.rule) for f in result.findings}
    assert {(3, "file.row_ragged"), (4, "staff.role.code_list")} <= told
    assert result.row_count == 3


SECRETS = ("A123456780", "A123456789", "A800000014", "歐陽承恩", "護理字第987654號")


def test_no_finding_shows_a_number_or_a_name_whatever_column_it_stands_in() -> None:
    rows = [
        staff(personal_id=SECRETS[0], name=SECRETS[3] * 20, licence_no=SECRETS[4] * 5),
        staff(record_key=SECRETS[1], personal_id=SECRETS[2], role=SECRETS[1], period=f"x{SECRETS[2]}"),
        staff(
            record_key=f"{SECRETS[1]}!",
            role="Ａ１２３４５６７８９",
            training_hours=f"\u200b{SECRETS[1].lower()}",
        ),
        staff(record_key="E9", personal_id=SECRETS[2], nationality="TWN"),
    ]
    result = checked(rows)
    assert {f.line for f in result.findings} == {2, 3, 4, 5}
    document = receipt_document(
        result,
        file=ReceivedFile("0000000001", "staff-11501.csv", "0" * 64, 1, clock.now(), "test"),
        spec=SPEC,
        dataset=STAFF,
        period=PERIOD,
        institution_code=CODE,
        checked_at=clock.now(),
    )
    said = json.dumps(document, ensure_ascii=False).casefold() + receipt_text(document).casefold()
    assert [secret for secret in SECRETS if secret.casefold() in said] == []


def test_the_receipt_holds_every_finding_grouped_by_rule_and_by_record() -> None:
    rows = [staff(), staff(role="?", employment="?"), staff(record_key="E2", role="?", employed_to="1150630")]
    result = checked(rows)
    document = receipt_document(
        result,
        file=ReceivedFile("0000000007", "staff-11501.csv", "0" * 64, 99, clock.now(), "live"),
        spec=SPEC,
        dataset=STAFF,
        period=PERIOD,
        institution_code=CODE,
        checked_at=clock.now(),
    )
    assert json.loads(json.dumps(document)) == document
    assert document["result"] == "rejected"
    by_rule = {(f["line"], g["rule"]) for g in document["by_rule"] for f in g["findings"]}
    by_record = {(r["line"], rule["rule"]) for r in document["by_record"] for rule in r["rules"]}
    assert by_rule == by_record == {(f.line, f.rule) for f in result.findings}
    assert [group["warns"] for group in document["by_rule"]][-1] is True
    written = receipt_text(document)
    assert "0000000007" in written
    for finding in result.findings:
        assert finding.what in written
        assert finding.how in written


def test_nothing_of_a_personal_field_is_remembered_after_its_file() -> None:
    from careward.checking.engine.compiling import compiled

    checked([staff(name="歐陽承恩")])
    remembered = {column.field.id: column.clean for column in compiled(SPEC, STAFF).columns}
    assert {
        field.id for field in STAFF.fields if field.personal_data != "none" and remembered[field.id]
    } == set()


def test_a_receipt_written_piece_by_piece_is_the_one_written_whole(own_store: Path) -> None:
    result = checked(
        [staff(record_key=f"E{n}", role="?", employed_to="1150630" if n % 3 else "") for n in range(700)]
    )
    facts: dict[str, Any] = {
        "file": ReceivedFile("0000000007", "staff-11501.csv", "0" * 64, 99, clock.now(), "live"),
        "spec": SPEC,
        "dataset": STAFF,
        "period": PERIOD,
        "institution_code": CODE,
        "checked_at": clock.now(),
    }
    whole = signed(receipt_document(result, **facts))
    document, as_json, as_text = receipt_on_demand(result, **facts), BytesIO(), BytesIO()
    assert write_signed(document, as_json) == whole["signature"]["key"]
    assert as_json.getvalue() == written(whole)
    write_text({**document, "signature": whole["signature"]}, as_text)
    assert as_text.getvalue().decode("utf-8-sig") == receipt_text(whole)
    short = shortened(document)
    assert json.loads(json.dumps(short))["shortened"] == 100
    assert next((len(group["findings"]), group["count"]) for group in short["by_rule"]) == (100, 700)
