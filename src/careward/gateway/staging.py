"""Bytes on their way: kept apart until they are whole, under names the server makes.

``staging/p-…`` belongs to one process and is locked by it; a later start removes those whose lock is free.
``staging/partial`` keeps ``.part`` files between connections and processes, so that they can be resumed,
renamed or deleted. Nothing here is a delivery. Source: issue "SFTP gateway" (upload is atomic).
"""

import fcntl
import hashlib
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from careward.gateway.backend import Entry, Lane
from careward.gateway.policy import Policy

_CHUNK: Final = 1024 * 1024


class Refusal(Exception):
    """The gateway does not do what the client asked; ``code`` names the text ``gateway:refusals.<code>``."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.values = values


class Upload:
    """One file being written. Not thread-safe: the protocol sends one request after the other.

    ``size`` counts bytes, the buffered ones too. ``changed`` says whether anything was written or cut;
    ``spoiled`` holds the code of a refusal after which the file can no longer become a delivery.
    """

    def __init__(self, path: Path, policy: Policy, *, keep: bool) -> None:
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | (0 if keep else os.O_TRUNC)
        self.path = path
        self.changed = not keep
        self.spoiled: str | None = None
        self._policy = policy
        self._descriptor = os.open(path, flags, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._descriptor)
            raise Refusal("in_use") from None
        self.size = os.fstat(self._descriptor).st_size
        self._buffer = bytearray()
        self._buffer_at = 0
        self._hash = hashlib.sha256()
        self._hashed = 0
        self._writes = 0
        self._longest_before = self._last = 0

    def take(self, offset: int, data: bytes) -> bool:
        """Accept bytes into memory; True when :meth:`flush` is due. Raises :class:`Refusal` (too_large)."""
        if self.spoiled:
            raise self._refusal(self.spoiled)
        if offset + len(data) > self._policy.max_file_bytes:
            self.spoiled = "too_large"
            raise self._refusal("too_large")
        if self._buffer and offset != self._buffer_at + len(self._buffer):
            self.flush()  # a client that jumps about: seldom, and then the buffer is at most one chunk
        if not self._buffer:
            self._buffer_at = offset
        self._buffer += data
        if offset + len(data) >= self.size:
            self._writes += 1
            self._longest_before = max(self._longest_before, self._last)
            self._last = len(data)
        self.size = max(self.size, offset + len(data))
        self.changed = True
        return len(self._buffer) >= _CHUNK

    @property
    def perhaps_cut(self) -> bool:
        """Whether the last of several writes was as long as the others: a whole file seldom ends so (可能未傳完)."""
        return self._writes > 1 and self._last >= self._longest_before

    def _refusal(self, code: str) -> Refusal:
        return Refusal(code, limit=self._policy.max_file_bytes // (1024 * 1024))

    def flush(self) -> None:
        """Write what is buffered. Raises :class:`Refusal` when the disk runs low."""
        if not self._buffer:
            return
        data, offset = memoryview(self._buffer), self._buffer_at
        try:
            require_room(self.path.parent, self._policy)
        except Refusal as refusal:
            self.spoiled = refusal.code
            raise
        if offset == self._hashed:
            self._hash.update(data)
            self._hashed += len(data)
        elif offset < self._hashed:
            self._hashed = -1
        while data:
            written = os.pwrite(self._descriptor, data, offset)
            data, offset = data[written:], offset + written
        del data
        self._buffer = bytearray()

    def cut(self, size: int) -> None:
        """Set the length, as ``fsetstat`` with a size asks. Raises :class:`Refusal` past the limit."""
        if size > self._policy.max_file_bytes:
            raise self._refusal("too_large")
        self.flush()
        if size != self.size:
            os.ftruncate(self._descriptor, size)
            self.size, self.changed, self._hashed, self._writes = size, True, -1, 0

    def sync(self) -> None:
        """Bring what was written so far onto the disk."""
        self.flush()
        os.fsync(self._descriptor)

    def keep(self) -> None:
        """Bring an unfinished file onto the disk, to be resumed or renamed. Raises :class:`Refusal`."""
        if self.spoiled:
            raise self._refusal(self.spoiled)
        self.sync()

    def finish(self) -> str:
        """Write everything; return the SHA-256 in hex. Raises :class:`Refusal`.

        The file stays open and so locked: nobody may write to it while it is being received. It is not yet
        brought onto the disk: that is the object store's business, and staging does not outlive a crash.
        """
        if self.spoiled:
            raise self._refusal(self.spoiled)
        self.flush()
        return self._hash.hexdigest() if self._hashed == self.size else self._read_back()

    def _read_back(self) -> str:
        digest, offset = hashlib.sha256(), 0
        while chunk := os.pread(self._descriptor, _CHUNK, offset):
            digest.update(chunk)
            offset += len(chunk)
        return digest.hexdigest()

    def release(self) -> None:
        """Close without delivering; what is buffered is lost. Safe to call twice."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def discard(self) -> None:
        """Close and remove the bytes."""
        self.release()
        self.path.unlink(missing_ok=True)


def _hidden(text: str) -> str:
    """A name for the file system that tells nothing and holds whatever the text holds."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def require_room(place: Path, policy: Policy) -> None:
    """Refuse with ``disk_low`` while less than the reserve is free on the disk of ``place``."""
    free = os.statvfs(place)
    if free.f_bavail * free.f_frsize < policy.disk_reserve:
        raise Refusal("disk_low")


class Staging:
    """The staging folder of one process; all methods touch the disk and belong in a thread."""

    def __init__(self, home: Path, policy: Policy) -> None:
        self._policy = policy
        self._root = home / "staging"
        self._partials = self._root / "partial"
        for folder in (self._root, self._partials):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._sole():
            self._sweep_processes()
            self._mine = self._root / f"p-{os.getpid()}-{secrets.token_hex(8)}"
            self._mine.mkdir(mode=0o700)
            self._lock = os.open(self._mine / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX)
        self.sweep_partials()

    @contextmanager
    def _sole(self) -> Iterator[None]:
        """One process at a time makes or sweeps folders, so that none is swept before it is locked."""
        with (self._root / ".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _sweep_processes(self) -> None:
        for folder in self._root.glob("p-*"):
            try:
                lock = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
            except FileNotFoundError:
                continue
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder)
            except BlockingIOError:
                continue
            finally:
                os.close(lock)

    def close(self) -> None:
        """Remove the process's folder at the end."""
        shutil.rmtree(self._mine, ignore_errors=True)
        os.close(self._lock)

    def take_place(self, account_id: str) -> int | None:
        """Take one of the account's places, which all processes of this home share; None when all are taken.

        The place is the descriptor of a lock: closing it, or the end of the process, gives it back.
        """
        folder = self._root / "places" / _hidden(account_id)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for number in range(self._policy.max_connections_per_account):
            place = os.open(folder / str(number), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(place)
            else:
                return place
        return None

    def fresh_path(self) -> Path:
        """Return an unused path for one upload."""
        return self._mine / secrets.token_hex(16)

    def open(self, path: Path, *, keep: bool) -> Upload:
        """Start an upload at a fresh path, with the bytes already there when ``keep``."""
        try:
            require_room(self._root, self._policy)
        except Refusal:
            path.unlink(missing_ok=True)
            raise
        return Upload(path, self._policy, keep=keep)

    def _account(self, account_id: str) -> Path:
        return self._partials / _hidden(account_id)

    def _partial(self, account_id: str, lane: Lane, name: str) -> Path:
        return self._account(account_id) / _hidden(f"{lane}/{name}")

    def open_partial(self, account_id: str, lane: Lane, name: str, *, keep: bool, create: bool) -> Upload:
        """Start or resume a ``.part`` file. Raises :class:`Refusal`: not_found, in_use, too_many_partials."""
        require_room(self._root, self._policy)
        folder = self._partial(account_id, lane, name)
        if not (folder / "bytes").exists():
            if not create:
                raise Refusal("not_found")
            if sum(1 for _ in self._account(account_id).glob("*")) >= self._policy.max_partials:
                raise Refusal("too_many_partials")
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            (folder / "name").write_text(f"{lane}/{name}", "utf-8")
        upload = Upload(folder / "bytes", self._policy, keep=True)
        if not keep:
            upload.cut(0)
        return upload

    def partials(self, account_id: str, lane: Lane) -> list[Entry]:
        """List the account's unfinished ``.part`` files of a lane."""
        found = []
        for folder in self._account(account_id).glob("*"):
            try:
                kept_lane, _, name = (folder / "name").read_text("utf-8").partition("/")
                status = (folder / "bytes").stat()
            except FileNotFoundError:
                continue
            if kept_lane == lane:
                found.append(Entry(name, status.st_size, datetime.fromtimestamp(status.st_mtime, UTC)))
        return found

    def move_partial(self, account_id: str, lane: Lane, name: str, to: str) -> None:
        """Rename a ``.part`` file to another unfinished name. Raises :class:`Refusal` as opening does."""
        with self.held_partial(account_id, lane, name) as upload:
            target = self.open_partial(account_id, lane, to, keep=False, create=True)
            try:
                upload.path.replace(target.path)
            finally:
                target.release()

    @contextmanager
    def held_partial(self, account_id: str, lane: Lane, name: str) -> Iterator[Upload]:
        """Hold a ``.part`` file that no connection is writing; it is gone when the block ends well."""
        upload = self.open_partial(account_id, lane, name, keep=True, create=False)
        try:
            yield upload
            self.drop_held(upload)
        finally:
            upload.release()

    def drop_held(self, upload: Upload) -> None:
        """Remove a ``.part`` file that is open and so held; its bytes may already have moved away."""
        shutil.rmtree(upload.path.parent)

    def drop_partial(self, account_id: str, lane: Lane, name: str) -> None:
        """Delete an own unfinished file. Raises :class:`Refusal` (not_found, in_use)."""
        with self.held_partial(account_id, lane, name):
            pass

    def sweep_partials(self) -> None:
        """Remove ``.part`` files nobody has touched for the time they are kept."""
        # The machine's time, not the movable clock: it is compared with what the file system wrote.
        oldest = time.time() - self._policy.partial_kept.total_seconds()
        for bytes_path in self._partials.glob("*/*/bytes"):
            try:
                if bytes_path.stat().st_mtime < oldest:
                    Upload(bytes_path, self._policy, keep=True).release()
                    shutil.rmtree(bytes_path.parent)
            except (FileNotFoundError, Refusal):
                continue
