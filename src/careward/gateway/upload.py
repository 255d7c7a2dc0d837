"""One file being written: what it may become, and where its bytes lie until then.

Bytes that come in order, as nearly all do, go sealed towards the object store while they come. Those of a ``.part``
file, and of a file whose sender goes back in it or goes on with an earlier one, lie in staging and are read again
at the end.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, Protocol

from typing_extensions import override

from careward.gateway.backend import Largest
from careward.gateway.policy import Policy
from careward.store.objects import Arriving

MB: Final = 1024 * 1024
CHUNK: Final = MB

Filled = tuple[int, bytearray]
"""Where in the file, and what: a piece that is ready to leave memory."""


class Refusal(Exception):
    """The gateway does not do what the client asked; ``code`` names the text ``gateway:refusals.<code>``."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.values = values


def require_room(place: Path, policy: Policy) -> None:
    """Refuse with ``disk_low`` while less than the reserve is free on the disk of ``place``."""
    free = os.statvfs(place)
    if free.f_bavail * free.f_frsize < policy.disk_reserve:
        raise Refusal("disk_low")


class Place(Protocol):
    """Where an upload's bytes lie; ``path`` is the file of staging it has, or would have."""

    path: Path

    def write(self, offset: int, data: bytearray) -> "Place":
        """Write; gives where the bytes lie from now on."""

    def cut(self, size: int) -> "Place":
        """Set the length; gives where the bytes lie from now on."""

    def sync(self) -> None:
        """Bring onto the disk what outlives the connection."""

    def arrived(self, begin: Callable[[], Arriving]) -> Arriving:
        """Give all bytes in order, begun with ``begin`` if they are not on their way yet."""

    def release(self) -> None:
        """Let go of the bytes where they lie; safe to call twice."""

    def discard(self) -> None:
        """Let go of the bytes and remove them."""


class InOrder(Place):
    """On the way into the object store; at ``path`` they are gathered when they do not come in order after all."""

    def __init__(self, arriving: Arriving, path: Path) -> None:
        self.path = path
        self._arriving = arriving

    @override
    def write(self, offset: int, data: bytearray) -> Place:
        if offset != self._arriving.size:
            return self._moved().write(offset, data)
        self._arriving.write(data)
        return self

    @override
    def cut(self, size: int) -> Place:
        return self if size == self._arriving.size else self._moved().cut(size)

    def _moved(self) -> "InPlace":
        place, offset = InPlace(self.path), 0
        for piece in self._arriving.content():
            place.write(offset, bytearray(piece))
            offset += len(piece)
        self._arriving.abandon()
        return place

    @override
    def sync(self) -> None:
        """Nothing: until it is closed the file is nothing that could be lost, and then all of it is synced."""

    @override
    def arrived(self, begin: Callable[[], Arriving]) -> Arriving:
        return self._arriving

    @override
    def release(self) -> None:
        self._arriving.abandon()

    @override
    def discard(self) -> None:
        self._arriving.abandon()


class InPlace(Place):
    """A file of staging, locked while it is open. Raises :class:`Refusal` (in_use)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._descriptor)
            raise Refusal("in_use") from None

    @property
    def size(self) -> int:
        """Bytes that lie here."""
        return os.fstat(self._descriptor).st_size

    @override
    def write(self, offset: int, data: bytearray) -> Place:
        with memoryview(data) as whole:
            done = 0
            while done < len(whole):
                done += os.pwrite(self._descriptor, whole[done:], offset + done)
        return self

    @override
    def cut(self, size: int) -> Place:
        os.ftruncate(self._descriptor, size)
        return self

    @override
    def sync(self) -> None:
        os.fsync(self._descriptor)

    @override
    def arrived(self, begin: Callable[[], Arriving]) -> Arriving:
        arriving = begin()
        try:
            for piece in self._content():
                arriving.write(piece)
        except BaseException:
            arriving.abandon()
            raise
        return arriving

    def _content(self) -> Iterator[bytes]:
        offset = 0
        while piece := os.pread(self._descriptor, CHUNK, offset):
            yield piece
            offset += len(piece)

    @override
    def release(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    @override
    def discard(self) -> None:
        self.release()
        self.path.unlink(missing_ok=True)


class Upload:
    """One file being written. :meth:`take` touches memory alone; the rest touches the disk, one call at a time.

    ``size`` counts bytes, those in memory too. ``changed`` says whether anything was written or cut;
    ``spoiled`` holds the code of a refusal after which the file can no longer become a delivery.
    """

    def __init__(
        self, place: Place, policy: Policy, room: Path, *, size: int = 0, changed: bool = True
    ) -> None:
        self.size, self.changed = size, changed
        self.spoiled: str | None = None
        self._place, self._policy, self._room = place, policy, room
        self._buffer = bytearray()
        self._buffer_at = 0
        self._writes = 0
        self._longest_before = self._last = 0
        self._arrived: Arriving | None = None
        self._of_dataset: Largest | None = None

    def of_dataset(self, largest: Largest | None) -> None:
        """Let it become no larger than files of its dataset may be."""
        self._of_dataset = largest if largest and largest.size < self._policy.max_file_bytes else None

    @property
    def _most(self) -> int:
        return self._of_dataset.size if self._of_dataset else self._policy.max_file_bytes

    @property
    def _too_large(self) -> str:
        return "too_large_for_dataset" if self._of_dataset else "too_large"

    def _refusal(self, code: str) -> Refusal:
        return Refusal(
            code, limit=self._most // MB, dataset=self._of_dataset.dataset if self._of_dataset else ""
        )

    def take(self, offset: int, data: bytes) -> list[Filled]:
        """Accept bytes into memory; gives the pieces that are due for :meth:`store`, in order.

        Raises :class:`Refusal` (too_large, too_large_for_dataset).
        """
        self._require_unspoiled()
        if offset + len(data) > self._most:
            self.spoiled = self._too_large
            self._require_unspoiled()
        due = []
        if self._buffer and offset != self._buffer_at + len(self._buffer):
            due.append(self._emptied())
        if not self._buffer:
            self._buffer_at = offset
        self._buffer += data
        if offset + len(data) >= self.size:
            self._writes += 1
            self._longest_before = max(self._longest_before, self._last)
            self._last = len(data)
        self.size = max(self.size, offset + len(data))
        self.changed = True
        if len(self._buffer) >= CHUNK:
            due.append(self._emptied())
        return due

    def _emptied(self) -> Filled:
        filled, self._buffer = (self._buffer_at, self._buffer), bytearray()
        return filled

    @property
    def path(self) -> Path:
        """The file of staging its bytes lie in; of one that comes in order, where they would."""
        return self._place.path

    @property
    def in_order(self) -> bool:
        """Whether all bytes came in order, so that nothing of it lies in staging."""
        return isinstance(self._place, InOrder)

    @property
    def perhaps_cut(self) -> bool:
        """Whether the last of several writes was as long as the others: a whole file seldom ends so (可能未傳完)."""
        return self._writes > 1 and self._last >= self._longest_before

    def _require_unspoiled(self) -> None:
        if self.spoiled:
            raise self._refusal(self.spoiled)

    def store(self, filled: Filled) -> None:
        """Let a piece leave memory. Raises :class:`Refusal` when the disk runs low, OSError when it fails."""
        try:
            require_room(self._room, self._policy)
            self._place = self._place.write(*filled)
        except Refusal as refusal:
            self.spoiled = refusal.code
            raise
        except OSError:
            self.spoiled = "internal"
            raise

    def _flush(self) -> None:
        self._require_unspoiled()
        if self._buffer:
            self.store(self._emptied())

    def cut(self, size: int) -> None:
        """Set the length, as ``fsetstat`` with a size asks. Raises :class:`Refusal` past the limit."""
        if size > self._most:
            raise self._refusal(self._too_large)
        self._flush()
        if size != self.size:
            self._place = self._place.cut(size)
            self.size, self.changed, self._writes = size, True, 0

    def keep(self) -> None:
        """Bring an unfinished file onto the disk, to be resumed or renamed; a client's ``fsync``, too."""
        self._flush()
        self._place.sync()

    def whole(self, begin: Callable[[], Arriving]) -> Arriving:
        """Give all of it, to be received. Raises :class:`Refusal`.

        A file of staging stays open and so locked: nobody may write to it while it is being received.
        """
        if self.size > self._most:  # written under another name, or before
            raise self._refusal(self._too_large)
        self._flush()
        self._arrived = self._place.arrived(begin)
        return self._arrived

    def release(self) -> None:
        """Close without delivering; what is in memory is lost. Safe to call twice."""
        if self._arrived is not None:
            self._arrived.abandon()
        self._place.release()

    def discard(self) -> None:
        """Close and remove the bytes."""
        self.release()
        self._place.discard()
