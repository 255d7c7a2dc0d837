"""Clean rows of one accepted file into one Parquet file: typed columns, nobody's number or name in clear.

Columns: each field under its code name, a masked one where the field is personal (of a date the year, AD), and for
a number a keyed hash under ``<field>_hash`` by which rows of one person can be joined. The file's own metadata
say what it holds.
"""

import weakref
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from queue import Full, Queue
from tempfile import TemporaryFile
from threading import Thread
from typing import BinaryIO, Final, cast

import polars as pl
from polars.io.plugins import register_io_source

from careward.intake.cells import Value
from careward.intake.columns import kind_of
from careward.kernel.identifiers import mask_id, normalise_id
from careward.kernel.roc import RocMonth
from careward.kernel.text import mask_name
from careward.rulebook.interchange import Dataset, Field, Interchange

_FORMAT: Final = "1"
_COMPRESSION: Final = "zstd"
_WAITING: Final = 2
"""Batches that wait to be written, so that memory holds no more of them."""
_ROW_GROUP: Final = 100_000
_LOOK_SECONDS: Final = 0.5
_LOOKED_AT: Final = 5_000
_PLAIN_NAME: Final = r"^[\x{4E00}-\x{9FA5}]{2,}$"
_LONG: Final = 60
_ID_LENGTH: Final = 10

Turn = Callable[[Value], object]


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    place: int
    kind: pl.DataType
    turn: Turn | None
    at_once: Callable[[pl.Expr], pl.Expr] | None = None


class Keeper:
    """Gathers the rows of one file as columns; give it to the check as its `keep`.

    `hash_id` is the keyed hash of a normalised number (HMAC; the key is not this module's business).
    Numbers and names are masked as they come in, so that not even memory holds the whole file in clear. Rows one by
    one stay in memory; batches are written to an unnamed file in `folder` while the next are checked.
    """

    def __init__(
        self,
        spec: Interchange,
        dataset: Dataset,
        *,
        period: RocMonth,
        institution_code: str,
        hash_id: Callable[[str], str],
        folder: Path | None = None,
    ) -> None:
        self._columns = tuple(
            column for place, field in enumerate(dataset.fields) for column in _columns(place, field, hash_id)
        )
        self._turns = tuple((column.place, column.turn) for column in self._columns)
        self._schema = pl.Schema({column.name: column.kind for column in self._columns})
        self._metadata = {
            "careward.format": _FORMAT,
            "careward.interchange": spec.version,
            "careward.dataset": dataset.id,
            "careward.period": str(period),
            "careward.institution_code": institution_code,
        }
        self._folder = folder
        self._held: list[Sequence[object]] = []
        self._writer: _Writer | None = None
        self.rows = 0

    def add(self, values: Sequence[object]) -> None:
        """Take the values of one clean row, in the order of the dataset's fields."""
        self._held.append(
            [values[place] if turn is None else turn(values[place]) for place, turn in self._turns]  # type: ignore[arg-type]
        )
        self.rows += 1

    def add_all(self, values: pl.DataFrame) -> None:
        """Take the values of many clean rows, one column per field. Raises what writing fails with."""
        if self._writer is None:
            self._writer = _Writer(self._schema, self._metadata, self._folder)
            weakref.finalize(self, self._writer.abandon)
        columns = values.get_columns()
        turned = [_turned(columns[column.place], column) for column in self._columns]
        self._writer.put(pl.DataFrame(turned))
        self.rows += values.height

    def content(self) -> BinaryIO:
        """Everything taken, as one Parquet file (zstd), at its beginning. Call it once, for an accepted file.

        Raises what writing fails with.
        """
        if self._writer is not None:
            return self._writer.finish()
        frame = pl.DataFrame(
            [
                pl.Series(column.name, cells, dtype=column.kind)
                for column, cells in zip(self._columns, self._by_column(), strict=True)
            ]
        )
        made = BytesIO()
        frame.write_parquet(made, compression=_COMPRESSION, statistics=False, metadata=self._metadata)
        made.seek(0)
        return made

    def _by_column(self) -> Iterator[Sequence[object]]:
        return zip(*self._held, strict=True) if self._held else iter([()] * len(self._columns))


class _Writer:
    """Writes batches to a Parquet file in a thread of its own, as they come."""

    def __init__(self, schema: pl.Schema, metadata: dict[str, str], folder: Path | None) -> None:
        self._waiting: Queue[pl.DataFrame | None] = Queue(_WAITING)
        self._file = TemporaryFile(dir=folder)  # noqa: SIM115 – given to whoever keeps it
        self._failed: BaseException | None = None
        self._thread = Thread(target=self._write, args=(schema, metadata), name="keeper", daemon=True)
        self._thread.start()

    def put(self, batch: pl.DataFrame | None) -> None:
        while self._thread.is_alive():
            try:
                self._waiting.put(batch, timeout=_LOOK_SECONDS)
            except Full:
                continue
            return
        if self._failed is not None:
            raise self._failed

    def finish(self) -> BinaryIO:
        self.put(None)
        self._thread.join()
        if self._failed is not None:
            raise self._failed
        self._file.seek(0)
        return cast("BinaryIO", self._file)

    def abandon(self) -> None:
        if self._thread.is_alive():
            self._waiting.put(None)
            self._thread.join()
        self._file.close()

    def _write(self, schema: pl.Schema, metadata: dict[str, str]) -> None:
        try:
            batches = register_io_source(self._batches, schema=schema)
            batches.sink_parquet(
                self._file, compression=_COMPRESSION, row_group_size=_ROW_GROUP, metadata=metadata
            )
        except BaseException as failed:  # noqa: BLE001 - raised again where the batches come from
            self._failed = failed

    def _batches(self, *_asked: object) -> Iterator[pl.DataFrame]:
        while (batch := self._waiting.get()) is not None:
            yield batch


def _turned(cells: pl.Series, column: _Column) -> pl.Series:
    """A whole column as it is kept: at once where polars can, else by Python once per distinct value."""
    if column.turn is None:
        return cells.alias(column.name)
    if column.at_once is None:
        return _by_value(cells, column)
    turned = cells.to_frame("").select(column.at_once(pl.col(""))).to_series()
    rest = cells.filter(turned.is_null() & cells.is_not_null())
    if len(rest):
        turned = turned.fill_null(_by_value(cells.set(turned.is_not_null(), None), column))
    return turned.alias(column.name)


def _by_value(cells: pl.Series, column: _Column) -> pl.Series:
    turn = cast("Turn", column.turn)
    head = cells.head(_LOOKED_AT)
    if head.n_unique() > len(head) // 2:
        return pl.Series(column.name, [turn(value) for value in cells], dtype=column.kind)
    distinct = cells.unique()
    turned = pl.Series([turn(value) for value in distinct], dtype=column.kind)
    return cells.replace_strict(distinct, turned, return_dtype=column.kind).alias(column.name)


def _masked_name(names: pl.Expr) -> pl.Expr:
    """As mask_name does it, of names in plain Chinese characters, which NFKC leaves alone."""
    circles = pl.lit(mask_name("x" * _LONG)[1:]).str.head(names.str.len_chars() - 1)
    return pl.when(names.str.contains(_PLAIN_NAME)).then(pl.concat_str(names.str.head(1), circles))


def _masked_id(numbers: pl.Expr) -> pl.Expr:
    """As mask_id does it, of valid personal numbers."""
    whole = mask_id("X" * _ID_LENGTH)
    stars = whole.strip("X")
    shown = whole.index(stars)
    return pl.concat_str(numbers.str.head(shown), pl.lit(stars), numbers.str.tail(shown))


def _columns(place: int, field: Field, hash_id: Callable[[str], str]) -> tuple[_Column, ...]:
    text = pl.String()
    if field.keep == "name_masked":
        return (_Column(field.id, place, text, _of_text(mask_name), _masked_name),)
    if field.keep == "year_only":
        return (
            _Column(
                field.id,
                place,
                pl.Int32(),
                lambda value: getattr(value, "year", None),
                lambda day: day.dt.year(),
            ),
        )
    if field.keep == "id_hashed":
        at_once = _masked_id if field.type == "personal_id" else None
        return (
            _Column(field.id, place, text, _of_text(mask_id), at_once),
            _Column(f"{field.id}_hash", place, text, _of_text(_hash_of(field, hash_id))),
        )
    return (_Column(field.id, place, kind_of(field), None),)


def _of_text(turn: Callable[[str], str]) -> Turn:
    return lambda value: turn(str(value)) if value else None


def _hash_of(field: Field, hash_id: Callable[[str], str]) -> Callable[[str], str]:
    return hash_id if field.type == "personal_id" else lambda number: hash_id(normalise_id(number))
