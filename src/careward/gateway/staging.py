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

from careward.gateway.backend import Entry, Lane
from careward.gateway.policy import Policy
from careward.gateway.upload import InOrder, InPlace, Refusal, Upload, require_room
from careward.store.objects import Arriving


def _hidden(text: str) -> str:
    """A name for the file system that tells nothing and holds whatever the text holds."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


class Staging:
    """The staging folder of one process; all methods touch the disk and belong in a thread."""

    def __init__(self, home: Path, policy: Policy) -> None:
        self._policy = policy
        self._root = home / "staging"
        self._partials = self._root / "partial"
        self.doors = self._root / "doors"
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

    def begin(self, arriving: Arriving) -> Upload:
        """Start an upload whose bytes go towards the object store; touches the disk only to see that it has room."""
        require_room(self._root, self._policy)
        return Upload(InOrder(arriving, self.fresh_path()), self._policy, self._root)

    def resume(self, path: Path) -> Upload:
        """Go on with the bytes at a fresh path. Raises :class:`Refusal` (disk_low), and then they are gone."""
        try:
            require_room(self._root, self._policy)
        except Refusal:
            path.unlink(missing_ok=True)
            raise
        return self._in_place(path)

    def _in_place(self, path: Path) -> Upload:
        place = InPlace(path)
        return Upload(place, self._policy, self._root, size=place.size, changed=False)

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
        upload = self._in_place(folder / "bytes")
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
                    InPlace(bytes_path).release()
                    shutil.rmtree(bytes_path.parent)
            except (FileNotFoundError, Refusal):
                continue
