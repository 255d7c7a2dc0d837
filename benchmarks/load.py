"""A small load client: connections kept open, cookies kept, bounded in number and time, loopback only."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode

_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_COOKIE: Final = re.compile(rb"\r\nset-cookie: *([^=;]+)=([^;\r]*)", re.IGNORECASE)
_LOCATION: Final = re.compile(rb"\r\nlocation: *([^\r]+)", re.IGNORECASE)
ANSWER_WITHIN: Final = 20.0


class Failed(Exception):
    """An answer that is not the expected one."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    location: str
    body: bytes


@dataclass
class Tally:
    """What a load did: seconds of every answered request, failures by what was wrong, finished rounds."""

    spent: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    finished: int = 0

    def p99(self) -> float:
        """Seconds within which 99 of 100 requests were answered."""
        return sorted(self.spent)[int(len(self.spent) * 0.99)] if self.spent else float("inf")


class Client:
    """One visitor with a connection, cookies and a loopback address of their own."""

    def __init__(self, number: int, port: int, tally: Tally) -> None:
        self.number, self.port, self.tally = number, port, tally
        self.cookies: dict[bytes, bytes] = {}
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self, path: str, status: int = 200) -> Answer:
        """Ask for a page. Raises Failed when the answer's status is another."""
        return await self._ask("GET", path, b"", status)

    async def post(self, path: str, answers: Mapping[str, str], status: int = 302) -> Answer:
        """Send a form. Raises as ``get`` does."""
        return await self._ask("POST", path, urlencode(answers).encode(), status)

    async def close(self) -> None:
        """Hang up."""
        if self._streams:
            self._streams[1].close()
            self._streams = None

    async def _ask(self, method: str, path: str, body: bytes, status: int) -> Answer:
        begun = time.perf_counter()
        async with asyncio.timeout(ANSWER_WITHIN):
            answer = await self._answer(method, path, body)
        self.tally.spent.append(time.perf_counter() - begun)
        if answer.status != status:
            raise Failed(f"{method} {path}: {answer.status}, not {status}")
        return answer

    async def _answer(self, method: str, path: str, body: bytes) -> Answer:
        if self._streams is None:
            source = (f"127.0.1.{self.number + 1}", 0)
            self._streams = await asyncio.open_connection("127.0.0.1", self.port, local_addr=source)
        reader, writer = self._streams
        cookies = b"; ".join(name + b"=" + value for name, value in self.cookies.items())
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nContent-Length: {len(body)}\r\n"
        kind = b"Content-Type: application/x-www-form-urlencoded\r\n" if body else b""
        writer.write(head.encode() + kind + b"Cookie: " + cookies + b"\r\n\r\n" + body)
        got = await reader.readuntil(b"\r\n\r\n")
        length, location = _LENGTH.search(got), _LOCATION.search(got)
        content = await reader.readexactly(int(length[1])) if length else b""
        self.cookies.update(_COOKIE.findall(got))
        return Answer(int(got[9:12]), location[1].decode() if location else "", content)


Round = Callable[[Client], Awaitable[None]]


async def _visit(client: Client, round_: Round, until: float) -> None:
    while time.perf_counter() < until:
        try:
            await round_(client)
            client.tally.finished += 1
        except (Failed, OSError, TimeoutError, asyncio.IncompleteReadError) as fault:
            client.tally.failures.append(f"{type(fault).__name__}: {fault}")
            await client.close()


def load(port: int, round_: Round, *, clients: int, seconds: float) -> tuple[float, Tally]:
    """Let the clients repeat a round for some seconds; gives requests per second and the tally.

    A round once begun is finished, and the time counts until the last one ends.
    """
    tally = Tally()

    async def all_of_them() -> None:
        visitors = [Client(number, port, tally) for number in range(clients)]
        until = time.perf_counter() + seconds
        await asyncio.gather(*(_visit(visitor, round_, until) for visitor in visitors))
        for visitor in visitors:
            await visitor.close()

    begun = time.perf_counter()
    asyncio.run(all_of_them())
    return len(tally.spent) / (time.perf_counter() - begun), tally
