"""Clients that upload while parts of the platform are killed, and what they were told."""

import asyncio
import contextlib
import hashlib
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import asyncssh
from asyncssh.constants import FXP_CLOSE
from asyncssh.packet import String


@dataclass
class Told:
    """One file as its sender remembers it; ``acknowledged`` once a close or rename was answered well.

    ``acknowledged_at`` (monotonic seconds) and ``how``, the way and the port it was sent from, tell where to look
    when it is lost.
    """

    name: str
    sha256: str
    attempts: int = 0
    acknowledged: bool = False
    acknowledged_at: float = 0.0
    how: str = ""


@dataclass
class Storm:
    """Uploads files one after the other with some clients at once, each until it is acknowledged.

    ``contents`` gives the bytes of the next file; ``over`` says when no new file is begun. Raises TimeoutError when
    a file is not acknowledged within ``seconds`` of all.
    """

    port: int
    username: str
    key: str
    contents: Iterator[bytes]
    over: Callable[[], bool]
    seconds: float
    prefix: str = "staff-11501"
    history: list[Told] = field(default_factory=list)

    def run(self, clients: int) -> None:
        """Come back when every begun file was acknowledged."""
        asyncio.run(self._run(clients))

    async def _run(self, clients: int) -> None:
        async with asyncio.timeout(self.seconds), asyncio.TaskGroup() as group:
            for number in range(clients):
                group.create_task(self._client(random.Random(number)))

    async def _client(self, chance: random.Random) -> None:
        while not self.over():
            content = next(self.contents)
            told = Told(f"{self.prefix}-{len(self.history)}.csv", hashlib.sha256(content).hexdigest())
            self.history.append(told)
            by_rename = chance.random() < 0.5
            while not told.acknowledged:
                told.attempts += 1
                try:
                    async with asyncio.timeout(20):
                        await self._upload(told, content, by_rename=by_rename)
                except (OSError, asyncssh.Error, TimeoutError):
                    await asyncio.sleep(0.05)

    async def _upload(self, told: Told, content: bytes, *, by_rename: bool) -> None:
        options: dict[str, Any] = {
            "username": self.username, "client_keys": [self.key], "known_hosts": None, "config": None,
            "agent_path": None, "login_timeout": 10,
        }  # fmt: skip
        connection = await asyncssh.connect("127.0.0.1", self.port, **options)
        try:
            sftp = await connection.start_sftp_client()
            name = f"/inbox/{told.name}"
            first = f"{name}.part" if by_rename else name
            file = await sftp.open(first, "wb")
            await file.write(content)
            # asyncssh's own close() returns without a word when the connection is gone before it is asked: no answer.
            await sftp._handler._make_request(FXP_CLOSE, String(file.handle))
            if by_rename:
                await sftp.posix_rename(first, name)
            # What counts is the answer: whatever goes wrong from here on, the sender has heard that all is well.
            told.acknowledged, told.acknowledged_at = True, time.monotonic()
            told.how = f"{'renamed' if by_rename else 'closed'} from {connection.get_extra_info('sockname')}"
        finally:
            with contextlib.suppress(Exception):
                connection.abort()
