"""Clean rows of one accepted file into one Parquet file: typed columns, nobody's number or name in clear.

Columns: each field under its code name, a masked one where the field is personal (of a date the year, AD), and for
a number a keyed hash under ``<field>_hash`` by which rows of one person can be joined. The file's own metadata
say what it holds.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import polars as pl

from careward.intake.cells import Value
from careward.kernel.identifiers import mask_id, normalise_id
from careward.kernel.roc import RocMonth
from careward.kernel.text import mask_name
from careward.rulebook.interchange import Dataset, Field, Interchange

_CHUNK: Final = 50_000
_PRECISION: Final = 18
_FORMAT: Final = "1"

Turn = Callable[[Value], object]


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    place: int
    kind: pl.DataType
    turn: Turn | None


class Keeper:
    """Gathers the rows of one file as columns; give :meth:`add` to the check as its `keep`.

    `hash_id` is the keyed hash of a normalised number (HMAC; the key is not this module's business).
    Numbers and names are masked as they come in, so that not even memory holds the whole file in clear.
    """

    def __init__(self, spec: Interchange, dataset: Dataset, *, hash_id: Callable[[str], str]) -> None:
        self._spec, self._dataset = spec, dataset
        self._columns = tuple(
            column for place, field in enumerate(dataset.fields) for column in _columns(place, field, hash_id)
        )
        self._schema = pl.Schema({column.name: column.kind for column in self._columns})
        self._chunks: list[pl.DataFrame] = []
        self._pending: list[tuple[object, ...]] = []
        self.rows = 0

    def add(self, values: Sequence[object]) -> None:
        """Take the values of one clean row, in the order of the dataset's fields."""
        self._pending.append(
            tuple([values[c.place] if c.turn is None else c.turn(values[c.place]) for c in self._columns])  # type: ignore[arg-type]
        )
        self.rows += 1
        if len(self._pending) >= _CHUNK:
            self._flush()

    def write(self, target: Path | BinaryIO, *, period: RocMonth, institution_code: str) -> None:
        """Write everything taken so far as one Parquet file (zstd). Call it only for an accepted file."""
        self._flush()
        whole = pl.concat(self._chunks) if self._chunks else pl.DataFrame(schema=self._schema)
        metadata = {
            "careward.format": _FORMAT,
            "careward.interchange": self._spec.version,
            "careward.dataset": self._dataset.id,
            "careward.period": str(period),
            "careward.institution_code": institution_code,
        }
        whole.write_parquet(target, compression="zstd", metadata=metadata)

    def _flush(self) -> None:
        if self._pending:
            self._chunks.append(pl.DataFrame(self._pending, schema=self._schema, orient="row"))
            self._pending = []


def _columns(place: int, field: Field, hash_id: Callable[[str], str]) -> tuple[_Column, ...]:
    if field.keep == "name_masked":
        return (
            _Column(field.id, place, pl.String(), lambda value: mask_name(str(value)) if value else None),
        )
    if field.keep == "year_only":
        return (_Column(field.id, place, pl.Int32(), lambda value: getattr(value, "year", None)),)
    if field.keep == "id_hashed":
        return (
            _Column(field.id, place, pl.String(), lambda value: mask_id(str(value)) if value else None),
            _Column(
                f"{field.id}_hash",
                place,
                pl.String(),
                lambda value: hash_id(_normal(field, str(value))) if value else None,
            ),
        )
    return (_Column(field.id, place, _type(field), None),)


def _normal(field: Field, number: str) -> str:
    return number if field.type == "personal_id" else normalise_id(number)


def _type(field: Field) -> pl.DataType:
    if field.type == "integer":
        return pl.Int64()
    if field.type == "decimal":
        return pl.Decimal(_PRECISION, field.decimals or 0)
    if field.type == "date":
        return pl.Date()
    return pl.String()
