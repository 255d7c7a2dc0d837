"""A small file written in plain Python is Parquet: what polars reads from it is what was given."""

from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from careward.store import parquet

KINDS: dict[str, tuple[parquet.Kind, pl.DataType, st.SearchStrategy[Any]]] = {
    "text": (parquet.TEXT, pl.String(), st.text() | st.sampled_from(["", "護理字第000001號", "A" * 64])),
    "day": (parquet.DATE, pl.Date(), st.dates()),
    "year": (parquet.INT32, pl.Int32(), st.integers(-(2**31), 2**31 - 1)),
    "number": (parquet.INT64, pl.Int64(), st.integers(-(2**63), 2**63 - 1)),
    "hours": (
        parquet.decimal(18, 2),
        pl.Decimal(18, 2),
        st.decimals(-(10**12), 10**12, places=2),
    ),
}
LAYOUT = parquet.Layout({name: kind for name, (kind, _, _) in KINDS.items()})
SCHEMA = pl.Schema({name: kind for name, (_, kind, _) in KINDS.items()})


def read(columns: list[list[Any]]) -> pl.DataFrame:
    return pl.read_parquet(LAYOUT.written(columns, {"careward.format": "1"}))


@given(data=st.data(), rows=st.integers(0, 40))
def test_any_values_are_read_as_they_were_written(data: st.DataObject, rows: int) -> None:
    columns = []
    for _, _, values in KINDS.values():
        few = data.draw(st.lists(values, min_size=1, max_size=rows or 1))
        columns.append(data.draw(st.lists(st.sampled_from([*few, None]), min_size=rows, max_size=rows)))
    table = read(columns)
    assert table.schema == SCHEMA
    assert [list(column) for column in table] == columns


def test_as_many_values_as_the_largest_small_file_has_are_read_back() -> None:
    rows = 5_000
    columns: list[list[Any]] = [
        [f"E{row:05d}" for row in range(rows)],
        [date(2026, 1, 1 + row % 31) for row in range(rows)],
        [row % 255 for row in range(rows)],
        [row if row % 3 else None for row in range(rows)],
        [Decimal(row % 257) / 10 for row in range(rows)],
    ]
    assert [list(column) for column in read(columns)] == columns


def test_what_repeats_is_written_once() -> None:
    assert len(LAYOUT.written([["A" * 64] * 1000, *[[None] * 1000] * 4], {})) < 4000


def test_the_metadata_are_told() -> None:
    written = LAYOUT.written([[], [], [], [], []], {"careward.period": "11501", "名稱": "值" * 100})
    told = pl.read_parquet_metadata(written)
    assert (told["careward.period"], told["名稱"]) == ("11501", "值" * 100)
