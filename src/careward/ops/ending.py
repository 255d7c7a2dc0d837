"""A worker that ends once it has begun to: one that neither fetches jobs nor ends keeps all that waits waiting."""

import logging
import os
from asyncio import Task
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Timer
from typing import Any, Final

from procrastinate.worker import Worker
from typing_extensions import override

log = logging.getLogger(__name__)

WITHIN_SECONDS: Final = 90.0
"""Twenty for the jobs in hand, thirty for a database that is away, and room [decided]."""
CUT_SHORT: Final = 70
"""Exit code of a process that was cut short."""


class Deadline:
    """Once begun, ends this process after so many seconds as if it were killed: the next one does its jobs."""

    def __init__(self, seconds: float = WITHIN_SECONDS) -> None:
        self._timer = Timer(seconds, _cut_short, [seconds])
        self._timer.daemon = True

    def begin(self) -> None:
        """Count from now."""
        self._timer.start()

    @contextmanager
    def called_off(self) -> Iterator[None]:
        """The process may go on after the block."""
        try:
            yield
        finally:
            self._timer.cancel()


class Ending(Worker):
    """procrastinate's worker, whose end has a deadline.

    At its end it cancels what it does beside its jobs, once, and waits. What waits for a connection may not hear of
    that (see :func:`careward.ops.worker._every`) and goes on for ever, its heartbeat among it, so that nobody else
    takes up its jobs.
    """

    def __init__(self, deadline: Deadline, **options: Any) -> None:
        super().__init__(**options)
        self._deadline = deadline

    @override
    async def _shutdown(self, side_tasks: list[Task[Any]]) -> None:
        self._deadline.begin()
        await super()._shutdown(side_tasks)


def _cut_short(seconds: float) -> None:
    log.critical("the worker did not end within %g s and is cut short", seconds)
    os._exit(CUT_SHORT)
