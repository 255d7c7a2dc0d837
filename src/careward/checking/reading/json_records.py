"""JSON and JSON Lines as tables: records with code names or labels as keys, numbers kept as they were written."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from io import TextIOWrapper
from json import JSONDecodeError, JSONDecoder
from typing import Any, BinaryIO, Final

from careward.checking.findings import shown
from careward.checking.reading.headings import Headings, Rows
from careward.checking.reading.table import Row, Table, gathered
from careward.checking.unreadable import Fault, Unreadable
from careward.store.encodings import Undecodable, detect

_DECODER: Final = JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)
_BLANK: Final = " \t\r\n"
_RECORDS: Final = "records"


@dataclass(frozen=True, slots=True)
class _Record:
    line: int
    values: dict[str, Any]


def records(stream: BinaryIO, headings: Headings) -> Table:
    """Read a list of records, ``{"records": […]}``, or one record a line. Raises :class:`Unreadable`."""
    size, most = stream.seek(0, 2), headings.spec.limits.bytes_held_whole.value
    stream.seek(0)
    if size > most:
        raise Unreadable(Fault("too_large", values={"count": f"{size:,}", "limit": f"{most:,}"}))
    try:
        _, codec = detect(stream, ("utf-8",))
    except Undecodable as error:
        raise Unreadable(Fault("encoding", values={"count": error.line}, line=error.line)) from error
    decoded = TextIOWrapper(stream, encoding=codec, newline="")
    try:
        written = decoded.read()
    finally:
        decoded.detach()
    found = list(_Walk(written).records())
    keys = list(dict.fromkeys(key for record in found for key in record.values))
    if not found:
        keys = [field.id for field in headings.dataset.fields]
    elif not headings.known(keys):
        raise headings.none(" ".join(keys), found[0].line)
    positions = headings.positions(keys, 1)
    fields = [field.id for field in headings.dataset.fields]

    def rows() -> Iterator[Row]:
        return _rows(found, headings, keys, positions)

    return Table(len(keys), rows, lambda: gathered(rows(), fields), len(found))


class _Lines:
    """Which line a place stands on; asked in order, the text is gone through once."""

    def __init__(self, written: str) -> None:
        self._written, self._at, self._line = written, 0, 1

    def of(self, at: int) -> int:
        if at < self._at:
            return self._written.count("\n", 0, at) + 1
        self._line += self._written.count("\n", self._at, at)
        self._at = at
        return self._line


class _Walk:
    """Goes through the text once, record by record; raises :class:`Unreadable` where it is none."""

    def __init__(self, written: str) -> None:
        self._written, self._lines = written, _Lines(written)

    def records(self) -> Iterator[_Record]:
        written = self._written
        at = self._skip(0)
        if written[at : at + 1] == "{":
            first, end = self._decoded(at)
            if isinstance(first.get(_RECORDS), list):
                if self._skip(end) < len(written):
                    raise self._broken(end)
                yield from _listed(first[_RECORDS])
                return
            yield self._flat(at, first)
            yield from self._one_a_line(end)
        else:
            yield from self._array(at + 1)

    def _one_a_line(self, at: int) -> Iterator[_Record]:
        while (at := self._skip(at)) < len(self._written):
            record, end = self._decoded(at)
            yield self._flat(at, record)
            at = end

    def _array(self, at: int) -> Iterator[_Record]:
        written, at = self._written, self._skip(at)
        while written[at : at + 1] != "]":
            record, end = self._decoded(at)
            yield self._flat(at, record)
            at = self._skip(end)
            if written[at : at + 1] == ",":
                at = self._skip(at + 1)
            elif written[at : at + 1] != "]":
                raise self._broken(at)
        if self._skip(at + 1) < len(written):
            raise self._broken(at + 1)

    def _decoded(self, at: int) -> tuple[dict[str, Any], int]:
        try:
            record, end = _DECODER.raw_decode(self._written, at)
        except JSONDecodeError as error:
            raise self._broken(error.pos) from error
        except RecursionError as error:
            raise self._broken(at) from error
        if not isinstance(record, dict):
            raise _no_record(self._lines.of(at))
        return record, end

    def _flat(self, at: int, record: dict[str, Any]) -> _Record:
        line = self._lines.of(at)
        if not _is_flat(record):
            raise _no_record(line)
        return _Record(line, record)

    def _broken(self, at: int) -> Unreadable:
        line = self._lines.of(at)
        return Unreadable(Fault("json_broken", shown(self._written[at : at + 20]), {"count": line}, line))

    def _skip(self, at: int) -> int:
        while at < len(self._written) and self._written[at] in _BLANK:
            at += 1
        return at


def _listed(records: list[Any]) -> Iterator[_Record]:
    """Those under one key are counted, since their lines are not known any more."""
    for number, record in enumerate(records, start=1):
        if not isinstance(record, dict) or not _is_flat(record):
            raise _no_record(number)
        yield _Record(number, record)


def _is_flat(record: dict[str, Any]) -> bool:
    return not any(isinstance(value, dict | list) for value in record.values())


def _no_record(line: int) -> Unreadable:
    return Unreadable(Fault("json_shape", values={"count": line}, line=line))


def _rows(found: list[_Record], headings: Headings, keys: list[str], positions: list[int]) -> Iterator[Row]:
    rows = Rows(headings, len(keys), positions, held_whole=True)
    for record in found:
        yield from rows.row([_cell(record.values.get(key)) for key in keys], record.line)
    rows.end()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    said = value if isinstance(value, str) else json.dumps(value)
    return said if said.isascii() else said.encode(errors="replace").decode()
