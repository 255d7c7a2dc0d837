"""The object store: raw files, documents and Parquet, sealed, each under a key the server made.

A folder for now; another store is another class with the same methods. What ``put`` returned for is on disk:
temporary name in the same folder → fsync → rename → fsync folder (security baseline, "No loss"); the row in
PostgreSQL that names the object comes after it and is its commit.
"""

import fcntl
import os
import re
import time
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import lru_cache
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from careward.store.arriving import TEMPORARY, ArrivingFile, Stored, make_folders, temporary
from careward.store.folders import default_home, fsync_folder
from careward.store.sealing import CHUNK_BYTES, SealedReader, StoredBroken, plain_size

__all__ = [
    "Arriving",
    "FolderStore",
    "ObjectStore",
    "Settled",
    "Stored",
    "StoredBroken",
    "StoredMissing",
    "UnsafeKey",
    "objects",
    "settling",
]

KEY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}(/[A-Za-z0-9_][A-Za-z0-9._-]{0,127}){0,15}")
LEFTOVER_SECONDS = 60
"""A temporary file this young is let be: its writer may not have locked it yet."""

SENT_LEFT_AFTER_SECONDS = 90 * 86_400
"""What people sent is kept so long without a row: after an older database was restored, the store alone still
has what was acknowledged since [decided]."""


class StoredMissing(Exception):
    """No object lies under this key."""


class UnsafeKey(ValueError):
    """The key is not a relative path of plain names; the server makes keys, never from what people type."""


class Arriving(Protocol):
    """An object while it comes, in order, sealed piece by piece."""

    @property
    def key(self) -> str:
        """Under which it will lie."""
        ...

    @property
    def size(self) -> int:
        """Bytes that have come so far."""
        ...

    @property
    def sha256(self) -> str:
        """SHA-256 (hex) of what has come so far."""
        ...

    def write(self, data: "bytes | bytearray | memoryview") -> None:
        """Add to the end."""
        ...

    def content(self) -> Iterator[bytes]:
        """Give what has come so far, in pieces."""
        ...

    def finish(self, beside: Executor | None = None) -> Stored:
        """Make it an object; durable on return. ``beside`` may help a fresh one."""
        ...

    def abandon(self) -> None:
        """Leave nothing of what is not finished; may be called at any time, and again."""
        ...


class ObjectStore(Protocol):
    """What the rest of careward knows of where objects lie. Each method may raise UnsafeKey."""

    def begin(self, key: str) -> Arriving:
        """Begin an object whose bytes come bit by bit."""
        ...

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

    def working_folder(self) -> Path:
        """A folder on a disk with room, for unnamed temporary files: gone with the process, however it ends."""
        ...

    def sweep(self) -> int:
        """Remove what writers and borrowers that were killed left behind; returns how many files."""
        ...


def objects() -> ObjectStore:
    """Give the store this process is configured for."""
    return _below(default_home(os.environ))


@lru_cache(maxsize=8)
def _below(home: Path) -> ObjectStore:
    return FolderStore(home / "objects")


Settled = Future[Stored]
"""Done when an arriving object is durable."""

_DISK = ThreadPoolExecutor(8, "store-disk")
_FOLDERS = ThreadPoolExecutor(8, "store-folders")
"""Apart, so that nobody of the first waits for his own place."""


@contextmanager
def settling(arriving: Arriving) -> Iterator[Settled]:
    """Finish a fresh object beside other work: the disk needs no processor. The block's end waits for it."""
    settled = _DISK.submit(arriving.finish, _FOLDERS)
    try:
        yield settled
    finally:
        wait((settled,))


class FolderStore:
    """Objects as files below one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def begin(self, key: str) -> Arriving:
        """See ObjectStore."""
        return ArrivingFile(self.root, self._path(key), key)

    def put(self, key: str, source: BinaryIO | bytes) -> Stored:
        """See ObjectStore."""
        arriving = self.begin(key)
        try:
            if isinstance(source, bytes):
                arriving.write(source)
            else:
                while piece := source.read(CHUNK_BYTES):
                    arriving.write(piece)
            return arriving.finish()
        finally:
            arriving.abandon()

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
            return cast("BinaryIO", BufferedReader(SealedReader(file, key)))
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
        make_folders(self.root, self.root)
        with self.open(key) as source, temporary(self.root) as (part, descriptor):
            with os.fdopen(descriptor, "wb", closefd=False) as file:
                while chunk := source.read(1 << 20):
                    file.write(chunk)
            yield part

    def working_folder(self) -> Path:
        """See ObjectStore."""
        make_folders(self.root, self.root)
        return self.root

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
