"""The object store: raw files, documents and Parquet, sealed, each under a key the server made.

A folder for now; another store is another class with the same methods. What ``put`` returned for is on disk:
temporary name in the same folder → fsync → rename → fsync folder (security baseline, "No loss"); the row in
PostgreSQL that names the object comes after it and is its commit.
"""

import fcntl
import hashlib
import io
import os
import re
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO, Protocol, cast

from careward.store.folders import default_home, fsync_folder, make_folder
from careward.store.sealing import SealedReader, StoredBroken, plain_size, sealed_chunks

__all__ = ["FolderStore", "ObjectStore", "Stored", "StoredBroken", "StoredMissing", "UnsafeKey", "objects"]

KEY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}(/[A-Za-z0-9_][A-Za-z0-9._-]{0,127}){0,15}")
TEMPORARY = ".part-"
LEFTOVER_SECONDS = 60
"""A temporary file this young is let be: its writer may not have locked it yet."""

SENT_LEFT_AFTER_SECONDS = 90 * 86_400
"""What people sent is kept so long without a row: after an older database was restored, the store alone still
has what was acknowledged since [decided]."""


class StoredMissing(Exception):
    """No object lies under this key."""


class UnsafeKey(ValueError):
    """The key is not a relative path of plain names; the server makes keys, never from what people type."""


@dataclass(frozen=True)
class Stored:
    """What was put: its key, and SHA-256 (hex) and length (bytes) of the plain content."""

    key: str
    sha256: str
    size: int


class ObjectStore(Protocol):
    """What the rest of careward knows of where objects lie. Each method may raise UnsafeKey."""

    def put(self, key: str, source: BinaryIO | bytes) -> Stored:
        """Store the whole source, durable on return; replaces what lay there at once or not at all."""
        ...

    def take(self, key: str, path: Path) -> Stored:
        """Store a finished plain file and remove it from where it lay, in this order."""
        ...

    def open(self, key: str) -> BinaryIO:
        """Give the content as a stream, in order. Raises StoredMissing; later reads too StoredBroken."""
        ...

    def exists(self, key: str) -> bool:
        """Tell whether an object lies there."""
        ...

    def size(self, key: str) -> int:
        """Tell the length of the plain content in bytes. Raises StoredMissing, StoredBroken."""
        ...

    def remove(self, key: str) -> None:
        """Remove it, durable on return; one that is not there is no error, so that a job may be repeated."""
        ...

    def local_copy(self, key: str) -> AbstractContextManager[Path]:
        """Lend a plain file (0600), checked to its end, to tools that need a path; gone afterwards."""
        ...

    def sweep(self) -> int:
        """Remove what writers and borrowers that were killed left behind; returns how many files."""
        ...


def objects() -> ObjectStore:
    """Give the store this process is configured for."""
    return FolderStore(default_home(os.environ) / "objects")


class FolderStore:
    """Objects as files below one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, key: str, source: BinaryIO | bytes) -> Stored:
        """See ObjectStore."""
        path = self._path(key)
        stream = io.BytesIO(source) if isinstance(source, bytes) else source
        digest, size = hashlib.sha256(), 0
        self._make_folders(path.parent)
        with _temporary(path.parent) as (part, descriptor):
            with os.fdopen(descriptor, "wb", closefd=False) as file:
                for plain, sealed in sealed_chunks(stream, key):
                    digest.update(plain)
                    size += len(plain)
                    file.write(sealed)
            os.fsync(descriptor)
            part.rename(path)
        fsync_folder(path.parent)
        return Stored(key, digest.hexdigest(), size)

    def take(self, key: str, path: Path) -> Stored:
        """See ObjectStore."""
        with path.open("rb") as source:
            stored = self.put(key, source)
        path.unlink()  # after a crash it may lie there again: then it is swept, or taken twice to the same end
        return stored

    def open(self, key: str) -> BinaryIO:
        """See ObjectStore."""
        try:
            file = self._path(key).open("rb")
        except (FileNotFoundError, IsADirectoryError):
            raise StoredMissing(key) from None
        try:
            return cast("BinaryIO", io.BufferedReader(SealedReader(file, key)))
        except StoredBroken as error:
            file.close()
            raise StoredBroken(f"{key}: {error}") from error

    def exists(self, key: str) -> bool:
        """See ObjectStore."""
        return self._path(key).is_file()

    def size(self, key: str) -> int:
        """See ObjectStore."""
        try:
            return plain_size(self._path(key).stat().st_size)
        except FileNotFoundError:
            raise StoredMissing(key) from None

    def remove(self, key: str) -> None:
        """See ObjectStore."""
        path = self._path(key)
        with suppress(FileNotFoundError):
            path.unlink()
            fsync_folder(path.parent)

    @contextmanager
    def local_copy(self, key: str) -> Iterator[Path]:
        """See ObjectStore."""
        self._make_folders(self.root)
        with self.open(key) as source, _temporary(self.root) as (part, descriptor):
            with os.fdopen(descriptor, "wb", closefd=False) as file:
                while chunk := source.read(1 << 20):
                    file.write(chunk)
            yield part

    def sweep(self) -> int:
        """See ObjectStore: temporary files whose writer died, plain copies among them."""
        removed = 0
        for part in self.root.rglob(f"{TEMPORARY}*"):
            with suppress(FileNotFoundError):
                removed += _remove_if_left(part)
        return removed

    def older_than(self, folder: str, seconds: float) -> Iterator[str]:
        """Give the keys below ``folder`` that were written so long ago; writers' temporary files are no keys."""
        before = time.time() - seconds
        for file in sorted(self._path(folder).rglob("[!.]*")):
            if file.is_file() and file.stat().st_mtime < before:
                yield file.relative_to(self.root).as_posix()

    def _path(self, key: str) -> Path:
        if not KEY.fullmatch(key):
            raise UnsafeKey(repr(key))
        return self.root / key

    def _make_folders(self, folder: Path) -> None:
        for below in reversed([folder, *folder.parents]):
            if below == self.root or self.root in below.parents:
                make_folder(below, 0o700)


@contextmanager
def _temporary(folder: Path) -> Iterator[tuple[Path, int]]:
    """Make a file (0600) under a name no key can have, locked while it lives, gone after unless renamed."""
    part = folder / f"{TEMPORARY}{token_hex(8)}"
    descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield part, descriptor
    finally:
        part.unlink(missing_ok=True)
        os.close(descriptor)


def _remove_if_left(part: Path) -> bool:
    """Remove it when nobody holds it and it is not brand-new."""
    if part.stat().st_mtime > time.time() - LEFTOVER_SECONDS:
        return False
    descriptor = os.open(part, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    else:
        part.unlink()
        return True
    finally:
        os.close(descriptor)
