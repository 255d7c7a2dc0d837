"""A receipt written as it is made, finding by finding: however long it is, memory does not grow with it.

The lists of a :func:`careward.checking.receipt.report.receipt_on_demand` are gone through while they are written.
The bytes are those :func:`careward.checking.receipt.signing.written` makes of the whole.
"""

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, BinaryIO, Final

from careward.checking.receipt.report import Document, OnDemand, receipt_lines
from careward.checking.receipt.signing import CANONICAL, Signing

_PIECE: Final = 1 << 16
_TOGETHER: Final = 200
"""Items of a list given to the encoder at once: each call costs as much as an item."""
_MARK: Final = "\ufeff"
"""Windows editors of institutions take text without a mark for Big5."""


def write_signed(document: Document, file: BinaryIO) -> str:
    """Write the receipt as signed JSON; gives the id of the key in use."""
    stamp = Signing()
    held = b""
    for piece in _gathered(_json(document)):
        file.write(stamp.take(held))
        held = piece
    file.write(stamp.take(held[:-1]))
    key, tail = stamp.end()
    file.write(tail)
    return key


def write_text(document: Document, file: BinaryIO) -> None:
    """Write the receipt for reading in any editor."""
    file.write(_MARK.encode())
    # One write a piece, not writelines: only between writes does a spooled file go over to the disk.
    for piece in _gathered(f"{line}\n" for line in receipt_lines(document)):  # noqa: FURB122
        file.write(piece)


def _json(value: Any) -> Iterator[str]:
    """Canonical JSON in pieces; only lists on demand, and what holds them, are gone into."""
    if isinstance(value, OnDemand):
        yield "["
        yield from _nested(value) if value.nested else _plain(value)
        yield "]"
    elif isinstance(value, dict) and any(isinstance(held, OnDemand) for held in value.values()):
        for number, (name, held) in enumerate(sorted(value.items())):
            yield f"{',' if number else '{'}{json.dumps(name)}:"
            yield from _json(held)
        yield "}"
    else:
        yield CANONICAL.encode(value)


def _nested(items: OnDemand) -> Iterator[str]:
    for number, item in enumerate(items):
        yield "," if number else ""
        yield from _json(item)


def _plain(items: OnDemand) -> Iterator[str]:
    walked, begun = iter(items), ""
    while some := list(islice(walked, _TOGETHER)):
        yield begun
        yield CANONICAL.encode(some)[1:-1]
        begun = ","


def _gathered(pieces: Iterable[str]) -> Iterator[bytes]:
    """Put together to pieces worth writing."""
    held: list[str] = []
    size = 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size >= _PIECE:
            yield "".join(held).encode()
            held, size = [], 0
    if held:
        yield "".join(held).encode()
