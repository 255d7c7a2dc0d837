"""A ZIP with several files: told by its content, looked at before anything of it is read, refused fast and by name.

A workbook is a ZIP too; one that has a workbook's parts is no bundle. Folders inside are ignored, as are the files
computers leave in them; what points out of the ZIP is refused. Sizes are counted while reading, whatever the ZIP
says of itself.
"""

import stat
import struct
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Final

from careward.rulebook.policies import Bundle as Limits
from careward.store.encodings import foreign_format

_HEADS: Final = (b"PK\x03\x04", b"PK\x05\x06")
_END: Final = b"PK\x05\x06"
_END_BYTES: Final = 22
_COMMENT_BYTES: Final = 65_535
_DIRECTORY_BYTES: Final = 1 << 20
"""A longer directory belongs to no bundle: hundreds of names fit into a tenth of it."""
_PARTS_OF_WORKBOOKS: Final = ("[content_types].xml", "mimetype", "xl/workbook.xml", "content.xml")
_LEFT_BY_COMPUTERS: Final = ("__macosx", ".ds_store", "thumbs.db", "desktop.ini")
_UTF8: Final = 0x800
_ENCRYPTED: Final = 0x1
_IN_MEMORY: Final = 1 << 20
_CHUNK: Final = 1 << 16


class BundleRefused(Exception):
    """The ZIP is not taken apart. ``problem`` is worded under ``intake:bundle_refused``, ``found`` names the place."""

    def __init__(self, problem: str, found: str = "", **values: object) -> None:
        super().__init__(problem)
        self.problem, self.found, self.values = problem, found, values


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a bundle: its own name without folders, and where it is."""

    name: str
    info: zipfile.ZipInfo


@dataclass(frozen=True)
class Bundle:
    """An opened bundle; ``skipped`` are names of files that computers leave behind."""

    archive: zipfile.ZipFile
    members: Sequence[Member]
    skipped: Sequence[str]
    limits: Limits

    @contextmanager
    def content(self, member: Member, most: int) -> Iterator[IO[bytes]]:
        """The member's bytes, at most ``most``, to be read from the start. Raises BundleRefused."""
        with SpooledTemporaryFile(max_size=_IN_MEMORY, prefix="careward-bundle-") as kept:
            try:
                with self.archive.open(member.info) as source:
                    while chunk := source.read(_CHUNK):
                        if kept.tell() + len(chunk) > most:
                            raise BundleRefused("heavy", member.name, limit=f"{most:,}")
                        kept.write(chunk)
            except (
                zipfile.BadZipFile,
                NotImplementedError,
                EOFError,
                OSError,
                RuntimeError,
                ValueError,
            ) as error:
                raise BundleRefused("broken", member.name) from error
            kept.seek(0)
            if foreign_format(kept) == "archive":  # type: ignore[arg-type]
                raise BundleRefused("nested", member.name)
            kept.seek(0)
            yield kept


@contextmanager
def opened(file: Path, limits: Limits) -> Iterator[Bundle | None]:
    """Open a file as a bundle; None when it is none. Raises BundleRefused, OSError when there is no such file."""
    with file.open("rb") as stream:
        if stream.read(4) not in _HEADS:
            yield None
            return
        if _directory_bytes(stream) > _DIRECTORY_BYTES:
            raise BundleRefused("many", limit=limits.max_members.value)
        try:
            archive = zipfile.ZipFile(stream)
        except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error) as error:
            stream.seek(0)
            if foreign_format(stream) != "archive":
                archive = None
            else:
                raise BundleRefused("broken") from error
        if archive is None or _is_workbook(archive):
            yield None
            return
        with archive:
            yield _looked_at(archive, limits)


def is_zip(head: bytes) -> bool:
    """Whether bytes that begin so may be a bundle: the cheap question before the others."""
    return head.startswith(_HEADS)


def _looked_at(archive: zipfile.ZipFile, limits: Limits) -> Bundle:
    infos = [info for info in archive.infolist() if not info.is_dir()]
    if len(infos) > limits.max_members.value:
        raise BundleRefused("many", limit=limits.max_members.value)
    skipped = [name for info in infos if _is_left_behind(name := _name(info))]
    members = [_member(info) for info in infos if not _is_left_behind(_name(info))]
    if not members:
        raise BundleRefused("empty")
    most = limits.max_bytes.value
    if sum(member.info.file_size for member in members) > most:
        raise BundleRefused("heavy", limit=f"{most:,}")
    seen: set[str] = set()
    for member in members:
        if member.name.casefold() in seen:
            raise BundleRefused("twice", member.name)
        seen.add(member.name.casefold())
    return Bundle(archive, members, skipped, limits)


def _member(info: zipfile.ZipInfo) -> Member:
    name = _name(info)
    parts = name.split("/")
    if info.flag_bits & _ENCRYPTED:
        raise BundleRefused("locked", parts[-1])
    outward = name.startswith("/") or ".." in parts or ":" in parts[0] or "\0" in name
    if outward or stat.S_ISLNK(info.external_attr >> 16):
        raise BundleRefused("path", parts[-1])
    return Member(parts[-1], info)


def _name(info: zipfile.ZipInfo) -> str:
    """The name as it was written: a ZIP without a mark for UTF-8 was made by a Windows in Big5 more often than not."""
    name = info.orig_filename
    if not info.flag_bits & _UTF8:
        raw = name.encode("cp437", "replace")
        for encoding in ("utf-8", "cp950"):
            try:
                name = raw.decode(encoding)
            except UnicodeDecodeError:
                continue
            break
    return name.replace("\\", "/")


def _is_left_behind(name: str) -> bool:
    parts = name.casefold().split("/")
    return parts[0] == _LEFT_BY_COMPUTERS[0] or parts[-1] in _LEFT_BY_COMPUTERS


def _is_workbook(archive: zipfile.ZipFile) -> bool:
    names = {name.casefold() for name in archive.namelist()[:_COMMENT_BYTES]}
    return any(part in names for part in _PARTS_OF_WORKBOOKS)


def _directory_bytes(stream: IO[Any]) -> int:
    """How long the ZIP says its directory is, before anybody reads it; 0 where there is no end of a ZIP."""
    size = stream.seek(0, 2)
    stream.seek(max(0, size - _END_BYTES - _COMMENT_BYTES))
    tail = stream.read()
    stream.seek(0)
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _END_BYTES:
        return 0
    length: int = struct.unpack_from("<L", tail, at + 12)[0]
    return length
