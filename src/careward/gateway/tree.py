"""What a client sees: ``/inbox``, ``/receipts``, ``/test/…``, ``/spec`` and ``/README.txt``; nothing else.

Source: issue "SFTP gateway", "What a client sees".
"""

import math
import stat
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import BinaryIO, Final

from asyncssh import SFTPAttrs, SFTPName

from careward.checking.naming import clean_name
from careward.gateway.backend import Entry, Lane
from careward.gateway.paths import Area, Place, is_partial
from careward.gateway.upload import Refusal
from careward.gateway.visit import House, Visit
from careward.kernel import clock
from careward.kernel.texts import text

_MOMENT: Final = 1.0
_MOST_NAMES: Final = 2_000
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Node:
    """One line of a listing; ``size`` in bytes."""

    name: str
    mtime: datetime
    size: int = 0
    folder: bool = False
    writable: bool = False

    def attrs(self) -> SFTPAttrs:
        """Describe it as SFTP does; the permissions are for the eye, the rules are elsewhere."""
        if self.folder:
            mode = stat.S_IFDIR | (0o755 if self.writable else 0o555)
        else:
            mode = stat.S_IFREG | (0o644 if self.writable else 0o444)
        moment = int(self.mtime.timestamp())
        return SFTPAttrs(size=self.size, uid=0, gid=0, permissions=mode, atime=moment, mtime=moment)

    def sftp_name(self) -> SFTPName:
        """Give it with a line as ``ls -l`` writes it."""
        attrs, at = self.attrs(), self.mtime.astimezone(clock.TAIPEI)
        mode = stat.filemode(attrs.permissions or 0)
        date = f"{_MONTHS[at.month - 1]} {at.day:2d}  {at.year}"
        line = f"{mode} 1 careward careward {self.size:10d} {date} {self.name}"
        return SFTPName(self.name.encode(), line.encode(), attrs)


class Tree:
    """The virtual tree of one visit."""

    def __init__(self, house: House, visit: Visit) -> None:
        self._house = house
        self._guest = visit.guest
        self._opened = clock.now()
        self._specification: Mapping[str, bytes] | None = None
        self._delivered: dict[tuple[Lane, str], Entry] = {}
        self._names: dict[Lane, tuple[float, frozenset[str] | None]] = {}

    def remember(self, lane: Lane, entry: Entry) -> None:
        """Keep a delivery of this visit in view.

        Many clients look at a file once more after closing it; by then it may be processed and gone.
        """
        self._delivered[lane, entry.name] = entry

    def forget(self, lane: Lane, name: str) -> None:
        """Drop a delivery of this visit from view: it has another name now."""
        self._delivered.pop((lane, name), None)

    async def inbox_file(self, lane: Lane, name: str) -> Entry | None:
        """Find an own file in an inbox: delivered in this visit, waiting, or unfinished."""
        if (delivered := self._delivered.get((lane, name))) is not None:
            return delivered
        crew, guest = self._house.crew, self._guest
        if is_partial(name):
            partials = await crew.disk(self._house.staging.partials, guest.account_id, lane)
            return next((entry for entry in partials if entry.name == name), None)
        return await crew.ask(self._house.backend.waiting_file, guest, lane, name)

    async def _seen_file(self, lane: Lane, name: str) -> Entry | None:
        """As :meth:`inbox_file` a moment ago: clients look for nearly every name before they send a file of it."""
        if (lane, name) in self._delivered or is_partial(name):
            return await self.inbox_file(lane, name)
        read, names = self._names.get(lane, (-math.inf, None))
        if time.monotonic() - read > _MOMENT:
            names = await self._house.crew.ask(
                self._house.backend.names_waiting, self._guest, lane, _MOST_NAMES
            )
            self._names[lane] = time.monotonic(), names
        if names is not None and clean_name(name) not in names:
            return None
        return await self.inbox_file(lane, name)

    async def _inbox(self, lane: Lane) -> Iterable[Entry]:
        crew, guest = self._house.crew, self._guest
        entries = {e.name: e for e in await crew.ask(self._house.backend.waiting, guest, lane)}
        for entry in await crew.disk(self._house.staging.partials, guest.account_id, lane):
            entries.setdefault(entry.name, entry)
        return entries.values()

    async def stat(self, place: Place) -> Node:
        """Describe a place. Raises :class:`Refusal` (not_found)."""
        if place.is_folder:
            return self._fixed_folder(place.area)
        match place.area:
            case Area.README:
                return self._file(place.area, text("gateway:readme").encode())
            case Area.SPEC:
                return await self._spec_node(place.inner)
            case Area.INBOX if place.lane:
                found = await self._seen_file(place.lane, place.inner[0])
            case _:
                found = next((e for e in await self._receipts(place) if e.name == place.inner[0]), None)
        if found is None:
            raise Refusal("not_found")
        return Node(found.name, found.mtime, found.size, writable=place.area is Area.INBOX)

    def _fixed_folder(self, name: str) -> Node:
        return Node(name, self._opened, folder=True, writable=name == Area.INBOX)

    def _file(self, name: str, content: bytes) -> Node:
        return Node(name, self._opened, len(content))

    async def _receipts(self, place: Place) -> Iterable[Entry]:
        if place.lane is None:
            raise Refusal("not_found")
        return await self._house.crew.ask(self._house.backend.receipts, self._guest, place.lane)

    async def children(self, place: Place) -> list[Node]:
        """List a folder, sorted by name. Raises :class:`Refusal` (not_found)."""
        match place:
            case Place(area=Area.SPEC):
                nodes = await self._spec_list(place.inner)
            case Place(area=Area.ROOT):
                nodes = self._root_list()
            case Place(area=Area.TEST):
                nodes = [self._fixed_folder(Area.INBOX), self._fixed_folder(Area.RECEIPTS)]
            case Place(area=Area.INBOX, lane=str() as lane, inner=()):
                nodes = [Node(e.name, e.mtime, e.size, writable=True) for e in await self._inbox(lane)]
            case Place(area=Area.RECEIPTS, inner=()):
                nodes = [Node(e.name, e.mtime, e.size) for e in await self._receipts(place)]
            case _:
                raise Refusal("not_found")
        return sorted(nodes, key=lambda node: node.name)

    def _root_list(self) -> list[Node]:
        nodes = [self._file(Area.README, text("gateway:readme").encode()), self._fixed_folder(Area.SPEC)]
        if "live" in self._guest.lanes:
            nodes += [self._fixed_folder(Area.INBOX), self._fixed_folder(Area.RECEIPTS)]
        if "test" in self._guest.lanes:
            nodes.append(self._fixed_folder(Area.TEST))
        return nodes

    async def content(self, place: Place) -> BinaryIO:
        """Open a file that may be read. Raises :class:`Refusal` (not_found, is_folder, write_only)."""
        if place.is_folder:
            raise Refusal("is_folder")
        if place.area is Area.INBOX:
            raise Refusal("write_only")
        content: BinaryIO | None
        match place.area, place.lane:
            case Area.README, _:
                content = BytesIO(text("gateway:readme").encode())
            case Area.SPEC, _:
                known = (await self._spec()).get("/".join(place.inner))
                content = BytesIO(known) if known is not None else None
            case _, str() as lane:
                receipt = self._house.backend.receipt
                content = await self._house.crew.ask(receipt, self._guest, lane, place.inner[0])
            case _:
                content = None
        if content is None:
            raise Refusal("not_found")
        return content

    async def _spec(self) -> Mapping[str, bytes]:
        if self._specification is None:
            self._specification = await self._house.crew.ask(self._house.backend.specification)
        return self._specification

    async def _spec_node(self, inner: tuple[str, ...]) -> Node:
        path, files = "/".join(inner), await self._spec()
        if path in files:
            return self._file(inner[-1], files[path])
        if any(name.startswith(f"{path}/") for name in files):
            return self._fixed_folder(inner[-1])
        raise Refusal("not_found")

    async def _spec_list(self, inner: tuple[str, ...]) -> list[Node]:
        prefix, files = "".join(f"{name}/" for name in inner), await self._spec()
        heads = {name.removeprefix(prefix).partition("/")[0] for name in files if name.startswith(prefix)}
        if inner and not heads:
            raise Refusal("not_found")
        return [await self._spec_node((*inner, head)) for head in heads]
