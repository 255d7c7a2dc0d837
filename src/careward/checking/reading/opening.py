"""A file as people send it into a table of text cells in the order of the dataset's fields, row by row.

CSV with comma, tab or semicolon (UTF-8 with or without mark, UTF-16, Big5/CP950; CRLF, LF or CR), Excel and ODS
workbooks, JSON and JSON Lines, recognised by content; headings by code name or Chinese label in any order.
Whatever had to be adapted is noted. Memory does not grow with a CSV file.
"""

from codecs import BOM_UTF8, getincrementaldecoder
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, Final, cast

from careward.checking.findings import Notes
from careward.checking.reading.delimited import Lines, delimited
from careward.checking.reading.headings import Headings
from careward.checking.reading.json_records import records
from careward.checking.reading.table import Source, Table
from careward.checking.reading.workbooks import workbook
from careward.checking.unreadable import Fault, Unreadable
from careward.kernel.texts import text
from careward.rulebook.interchange import Dataset, Interchange
from careward.store.encodings import Undecodable, detect, foreign_format
from careward.store.tables import WORKBOOKS

_IN_MEMORY: Final = 4 << 20
_CHUNK: Final = 1 << 20


@contextmanager
def opened(source: Source, *, spec: Interchange, dataset: Dataset, notes: Notes) -> Iterator[Table]:
    """Open a file as a table of `dataset`. Raises :class:`Unreadable`; OSError when there is no such file."""
    if isinstance(source, Path):
        with source.open("rb") as stream:
            yield from _opened(stream, spec, dataset, notes)
    else:
        yield from _opened(BytesIO(source) if isinstance(source, bytes) else source, spec, dataset, notes)


def _opened(stream: BinaryIO, spec: Interchange, dataset: Dataset, notes: Notes) -> Iterator[Table]:
    _refuse_size(stream, spec.most_bytes(dataset))
    headings = Headings(spec, dataset, notes)
    foreign = foreign_format(stream)
    if foreign in WORKBOOKS:
        yield workbook(stream, headings)
        return
    if foreign == "json":
        yield records(stream, headings)
        return
    if foreign is not None:
        raise Unreadable(Fault("not_text", text(f"checking:reading.formats.{foreign}")))
    try:
        name, codec = detect(stream, spec.head.encodings.value)
    except Undecodable as error:
        raise Unreadable(Fault("encoding", values={"count": error.line}, line=error.line)) from error
    if name != "utf-8":
        notes.add("encoding", 1, detail=text(f"checking:reading.encodings.{name}"))
    with _as_utf8(stream, codec) as (plain, at):
        yield delimited(Lines(plain, spec, at=at), headings)


def _refuse_size(stream: BinaryIO, most: int) -> None:
    size = stream.seek(0, 2)
    stream.seek(0)
    if size == 0:
        raise Unreadable(Fault("empty"))
    if size > most:
        raise Unreadable(Fault("too_large", values={"count": f"{size:,}", "limit": f"{most:,}"}))


@contextmanager
def _as_utf8(stream: BinaryIO, codec: str) -> Iterator[tuple[BinaryIO, int]]:
    """The text as UTF-8 – a copy of it where it is written otherwise – and where it begins, behind its mark."""
    if codec in ("utf-8", "utf-8-sig"):
        yield stream, len(BOM_UTF8) if codec == "utf-8-sig" else 0
        return
    decoder = getincrementaldecoder(codec)()
    with SpooledTemporaryFile(_IN_MEMORY) as copy:
        stream.seek(0)
        while chunk := stream.read(_CHUNK):
            copy.write(decoder.decode(chunk).encode())
        copy.write(decoder.decode(b"", final=True).encode())
        yield cast("BinaryIO", copy), 0
