"""A rest of the house that fits in memory: the seam for the server's own behaviour."""

import asyncio
import hashlib
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from ipaddress import ip_network
from pathlib import Path
from typing import BinaryIO

from argon2 import PasswordHasher

from careward.gateway.backend import (
    Attempt,
    DeliveryRefused,
    Entry,
    Failures,
    Guest,
    Lane,
    Largest,
    Outcome,
    Usage,
)
from careward.kernel import clock
from careward.store.objects import Arriving, Stored

PASSWORD = "right horse battery staple"
HASH = PasswordHasher(time_cost=1, memory_cost=8192).hash(PASSWORD)
FAILED = {Outcome.PASSWORD_WRONG, Outcome.ACCOUNT_UNKNOWN}


def guest(username: str = "h115001", **changed: object) -> Guest:
    facts: dict[str, object] = {
        "account_id": f"id-of-{username}",
        "username": username,
        "institution_code": "1234567890",
        "lanes": ("live", "test"),
        "networks": (ip_network("127.0.0.1/32"),),
        "password_hash": HASH,
        "keys": (),
        "open_from": clock.taipei(2025, 12, 22),
        "open_until": None,
    }
    return Guest(**(facts | changed))  # type: ignore[arg-type]


@dataclass
class Delivery:
    account_id: str
    lane: Lane
    name: str
    content: bytes
    sha256: str
    at: datetime
    waiting: bool = True
    held: bool = False


class MemoryArriving:
    """An object in memory."""

    key = "in memory"

    def __init__(self) -> None:
        self._content = bytearray()
        self.abandoned = False

    @property
    def size(self) -> int:
        return len(self._content)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self._content).hexdigest()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self.abandoned
        self._content += data

    def content(self) -> Iterator[bytes]:
        yield bytes(self._content)

    def finish(self, beside: Executor | None = None) -> Stored:
        assert not self.abandoned
        return Stored(self.key, self.sha256, self.size)

    def abandon(self) -> None:
        self.abandoned = True


@dataclass
class MemoryBackend:
    guests: dict[str, Guest] = field(default_factory=dict)
    attempts: list[Attempt] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    begun: list[MemoryArriving] = field(default_factory=list)
    unwelcome: set[str] = field(default_factory=set)
    receipt_files: dict[tuple[Lane, str], bytes] = field(default_factory=dict)
    before_commit: Callable[[str], None] = lambda name: None
    away: bool = False
    largest_files: dict[str, Largest] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, *guests: Guest) -> None:
        self.guests.update({g.username: g for g in guests})

    def guest(self, username: str) -> Guest | None:
        self._reachable()
        return self.guests.get(username)

    def attempt(self, attempt: Attempt) -> None:
        self._reachable()
        with self._lock:
            self.attempts.append(attempt)

    def attempts_of_accounts(self, attempts: Sequence[Attempt]) -> None:
        for attempt in attempts:
            self.attempt(attempt)

    def failures(self, username: str, source: str, since: datetime) -> Failures:
        self._reachable()
        with self._lock:
            recent = [a for a in self.attempts if a.at > since and a.source == source]
        of_pair: list[datetime] = []
        for attempt in recent:
            if attempt.username != username:
                continue
            if attempt.outcome is Outcome.SIGNED_IN:
                of_pair.clear()
            elif attempt.outcome in FAILED:
                of_pair.append(attempt.at)
        return Failures(tuple(of_pair), tuple(a.at for a in recent if a.outcome in FAILED))

    def still_welcome(self, guests: Collection[Guest]) -> frozenset[Guest]:
        self._reachable()
        return frozenset(guest for guest in guests if guest.account_id not in self.unwelcome)

    async def listen(self, changed: Callable[[], None]) -> None:
        while True:
            changed()
            await asyncio.sleep(0.05)

    def usage(self, guest: Guest, since: datetime) -> Usage:
        sent = [d for d in self.deliveries if d.account_id == guest.account_id and d.at >= since]
        return Usage(len(sent), sum(len(d.content) for d in sent))

    def largest(self, guest: Guest, name: str) -> Largest | None:
        return self.largest_files.get(name)

    def begin(self) -> Arriving:
        self.begun.append(MemoryArriving())
        return self.begun[-1]

    def coming(self) -> int:
        """Bytes of all uploads that are on their way."""
        return sum(one.size for one in self.begun if not one.abandoned)

    def receive(self, guest: Guest, lane: Lane, name: str, arrived: Arriving, *, perhaps_cut: bool) -> str:
        self._reachable()
        self.before_commit(name)
        content = b"".join(arrived.content())
        arrived.finish()
        if name == "refused.csv":
            raise DeliveryRefused("not_your_dataset", "這不是您的資料。")
        with self._lock:
            self.deliveries.append(
                Delivery(guest.account_id, lane, name, content, arrived.sha256, clock.now(), held=perhaps_cut)
            )
            return f"T{len(self.deliveries)}"

    def confirm(self, guest: Guest, lane: Lane, name: str, new_name: str) -> bool:
        for d in self.deliveries:
            if d.held and (d.account_id, d.lane, d.name) == (guest.account_id, lane, name):
                d.held, d.name = False, new_name
                return True
        return False

    def waiting(self, guest: Guest, lane: Lane) -> Sequence[Entry]:
        self._reachable()
        return [
            Entry(d.name, len(d.content), d.at)
            for d in self.deliveries
            if d.waiting and (d.account_id, d.lane) == (guest.account_id, lane)
        ]

    def names_waiting(self, guest: Guest, lane: Lane, most: int) -> frozenset[str] | None:
        names = frozenset(entry.name for entry in self.waiting(guest, lane))
        return names if len(names) <= most else None

    def waiting_file(self, guest: Guest, lane: Lane, name: str) -> Entry | None:
        return next((e for e in reversed(self.waiting(guest, lane)) if e.name == name), None)

    def copy_waiting(self, guest: Guest, lane: Lane, name: str, path: Path) -> bool:
        self._reachable()
        for d in reversed(self.deliveries):
            if d.waiting and (d.account_id, d.lane, d.name) == (guest.account_id, lane, name):
                path.write_bytes(d.content)
                return True
        return False

    def receipts(self, guest: Guest, lane: Lane) -> Sequence[Entry]:
        return [
            Entry(name, len(content), clock.taipei(2026, 1, 5, 9))
            for (of, name), content in self.receipt_files.items()
            if of == lane
        ]

    def receipt(self, guest: Guest, lane: Lane, name: str) -> BinaryIO | None:
        content = self.receipt_files.get((lane, name))
        return None if content is None else BytesIO(content)

    def specification(self) -> Mapping[str, bytes]:
        return {"1.0/staff.yaml": b"dataset: staff\n", "1.0/samples/staff.csv": b"a,b\n"}

    def outcomes(self) -> list[Outcome]:
        with self._lock:
            return [a.outcome for a in self.attempts]

    def _reachable(self) -> None:
        if self.away:
            raise ConnectionError("the database is away")
