"""A Parquet file of few rows, written in plain Python: no thread pool to wake, a tenth of the time polars needs.

One row group, one page of values a column, behind one of the distinct ones where they repeat; nothing is compressed.
Any reader of Parquet reads it. For many rows use polars.
"""

from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

_MAGIC: Final = b"PAR1"
_MADE_BY: Final = b"careward"
_EPOCH: Final = date(1970, 1, 1).toordinal()
_SEVEN_BITS: Final = 0x7F
_MORE: Final = 0x80
_SHORT_LIST: Final = 15

# The Thrift compact protocol, as far as Parquet's headers need it: the low half of a field's first byte is its type.
_INT32, _INT64, _TEXT, _LIST, _STRUCT = 5, 6, 8, 9, 12
_STOP: Final = b"\0"
_PLAIN_AND_RLE: Final = b"\x25\x00\x06"
_WITH_DICTIONARY: Final = b"\x35\x00\x06\x10"
_OPTIONAL: Final = 1


def _varint(number: int) -> bytes:
    if number <= _SEVEN_BITS:
        return bytes((number,))
    made = bytearray()
    while number > _SEVEN_BITS:
        made.append(number & _SEVEN_BITS | _MORE)
        number >>= 7
    made.append(number)
    return bytes(made)


@lru_cache(maxsize=4096)
def _number(number: int) -> bytes:
    """Of a number that is not negative; signs are kept in the lowest bit."""
    return _varint(number << 1)


def _text(said: bytes) -> bytes:
    return _varint(len(said)) + said


def _list(kind: int, items: Sequence[bytes]) -> bytes:
    count = len(items)
    head = bytes((count << 4 | kind,)) if count < _SHORT_LIST else bytes((0xF0 | kind,)) + _varint(count)
    return head + b"".join(items)


def _struct(*fields: tuple[int, int, bytes]) -> bytes:
    """Of fields in the order of their numbers: number, type, content."""
    made, before = [], 0
    for number, kind, content in fields:
        made += [bytes((number - before << 4 | kind,)), content]
        before = number
    return b"".join(made) + _STOP


@dataclass(frozen=True)
class Kind:
    """What the values of a column are and how they lie in the file; `pack` takes them without the empty ones."""

    physical: int
    pack: Callable[[Sequence[Any]], bytes]
    means: tuple[tuple[int, int, bytes], ...] = ()


def _texts(values: Sequence[str]) -> bytes:
    """Each behind its length. Where all are as long – codes, hashes – the length is but a separator."""
    size = len(values[0])
    if size <= _SEVEN_BITS and set(map(len, values)) == {size} and "".join(values).isascii():
        length = f"{chr(size)}\0\0\0"
        return (length + length.join(values)).encode()
    said = {value: _sized(value.encode()) for value in set(values)}
    return b"".join([said[value] for value in values])


def _sized(said: bytes) -> bytes:
    return len(said).to_bytes(4, "little") + said


def _days(values: Sequence[date]) -> bytes:
    return array("i", [day.toordinal() - _EPOCH for day in values]).tobytes()


def decimal(precision: int, scale: int) -> Kind:
    """Decimal numbers of at most 18 digits, `scale` of them behind the point."""

    def pack(values: Sequence[Decimal]) -> bytes:
        whole = {value: int(value.scaleb(scale)) for value in set(values)}
        return array("q", [whole[value] for value in values]).tobytes()

    return Kind(
        2, pack, ((6, _INT32, _number(5)), (7, _INT32, _number(scale)), (8, _INT32, _number(precision)))
    )


TEXT: Final = Kind(6, _texts, ((6, _INT32, _number(0)),))
DATE: Final = Kind(1, _days, ((6, _INT32, _number(6)),))
INT32: Final = Kind(1, lambda values: array("i", values).tobytes())
INT64: Final = Kind(2, lambda values: array("q", values).tobytes())


class Layout:
    """The columns of a file, by name, in their order; made once for all files that have them."""

    def __init__(self, columns: Mapping[str, Kind]) -> None:
        root = _struct((4, _TEXT, _text(b"schema")), (5, _INT32, _number(len(columns))))
        self._schema = _list(_STRUCT, [root, *(_element(*column) for column in columns.items())])
        self._columns = [
            (kind.pack, _described(name, kind, _PLAIN_AND_RLE), _described(name, kind, _WITH_DICTIONARY))
            for name, kind in columns.items()
        ]

    def written(self, columns: Sequence[Sequence[Any]], metadata: Mapping[str, str]) -> bytes:
        """The file. `columns` hold text, int, Decimal or date as their kinds say, None where there is nothing."""
        rows = len(columns[0])
        parts, place, chunks = [_MAGIC], len(_MAGIC), []
        count = _number(rows)
        for (pack, plain, coded), values in zip(self._columns, columns, strict=True):
            first, page = _pages(pack, values, count)
            at, size = _number(place), _number(len(first) + len(page))
            sizes = b"".join((count, b"\x16", size, b"\x16", size, b"\x26"))
            described = (
                (coded, sizes, _number(place + len(first)), b"\x26", at) if first else (plain, sizes, at)
            )
            chunks.append(b"".join((b"\x26", at, b"\x1c", *described, _STOP, _STOP)))
            parts += (first, page)
            place += len(first) + len(page)
        return b"".join(parts if rows else parts[:1]) + self._footer(chunks, place, rows, metadata)

    def _footer(self, chunks: Sequence[bytes], end: int, rows: int, metadata: Mapping[str, str]) -> bytes:
        group = ((1, _LIST, _list(_STRUCT, chunks)), (2, _INT64, _number(end - len(_MAGIC))))
        groups = [_struct(*group, (3, _INT64, _number(rows)))] if rows else []
        said = [
            _struct((1, _TEXT, _text(name.encode())), (2, _TEXT, _text(value.encode())))
            for name, value in metadata.items()
        ]
        footer = _struct(
            (1, _INT32, _number(1)),
            (2, _LIST, self._schema),
            (3, _INT64, _number(rows)),
            (4, _LIST, _list(_STRUCT, groups)),
            (5, _LIST, _list(_STRUCT, said)),
            (6, _TEXT, _text(_MADE_BY)),
        )
        return b"".join((footer, len(footer).to_bytes(4, "little"), _MAGIC))


def _element(name: str, kind: Kind) -> bytes:
    return _struct(
        (1, _INT32, _number(kind.physical)),
        (3, _INT32, _number(_OPTIONAL)),
        (4, _TEXT, _text(name.encode())),
        *kind.means,
    )


def _described(name: str, kind: Kind, encodings: bytes) -> bytes:
    """What a column's metadata begin with, up to the number of its values."""
    begun = _struct(
        (1, _INT32, _number(kind.physical)),
        (2, _LIST, encodings),
        (3, _LIST, _list(_TEXT, [_text(name.encode())])),
        (4, _INT32, _number(0)),
    )
    return begun.removesuffix(_STOP) + b"\x16"


def _pages(
    pack: Callable[[Sequence[Any]], bytes], values: Sequence[Any], count: bytes
) -> tuple[bytes, bytes]:
    """A page of distinct values, where each comes twice or more, and the page of all values."""
    there = [value for value in values if value is not None] if None in values else values
    present = _presence(values) if len(there) < len(values) else _run(len(values))
    distinct = dict.fromkeys(there)
    if not 0 < 2 * len(distinct) <= min(len(there), 2 * _CODES):
        return b"", _page(_sized(present) + (pack(there) if there else b""), count, _AS_THEY_ARE)
    first = pack(list(distinct))
    size = _number(len(first))
    head = (b"\x15\x04\x15", size, b"\x15", size, b"\x4c\x15", _number(len(distinct)), b"\x15\x00\x00\x00")
    coded = dict(zip(distinct, range(len(distinct)), strict=True))
    codes = bytes([coded[value] for value in there]) + bytes(-len(there) % 8)
    content = b"".join((_sized(present), b"\x08", _varint(len(codes) >> 2 | 1), codes))
    return b"".join((*head, first)), _page(content, count, _BY_CODES)


_CODES: Final = 256
_AS_THEY_ARE: Final = b"\x15\x00\x15\x06\x15\x06\x00\x00"
_BY_CODES: Final = b"\x15\x10\x15\x06\x15\x06\x00\x00"
"""How values, presence and (never used) repetition are encoded."""


def _page(content: bytes, count: bytes, encoded: bytes) -> bytes:
    size = _number(len(content))
    return b"".join((b"\x15\x00\x15", size, b"\x15", size, b"\x2c\x15", count, encoded, content))


def _run(count: int) -> bytes:
    """That all values are there."""
    return _varint(count << 1) + b"\x01"


def _presence(values: Sequence[Any]) -> bytes:
    """One bit a value, eight to a byte, the first in the lowest."""
    groups = -(-len(values) // 8)
    bits = "".join(["0" if value is None else "1" for value in reversed(values)])
    return _varint(groups << 1 | 1) + int(bits, 2).to_bytes(groups, "little")
