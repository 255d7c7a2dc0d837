"""Clean rows of one accepted file into one Parquet file: typed columns, nobody's number or name in clear.

Columns: each field under its code name, a masked one where the field is personal (of a date the year, AD), and for
a number a keyed hash under ``<field>_hash`` by which rows of one person can be joined. The file's own metadata
say what it holds.
"""

import weakref
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from io import BytesIO
from pathlib import Path
from queue import Full, Queue
from tempfile import TemporaryFile
from threading import Thread
from typing import Any, BinaryIO, Final, Literal, cast

import polars as pl
from polars.io.plugins import register_io_source

from careward.checking.engine.columns import kind_of, series_of
from careward.checking.made_once import MadeOnce
from careward.kernel.identifiers import mask_id, normalise_id
from careward.kernel.roc import RocMonth
from careward.kernel.text import mask_name
from careward.rulebook.interchange import Dataset, Field, Interchange

_FORMAT: Final = "1"
_COMPRESSION: Final = "zstd"
_LEVEL: Final = 1
"""Hashes are not made smaller by trying harder: twice as quick as zstd's own choice for 4 % more."""
_FEW: Final = 1_000
"""Up to so many rows compressing takes longer than it saves."""
_WAITING: Final = 2
"""Batches that wait to be written, so that memory holds no more of them."""
_ROW_GROUP: Final = 100_000
_LOOK_SECONDS: Final = 0.5
_LOOKED_AT: Final = 5_000
_PLAIN_NAME: Final = r"^[\x{4E00}-\x{9FA5}]{2,}$"
_LONG: Final = 60
_ID_LENGTH: Final = 10

Turn = Callable[[Any], object]


@dataclass(frozen=True, slots=True)
class _Column:
    """A column that is kept. `turn` makes what is kept of a value; its result is hashed where `hashed`."""

    name: str
    place: int
    kind: pl.DataType
    turn: Callable[[Any], Any] | None = None
    at_once: Callable[[pl.Expr], pl.Expr] | None = None
    hashed: bool = False


@dataclass(frozen=True)
class _Plan:
    """What is kept of a dataset."""

    dataset: Dataset

    @cached_property
    def columns(self) -> tuple[_Column, ...]:
        return tuple(
            column for place, field in enumerate(self.dataset.fields) for column in _columns(place, field)
        )

    @cached_property
    def schema(self) -> pl.Schema:
        return pl.Schema({column.name: column.kind for column in self.columns})


_plan: Final = MadeOnce(_Plan)


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
        self._plan = _plan(dataset)
        self._hash_id = hash_id
        self._metadata = {
            "careward.format": _FORMAT,
            "careward.interchange": spec.version,
            "careward.dataset": dataset.id,
            "careward.period": str(period),
            "careward.institution_code": institution_code,
        }
        self._folder = folder
        self._held: list[list[object]] = [[] for _ in self._plan.columns]
        self._writer: _Writer | None = None
        self.rows = 0

    def add(self, columns: Sequence[Sequence[object]]) -> None:
        """Take the values of some clean rows, one column per field."""
        for held, column in zip(self._held, self._plan.columns, strict=True):
            values, turn = columns[column.place], self._turn(column)
            if turn is None:
                held.extend(values)
            else:
                turned = {value: turn(value) for value in set(values)}
                held.extend([turned[value] for value in values])
        self.rows += len(columns[0])

    def add_all(self, values: pl.DataFrame) -> None:
        """Take the values of many clean rows, one column per field. Raises what writing fails with."""
        if self._writer is None:
            self._writer = _Writer(self._plan.schema, self._metadata, self._folder)
            weakref.finalize(self, self._writer.abandon)
        columns = values.get_columns()
        turned = [_turned(columns[column.place], column, self._turn(column)) for column in self._plan.columns]
        self._writer.put(pl.DataFrame(turned))
        self.rows += values.height

    def content(self) -> BinaryIO:
        """Everything taken, as one Parquet file (zstd), at its beginning. Call it once, for an accepted file.

        Raises what writing fails with.
        """
        if self._writer is not None:
            return self._writer.finish()
        frame = pl.DataFrame(
            [_series(column, cells) for column, cells in zip(self._plan.columns, self._held, strict=True)]
        )
        compression: Literal["zstd", "uncompressed"] = _COMPRESSION if self.rows > _FEW else "uncompressed"
        made = BytesIO()
        frame.write_parquet(made, compression=compression, statistics=False, metadata=self._metadata)
        made.seek(0)
        return made

    def _turn(self, column: _Column) -> Turn | None:
        turn, hash_id = column.turn, self._hash_id
        if not column.hashed:
            return turn
        if turn is None:
            return lambda value: value and hash_id(value)
        return lambda value: value and hash_id(turn(value))


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
                self._file,
                compression=_COMPRESSION,
                compression_level=_LEVEL,
                statistics=False,
                row_group_size=_ROW_GROUP,
                metadata=metadata,
            )
        except BaseException as failed:  # noqa: BLE001 - raised again where the batches come from
            self._failed = failed

    def _batches(self, *_asked: object) -> Iterator[pl.DataFrame]:
        while (batch := self._waiting.get()) is not None:
            yield batch


def _series(column: _Column, cells: Sequence[Any]) -> pl.Series:
    """Of a few cells: texts polars sees by itself in half the time."""
    if isinstance(column.kind, pl.String) and any(cells):
        return pl.Series(column.name, cells)
    return series_of(column.name, cells, column.kind)


def _turned(cells: pl.Series, column: _Column, turn: Turn | None) -> pl.Series:
    """A whole column as it is kept: at once where polars can, else by Python once per distinct value."""
    if turn is None:
        return cells.alias(column.name)
    if column.at_once is None:
        return _by_value(cells, column, turn)
    turned = cells.to_frame("").select(column.at_once(pl.col(""))).to_series()
    rest = cells.filter(turned.is_null() & cells.is_not_null())
    if len(rest):
        turned = turned.fill_null(_by_value(cells.set(turned.is_not_null(), None), column, turn))
    return turned.alias(column.name)


def _by_value(cells: pl.Series, column: _Column, turn: Turn) -> pl.Series:
    head = cells.head(_LOOKED_AT)
    if head.n_unique() > len(head) // 2:
        return pl.Series(column.name, [turn(value) for value in cells.to_list()], dtype=column.kind)
    distinct = cells.unique()
    turned = pl.Series([turn(value) for value in distinct], dtype=column.kind)
    return cells.replace_strict(distinct, turned, return_dtype=column.kind).alias(column.name)


def _masked_name(names: pl.Expr) -> pl.Expr:
    """As mask_name does it, of names in plain Chinese characters, which NFKC leaves alone."""
    circles = pl.lit(mask_name("x" * _LONG)[1:]).str.head(names.str.len_chars() - 1)
    return pl.when(names.str.contains(_PLAIN_NAME)).then(pl.concat_str(names.str.head(1), circles))


_WHOLE: Final = mask_id("X" * _ID_LENGTH)
_STARS: Final = _WHOLE.strip("X")
_SHOWN: Final = _WHOLE.index(_STARS)


def _mask_valid(number: str | None) -> str | None:
    """As mask_id does it, of a valid personal number."""
    return number and f"{number[:_SHOWN]}{_STARS}{number[-_SHOWN:]}"


def _masked_id(numbers: pl.Expr) -> pl.Expr:
    """As mask_id does it, of valid personal numbers."""
    return pl.concat_str(numbers.str.head(_SHOWN), pl.lit(_STARS), numbers.str.tail(_SHOWN))


def _columns(place: int, field: Field) -> tuple[_Column, ...]:
    text = pl.String()
    if field.keep == "name_masked":
        return (_Column(field.id, place, text, _of_text(mask_name), _masked_name),)
    if field.keep == "year_only":
        return (_Column(field.id, place, pl.Int32(), _year, lambda day: day.dt.year()),)
    if field.keep == "id_hashed":
        valid = field.type == "personal_id"
        return (
            _Column(
                field.id,
                place,
                text,
                _mask_valid if valid else _of_text(mask_id),
                _masked_id if valid else None,
            ),
            _Column(f"{field.id}_hash", place, text, None if valid else normalise_id, hashed=True),
        )
    return (_Column(field.id, place, kind_of(field)),)


def _year(day: date | None) -> int | None:
    return None if day is None else day.year


def _of_text(turn: Callable[[str], str]) -> Turn:
    return lambda value: turn(value) if value else None
