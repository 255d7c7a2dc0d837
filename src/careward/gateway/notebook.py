"""Lines of 連線自我檢測 that nobody waits for: written many at a time, a moment later.

What the failure defence counts, and who came in, is written before it is answered (:meth:`Admission.note`). That a
file was received its row says already; the line beside it must not cost the sender another wait.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from careward.gateway.backend import Attempt, Backend
from careward.gateway.threads import Crew

log = logging.getLogger(__name__)

_MOMENT: Final = 0.2
_AT_ONCE: Final = 200
_AGAIN_SECONDS: Final = 2.0
_MOST: Final = 5_000
"""Lines kept while the database is away; the oldest go first."""


class Notebook:
    """The lines of one process that are still to be written; each is ``told`` once it is."""

    def __init__(self, backend: Backend, crew: Crew, told: Callable[[Attempt], None]) -> None:
        self._backend, self._crew, self._told = backend, crew, told
        self._lines: deque[Attempt] = deque(maxlen=_MOST)
        self._writing: asyncio.Task[None] | None = None

    def add(self, line: Attempt) -> None:
        """Have a line of an account written soon."""
        self._lines.append(line)
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_soon())

    async def _write_soon(self) -> None:
        while self._lines:
            await asyncio.sleep(_MOMENT)
            await self._write()

    async def _write(self) -> None:
        lines = [self._lines.popleft() for _ in range(min(_AT_ONCE, len(self._lines)))]
        try:
            await self._crew.ask(self._keep, lines)
        except Exception:
            # Mostly the database is away; nobody waits for these lines, and none may be what ends the gateway.
            log.exception("%d lines of connections could not be written yet", len(lines))
            self._lines.extendleft(reversed(lines))
            await asyncio.sleep(_AGAIN_SECONDS)

    def _keep(self, lines: Sequence[Attempt]) -> None:
        self._backend.attempts_of_accounts(lines)
        for line in lines:
            self._told(line)

    async def close(self) -> None:
        """Write what is left, once; what then fails is lost."""
        if self._writing is not None:
            self._writing.cancel()
        while self._lines:
            before = len(self._lines)
            await self._write()
            if len(self._lines) == before:
                return
