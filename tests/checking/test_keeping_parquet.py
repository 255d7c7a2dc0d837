"""An accepted file becomes one Parquet file: typed, labelled, nobody's number or name in clear."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl

from careward.checking.files import check
from careward.checking.keeping import Keeper
from careward.checking.sample_forms import as_csv
from careward.checking.samples import good_rows
from careward.kernel.roc import RocMonth
from careward.rulebook.interchange import load_interchange

SPEC = load_interchange(Path(__file__).resolve().parents[2] / "rules" / "interchange" / "1.0")
STAFF = SPEC.dataset("staff")
PERIOD = RocMonth.parse("11501")
CODE = "1331010018"


def hashed(number: str) -> str:
    return f"h{number[::-1]}"


def kept(*records: dict[str, str]) -> tuple[Keeper, bytes]:
    keeper = Keeper(SPEC, STAFF, period=PERIOD, institution_code=CODE, hash_id=hashed)
    check(
        as_csv(STAFF, records),
        spec=SPEC,
        dataset=STAFF,
        period=PERIOD,
        institution_code=CODE,
        today=date(2026, 2, 1),
        keep=keeper,
    )
    return keeper, keeper.content().read()


def test_values_are_typed_numbers_masked_and_hashed_and_empty_cells_null() -> None:
    _, content = kept(
        {**STAFF.example, "employed_from": "113/3/1", "personal_id": "a123456789", "licence_no": ""}
    )
    row = pl.read_parquet(content).row(0, named=True)
    assert row == {
        "period": "11501",
        "institution_code": CODE,
        "record_key": "E0001",
        "name": "林○○",
        "personal_id": "A12****789",
        "personal_id_hash": "h987654321A",
        "nationality": "TWN",
        "role": "CAW",
        "licence_no": None,
        "licence_no_hash": None,
        "employment": "FULL",
        "employed_from": date(2024, 3, 1),
        "employed_to": None,
        "training_hours": Decimal("2.5"),
    }


def test_the_file_says_what_it_holds() -> None:
    _, content = kept(dict(STAFF.example))
    metadata = pl.read_parquet_metadata(content)
    assert {key: value for key, value in metadata.items() if key.startswith("careward.")} == {
        "careward.format": "1",
        "careward.interchange": "1.0",
        "careward.dataset": "staff",
        "careward.period": "11501",
        "careward.institution_code": CODE,
    }


def test_no_number_and_no_name_lies_in_the_bytes() -> None:
    rows = good_rows(SPEC, STAFF, institution_code=CODE, period=PERIOD, n=40, seed=3)
    keeper = Keeper(
        SPEC, STAFF, period=PERIOD, institution_code=CODE, hash_id=lambda number: str(hash(number))
    )
    result = check(
        as_csv(STAFF, rows),
        spec=SPEC,
        dataset=STAFF,
        period=PERIOD,
        institution_code=CODE,
        today=date(2026, 2, 1),
        keep=keeper,
    )
    content = keeper.content().read()
    table = pl.read_parquet(content)
    assert result.accepted
    assert table.height == keeper.rows == 40
    cells = {str(cell) for row in table.iter_rows() for cell in row}
    assert cells.isdisjoint({row[secret] for row in rows for secret in ("name", "personal_id", "licence_no")})
    assert not any(row["personal_id"].encode() in content for row in rows)


def test_rows_of_a_file_with_an_error_are_not_gathered() -> None:
    keeper, _ = kept(dict(STAFF.example), {**STAFF.example, "record_key": "E2", "role": "?"})
    assert keeper.rows == 0


def test_a_dataset_without_personal_fields_keeps_its_numbers() -> None:
    dataset = SPEC.dataset("institution_month")
    keeper = Keeper(SPEC, dataset, period=PERIOD, institution_code=CODE, hash_id=hashed)
    result = check(
        as_csv(dataset, [dataset.example]),
        spec=SPEC,
        dataset=dataset,
        period=PERIOD,
        institution_code=CODE,
        today=date(2026, 2, 1),
        keep=keeper,
    )
    content = keeper.content().read()
    table = pl.read_parquet(content)
    assert result.accepted
    assert table["beds_open"].to_list() == [66]
    assert table.schema["beds_open"] == pl.Int64


def test_batches_are_kept_as_rows_are() -> None:
    rows = good_rows(SPEC, STAFF, institution_code=CODE, period=PERIOD, n=300, seed=5)
    written = []
    for least in (0, 10_000):
        keeper = Keeper(SPEC, STAFF, period=PERIOD, institution_code=CODE, hash_id=hashed)
        check(
            as_csv(STAFF, [*rows, {**STAFF.example, "name": "John  Smith", "personal_id": "a123456789"}]),
            spec=SPEC,
            dataset=STAFF,
            period=PERIOD,
            institution_code=CODE,
            today=date(2026, 2, 1),
            keep=keeper,
            by_columns_from=least,
        )
        with keeper.content() as content:
            written.append(content.read())
    by_columns, by_rows = map(pl.read_parquet, written)
    assert by_columns.equals(by_rows)
    assert by_columns.schema == by_rows.schema
    one, other = (
        {k: v for k, v in pl.read_parquet_metadata(content).items() if k.startswith("careward.")}
        for content in written
    )
    assert one == other
