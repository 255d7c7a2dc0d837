"""An object while it comes: sealed and hashed piece by piece, nothing of it an object before it is finished.

The order of the last steps is the security baseline's ("No loss"): temporary name in the same folder → fsync →
rename → fsync of the folder. A fresh object may be named first, and both brought onto the disk at once (decision 0046).
What is smaller than a chunk touches no disk before them.
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from concurrent.futures import Executor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Final

from careward.store.folders import fsync_folder, make_folder
from careward.store.sealing import CHUNK_BYTES, SealedReader, Sealer

TEMPORARY: Final = ".part-"
_WRITE_OUT: Final = 8 * 1024 * 1024
"""So many bytes of a large file are handed to the disk as they come, so that little is left to wait for at its end."""


@dataclass(frozen=True)
class Stored:
    """What was put: its key, and SHA-256 (hex) and length (bytes) of the plain content."""

    key: str
    sha256: str
    size: int


class ArrivingFile:
    """One object of a folder store on its way, as :class:`careward.store.objects.Arriving`; not thread-safe."""

    def __init__(self, root: Path, path: Path, key: str) -> None:
        self.key = key
        self.size = 0
        self._root, self._path = root, path
        self._sealer = Sealer(key)
        self._held = bytearray()
        self._digest = hashlib.sha256()
        self._part: Path | None = None
        self._descriptor = -1
        self._written = self._handed_out = 0

    @property
    def sha256(self) -> str:
        """SHA-256 (hex) of what has come so far."""
        return self._digest.hexdigest()

    def write(self, data: "bytes | bytearray | memoryview") -> None:
        """Add to the end. Raises OSError when the disk is full."""
        self._digest.update(data)
        self.size += len(data)
        rest = memoryview(data)
        missing = CHUNK_BYTES - len(self._held)
        if len(rest) <= missing:  # the last chunk is held back: it is sealed as such
            self._held += rest
            return
        self._held += rest[:missing]
        self._put(self._sealer.seal(self._held, last=False))
        rest = rest[missing:]
        while len(rest) > CHUNK_BYTES:
            self._put(self._sealer.seal(rest[:CHUNK_BYTES], last=False))
            rest = rest[CHUNK_BYTES:]
        self._held[:] = rest  # in place: fresh memory for every chunk costs as much as sealing it
        self._hand_out()

    def _hand_out(self) -> None:
        """Have Linux begin to write what was given it, every now and then, and not wait for it."""
        fresh = self._written - self._handed_out
        if fresh >= _WRITE_OUT:
            os.posix_fadvise(self._descriptor, self._handed_out, fresh, os.POSIX_FADV_DONTNEED)
            self._handed_out = self._written

    def finish(self, beside: Executor | None = None) -> Stored:
        """Make it an object; durable on return. Raises OSError, and then it is none.

        With ``beside``, file and folder are brought onto the disk at once, the folder by that executor: for who has
        a fresh key that nothing names before this returns.
        """
        self._put(self._sealer.seal(self._held, last=True))
        if beside is None or self._path.exists():
            os.fsync(self._descriptor)
            self._name()
            fsync_folder(self._path.parent)
        else:
            self._settle_at_once(beside)
        self.abandon()
        return Stored(self.key, self.sha256, self.size)

    def _name(self) -> None:
        assert self._part is not None
        self._part.rename(self._path)
        self._part = None

    def _settle_at_once(self, beside: Executor) -> None:
        """The disk writes name and bytes in one go, where one after the other is two."""
        self._name()
        folder = beside.submit(fsync_folder, self._path.parent)
        try:
            os.fsync(self._descriptor)
            folder.result()
        except OSError:
            wait((folder,))
            self._path.unlink(missing_ok=True)
            raise

    def abandon(self) -> None:
        """Leave nothing of what is not finished; may be called at any time, and again."""
        if self._part is not None:
            self._part.unlink(missing_ok=True)
            self._part = None
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
        self._held = bytearray()

    def content(self) -> Iterator[bytes]:
        """Give what has come so far, for a sender that goes back in its file after all."""
        if self._part is not None:
            with SealedReader(self._part.open("rb"), self.key, unfinished=True) as reader:
                while piece := reader.read(CHUNK_BYTES):
                    yield piece
        yield bytes(self._held)

    def _put(self, sealed: bytes) -> None:
        if self._descriptor < 0:
            make_folders(self._root, self._path.parent)
            self._part, self._descriptor = locked_temporary(self._path.parent)
            sealed = self._sealer.header + sealed
        rest = memoryview(sealed)
        while rest:
            written = os.write(self._descriptor, rest)
            rest = rest[written:]
            self._written += written


def make_folders(root: Path, folder: Path) -> None:
    """Make the folders from the store's root down to this one, closed to others."""
    if folder.is_dir():
        return
    for below in reversed([folder, *folder.parents]):
        if below == root or root in below.parents:
            make_folder(below, 0o700)


def locked_temporary(folder: Path) -> tuple[Path, int]:
    """Make a file (0600) under a name no key can have, locked while its descriptor is open."""
    part = folder / f"{TEMPORARY}{token_hex(8)}"
    descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    return part, descriptor


@contextmanager
def temporary(folder: Path) -> Iterator[tuple[Path, int]]:
    """Lend a locked temporary file; it is gone afterwards unless it was renamed."""
    part, descriptor = locked_temporary(folder)
    try:
        yield part, descriptor
    finally:
        part.unlink(missing_ok=True)
        os.close(descriptor)
