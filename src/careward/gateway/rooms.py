"""What a client may do in the tree. An upload is a delivery only when the client itself closed it well.

Every request of ``asyncssh.SFTPServer`` is answered here: its own methods work on the real file system.
setstat: times and permissions are accepted and ignored (``scp -s``, ``put -p`` must exit 0), the size only of
one's own open upload, the owner refused. Source: security-baseline.md "SSH/SFTP", "No loss".
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import BinaryIO

from asyncssh import FXF_APPEND, FXF_CREAT, FXF_EXCL, FXF_TRUNC, FXF_WRITE, SFTPAttrs, SFTPName
from asyncssh.channel import SSHServerChannel
from typing_extensions import override

from careward.gateway import metrics
from careward.gateway.backend import DeliveryRefused, Entry, Lane, Outcome, Step
from careward.gateway.not_offered import NotOffered
from careward.gateway.paths import (
    Area,
    BadPath,
    Place,
    components,
    final_name,
    is_partial,
    last_name,
    resolve,
)
from careward.gateway.refusals import answered, translate
from careward.gateway.tree import Node, Tree
from careward.gateway.upload import Refusal, Upload
from careward.gateway.visit import House, Visit
from careward.kernel import clock

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Reading:
    """A file opened for reading: a receipt may have a gigabyte, so little of it is in memory at a time."""

    node: Node
    content: BinaryIO
    _one: Lock = field(default_factory=Lock)

    def piece(self, offset: int, size: int) -> bytes:
        """Some of it, fewer bytes at its end; clients ask for many pieces at once."""
        with self._one:
            self.content.seek(offset)
            return self.content.read(size)


@dataclass(slots=True, eq=False)
class Writing:
    """A file opened for writing in an inbox; ``append`` as the client asked for at opening.

    ``storing`` is the piece now leaving memory, while the next one comes in.
    """

    lane: Lane
    name: str
    upload: Upload
    append: bool
    storing: asyncio.Future[None] | None = None

    async def stored(self) -> None:
        """Wait for the piece that leaves memory. Raises what went wrong with it."""
        storing, self.storing = self.storing, None
        if storing is not None:
            await storing


class Rooms(NotOffered):
    """Serves one SFTP session; requests come one after the other."""

    def __init__(self, channel: SSHServerChannel[bytes], house: House, visit: Visit) -> None:
        super().__init__(channel)
        self.visit = visit
        self._house = house
        self._tree = Tree(house, visit)
        self._open: set[Writing] = set()
        self._closed_by_client = False

    @contextmanager
    def client_closes(self) -> Iterator[None]:
        """Mark that the close within is the client's own request, not the end of a cut connection."""
        self._closed_by_client = True
        try:
            yield
        finally:
            self._closed_by_client = False

    def _place(self, path: bytes) -> Place:
        return resolve(path, self.visit.guest.lanes)

    def _inbox_file(self, path: bytes, lane: Lane | None = None) -> tuple[Lane, str]:
        place = self._place(path)
        if place.is_folder:
            raise Refusal("is_folder")
        if place.area is not Area.INBOX or place.lane is None:
            raise Refusal("read_only")
        if lane not in (None, place.lane):
            raise Refusal("rename_other_lane")
        return place.lane, place.inner[0]

    # -- looking ------------------------------------------------------------------------------------

    @override
    @answered
    async def realpath(self, path: bytes) -> bytes:
        return ("/" + "/".join(components(path))).encode()

    @override
    @answered
    async def stat(self, path: bytes) -> SFTPAttrs:
        return (await self._tree.stat(self._place(path))).attrs()

    @override
    async def lstat(self, path: bytes) -> SFTPAttrs:
        return await self.stat(path)

    @override
    @answered
    async def fstat(self, file_obj: object) -> SFTPAttrs:
        if isinstance(file_obj, Writing):
            return Node(file_obj.name, clock.now(), file_obj.upload.size, writable=True).attrs()
        return _reading(file_obj).node.attrs()

    @override
    async def scandir(self, path: bytes) -> AsyncIterator[SFTPName]:
        try:
            nodes = await self._tree.children(self._place(path))
        except Exception as error:
            raise translate(error) from error
        for node in nodes:
            yield node.sftp_name()

    @override
    @answered
    async def read(self, file_obj: object, offset: int, size: int) -> bytes:
        if isinstance(file_obj, Writing):
            raise Refusal("write_only")
        data = await self._house.crew.disk(_reading(file_obj).piece, offset, size)
        self.visit.bytes_out += len(data)
        return data

    # -- uploading ----------------------------------------------------------------------------------

    @override
    @answered
    async def open(self, path: bytes, pflags: int, attrs: SFTPAttrs) -> Reading | Writing:
        if not pflags & FXF_WRITE:
            place = self._place(path)
            return Reading(await self._tree.stat(place), await self._tree.content(place))
        try:
            lane, name = self._inbox_file(path)
            await self.visit.may_send_more(self._house)
        except (BadPath, Refusal) as refusal:
            await self.visit.note_refused(self._house, refusal.code, last_name(path))
            raise
        start = self._start_partial if is_partial(name) else self._start
        upload = await start(lane, name, pflags)
        upload.of_dataset(self._house.backend.largest(self.visit.guest, final_name(name)))
        writing = Writing(lane, name, upload, bool(pflags & FXF_APPEND))
        self._open.add(writing)
        self.visit.open_uploads += 1
        return writing

    async def _start_partial(self, lane: Lane, name: str, pflags: int) -> Upload:
        keep, create = not pflags & FXF_TRUNC, bool(pflags & FXF_CREAT)
        if pflags & FXF_EXCL and await self._tree.inbox_file(lane, name):
            raise Refusal("exists")
        staging, account = self._house.staging, self.visit.guest.account_id
        return await self._house.crew.disk(
            staging.open_partial, account, lane, name, keep=keep, create=create
        )

    async def _start(self, lane: Lane, name: str, pflags: int) -> Upload:
        """Start a new version; without TRUNC it goes on from the bytes of the delivery that still waits."""
        crew, staging, backend = self._house.crew, self._house.staging, self._house.backend
        if pflags & FXF_EXCL and await self._tree.inbox_file(lane, name):
            raise Refusal("exists")
        if not pflags & FXF_TRUNC:
            path = staging.fresh_path()
            if await crew.ask(backend.copy_waiting, self.visit.guest, lane, name, path):
                return await crew.disk(staging.resume, path)
            if not pflags & FXF_CREAT:
                raise Refusal("not_found")
        return staging.begin(backend.begin())

    @override
    @answered
    async def write(self, file_obj: object, offset: int, data: bytes) -> int:
        writing = _writing(file_obj)
        upload = writing.upload
        for filled in upload.take(upload.size if writing.append else offset, data):
            await writing.stored()
            writing.storing = asyncio.ensure_future(self._house.crew.disk(upload.store, filled))
        self.visit.bytes_in += len(data)
        return len(data)

    @override
    @answered
    async def fsync(self, file_obj: object) -> None:
        writing = _writing(file_obj)
        await writing.stored()
        await self._house.crew.disk(writing.upload.keep)

    @override
    @answered
    async def close(self, file_obj: object) -> None:
        """Answer the client's close only when the delivery is committed; anything else is no delivery."""
        if isinstance(file_obj, Reading):
            file_obj.content.close()
        if not isinstance(file_obj, Writing):
            return
        self._open.discard(file_obj)
        try:
            if self._closed_by_client:
                await self._closed(file_obj)
            else:
                await self._cut(file_obj)
        finally:
            self.visit.open_uploads -= 1

    async def _closed(self, writing: Writing) -> None:
        upload, crew = writing.upload, self._house.crew
        delivered = False
        try:
            await writing.stored()
            if is_partial(writing.name):
                await crew.disk(upload.keep)
            elif upload.changed:
                await self._deliver(writing.lane, writing.name, upload, perhaps_cut=upload.perhaps_cut)
                delivered = upload.in_order
        finally:
            if is_partial(writing.name) or delivered:
                upload.release()
            else:
                await crew.disk(upload.discard)

    async def _cut(self, writing: Writing) -> None:
        upload, crew = writing.upload, self._house.crew
        try:
            await writing.stored()
            if is_partial(writing.name):  # kept, to be resumed
                await crew.disk(upload.keep)
        except (Refusal, OSError) as fault:
            log.warning("the last bytes of a cut upload could not be kept: %s", fault)
        if is_partial(writing.name):
            upload.release()
        else:
            await crew.disk(upload.discard)
            await self.visit.note(self._house, Step.FILE, Outcome.FILE_CUT, file=writing.name)

    async def _deliver(self, lane: Lane, name: str, upload: Upload, *, perhaps_cut: bool = False) -> None:
        try:
            with metrics.RECEIVING.time():
                await self._house.crew.ask(self._hand_over, lane, name, upload, perhaps_cut=perhaps_cut)
        except (DeliveryRefused, Refusal) as refusal:
            await self.visit.note_refused(self._house, refusal.code, name)
            raise
        self._received(Entry(name, upload.size, clock.now()), lane, perhaps_cut=perhaps_cut)

    def _hand_over(self, lane: Lane, name: str, upload: Upload, *, perhaps_cut: bool) -> None:
        """All that is left to do of an upload, in one thread and without a pause."""
        guest, backend = self.visit.guest, self._house.backend
        backend.receive(guest, lane, name, upload.whole(backend.begin), perhaps_cut=perhaps_cut)

    def _received(self, entry: Entry, lane: Lane, *, perhaps_cut: bool = False) -> None:
        self.visit.deliveries += 1
        self._tree.remember(lane, entry)
        self.visit.note_soon(self._house, Outcome.FILE_HELD if perhaps_cut else Outcome.RECEIVED, entry.name)

    @override
    async def exit(self) -> None:
        """Drop what is still open when the session ends in whatever way."""
        for writing in list(self._open):
            try:
                await self.close(writing)
            except Exception:  # one that cannot be dropped must not keep the others, nor the session's end
                log.exception("an upload could not be dropped; its bytes go at the next start")
        self.channel.exit(0)  # scp fails without an exit status

    # -- changing -----------------------------------------------------------------------------------

    @override
    @answered
    async def rename(self, oldpath: bytes, newpath: bytes) -> None:
        """Rename an own unfinished file; to a final name, that closes it and makes it a delivery."""
        lane, name = self._inbox_file(oldpath)
        new_name = await self._new_name(lane, newpath)
        if not is_partial(name):
            await self._rename_held(lane, name, new_name)
            return
        if name == new_name:
            return
        staging, account, crew = self._house.staging, self.visit.guest.account_id, self._house.crew
        if is_partial(new_name):
            await crew.disk(staging.move_partial, account, lane, name, new_name)
            return
        upload = await crew.disk(staging.open_partial, account, lane, name, keep=True, create=False)
        upload.of_dataset(self._house.backend.largest(self.visit.guest, new_name))
        try:
            await self._deliver(lane, new_name, upload)
            await crew.disk(staging.drop_held, upload)
        finally:
            upload.release()

    async def _new_name(self, lane: Lane, path: bytes) -> str:
        try:
            return self._inbox_file(path, lane)[1]
        except (BadPath, Refusal) as refusal:
            await self.visit.note_refused(self._house, refusal.code, last_name(path))
            raise

    async def _rename_held(self, lane: Lane, name: str, new_name: str) -> None:
        """A file held as 可能未傳完 that is given its final name is whole; what is received keeps its name."""
        entry = await self._tree.inbox_file(lane, name)
        confirm = self._house.backend.confirm
        if is_partial(new_name) or not await self._house.crew.ask(
            confirm, self.visit.guest, lane, name, new_name
        ):
            raise Refusal("already_received" if entry else "not_found")
        self._tree.forget(lane, name)
        if entry is not None:
            self._received(Entry(new_name, entry.size, entry.mtime), lane)

    @override
    async def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        await self.rename(oldpath, newpath)

    @override
    @answered
    async def remove(self, path: bytes) -> None:
        """Delete an own unfinished file; what is received stays."""
        lane, name = self._inbox_file(path)
        if not is_partial(name):
            raise Refusal("already_received" if await self._tree.inbox_file(lane, name) else "not_found")
        await self._house.crew.disk(self._house.staging.drop_partial, self.visit.guest.account_id, lane, name)

    @override
    @answered
    async def setstat(self, path: bytes, attrs: SFTPAttrs) -> None:
        lane, name = self._inbox_file(path)
        if await self._tree.inbox_file(lane, name) is None:
            raise Refusal("not_found")
        _refuse_owner(attrs)
        if attrs.size is not None:
            raise Refusal("size_refused")

    @override
    async def lsetstat(self, path: bytes, attrs: SFTPAttrs) -> None:
        await self.setstat(path, attrs)

    @override
    @answered
    async def fsetstat(self, file_obj: object, attrs: SFTPAttrs) -> None:
        writing = _writing(file_obj)
        _refuse_owner(attrs)
        if attrs.size is not None:
            await writing.stored()
            await self._house.crew.disk(writing.upload.cut, attrs.size)


def _writing(file_obj: object) -> Writing:
    if not isinstance(file_obj, Writing):
        raise Refusal("read_only")
    return file_obj


def _reading(file_obj: object) -> Reading:
    if not isinstance(file_obj, Reading):
        raise Refusal("write_only")
    return file_obj


def _refuse_owner(attrs: SFTPAttrs) -> None:
    if attrs.uid is not None or attrs.gid is not None or attrs.owner is not None or attrs.group is not None:
        raise Refusal("owner_refused")
