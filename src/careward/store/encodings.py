"""How a file's bytes are to be read: what is no text at all, and in which encoding the text is."""

import codecs
from collections.abc import Callable, Iterator, Mapping
from typing import BinaryIO, Final

from careward.rulebook.interchange_types import Encoding

_CHUNK: Final = 1 << 20
_HEAD: Final = 4096

_FORMATS: Final = (
    (b"%PDF", "pdf"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "xls"),
    (b"MZ", "program"),
    (b"\x7fELF", "program"),
    (b"\x1f\x8b", "archive"),
    (b"7z\xbc\xaf\x27\x1c", "archive"),
    (b"Rar!\x1a\x07", "archive"),
    (b"\x89PNG\r\n\x1a\n", "picture"),
    (b"\xff\xd8\xff", "picture"),
    (b"GIF8", "picture"),
    (b"{\\rtf", "document"),
)
_ZIPPED: Final = (
    (b"opendocument.spreadsheet", "ods"),
    (b"opendocument", "document"),
    (b"xl/", "xlsx"),
    (b"word/", "document"),
    (b"[Content_Types].xml", "xlsx"),
)
_BOMS: Final[tuple[tuple[bytes, Encoding, str], ...]] = (
    (codecs.BOM_UTF8, "utf-8", "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16", "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "utf-16"),
)
_MOSTLY: Final = 0.2
"""A table's commas and digits give UTF-16 text without a mark at least this share of NUL on one side."""


class Undecodable(ValueError):
    """No allowed encoding reads the whole file; `line` is the furthest any of them came."""

    def __init__(self, line: int) -> None:
        super().__init__(f"cannot be decoded from line {line} on")
        self.line = line


def foreign_format(stream: BinaryIO) -> str | None:
    """Name what the file is when it is plainly no text, None otherwise; leaves the stream at its beginning.

    Names: pdf, xls, xlsx, ods, archive, picture, document, program, html, json.
    """
    head = stream.read(_HEAD)
    stream.seek(0)
    if head.startswith(b"PK\x03\x04"):
        return next((name for mark, name in _ZIPPED if mark in head), "archive")
    found = next((name for mark, name in _FORMATS if head.startswith(mark)), None)
    if found is not None:
        return found
    start = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if start.startswith(b"<"):
        return "html"
    return "json" if start.startswith((b"{", b"[")) else None


def detect(stream: BinaryIO, allowed: tuple[Encoding, ...]) -> tuple[Encoding, str]:
    """Return the encoding's name in the specification and Python's codec for it.

    A byte order mark decides; without one the first of UTF-16 (by its NULs), UTF-8 and CP950 that reads the
    whole file, so a file is never read half in one and half in another. Raises :class:`Undecodable`.
    Leaves the stream at its beginning.
    """
    head = stream.read(_HEAD)
    furthest = 1
    for name, codec in _candidates(head):
        if name not in allowed:
            continue
        stream.seek(0)
        failed_at = _first_bad_line(stream, codec)
        stream.seek(0)
        if failed_at is None:
            return name, codec
        furthest = max(furthest, failed_at)
    raise Undecodable(furthest)


def _candidates(head: bytes) -> Iterator[tuple[Encoding, str]]:
    for mark, name, codec in _BOMS:
        if head.startswith(mark):
            yield name, codec
            return
    pairs = len(head) // 2
    if pairs:
        even, odd = head[0 : 2 * pairs : 2].count(0) / pairs, head[1 : 2 * pairs : 2].count(0) / pairs
        if max(even, odd) >= _MOSTLY and min(even, odd) < _MOSTLY / 2:
            yield "utf-16", "utf-16-le" if odd > even else "utf-16-be"
    yield "utf-8", "utf-8"
    yield "cp950", "cp950"


def _first_bad_line(stream: BinaryIO, codec: str) -> int | None:
    decoder = codecs.getincrementaldecoder(codec)()
    plain = _PLAIN.get(codec)
    read, open_end = 0, False
    chunk = b"start"
    while chunk:
        chunk = stream.read(_CHUNK)
        chunk += stream.readline(_CHUNK) if len(chunk) == _CHUNK else b""  # so that no sign is cut in two
        if chunk and plain is not None and not open_end and plain(chunk):
            read += len(chunk)
            continue
        try:
            decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            return _lines_before(stream, codec, read - (len(error.object) - len(chunk)) + error.start)
        read += len(chunk)
        open_end = decoder.getstate()[0] != b""
    return None


def _is_utf8(chunk: bytes) -> bool:
    """Of many bytes polars says it ten times as quick as Python decodes them."""
    if len(chunk) < _CHUNK:
        return chunk.isascii()
    import polars as pl

    try:
        pl.Series([chunk]).cast(pl.String)
    except pl.exceptions.PolarsError:
        return False
    return True


_PLAIN: Final[Mapping[str, Callable[[bytes], bool]]] = {"utf-8": _is_utf8, "cp950": bytes.isascii}
"""What tells that a chunk is surely well written, quicker than decoding it."""


def _lines_before(stream: BinaryIO, codec: str, place: int) -> int:
    """The line on which a place of the stream stands; what is before it can be decoded."""
    stream.seek(0)
    decoder = codecs.getincrementaldecoder(codec)()
    lines = 1
    while place > 0 and (chunk := stream.read(min(_CHUNK, place))):
        place -= len(chunk)
        lines += decoder.decode(chunk).count("\n")
    return lines
