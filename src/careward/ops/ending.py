"""A worker that ends once it has begun to: one that neither fetches jobs nor ends keeps all that waits waiting."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Timer
from typing import Any, Final

from procrastinate.worker import Worker
from typing_extensions import override

log = logging.getLogger(__name__)

WITHIN_SECONDS: Final = 90.0
"""Twenty for the jobs in hand, thirty for each word to a database that is away [decided]."""
CUT_SHORT: Final = 70
"""Exit code of a process that was cut short."""


class Deadline:
    """Once begun, ends this process after so many seconds as if it were killed: the next one does its jobs."""

    def __init__(self, seconds: float = WITHIN_SECONDS) -> None:
        self._timer = Timer(seconds, _cut_short, [seconds])
        self._timer.daemon = True
        self._begun = False

    def begin(self) -> None:
        """Count from now, or from when it was first begun."""
        if not self._begun:
            self._begun = True
            self._timer.start()

    @contextmanager
    def called_off(self) -> Iterator[None]:
        """The process may go on after the block."""
        try:
            yield
        finally:
            self._timer.cancel()


class Ending(Worker):
    """procrastinate's worker, whose end has a deadline from the moment it is asked to.

    A task that waits for a connection may not hear that it is cancelled (see :func:`careward.ops.worker._every`). The
    library gives up such a one after a while, and asyncio waits for it when the loop is closed, for ever.
    """

    def __init__(self, deadline: Deadline, **options: Any) -> None:
        super().__init__(**options)
        self._deadline = deadline

    @override
    def stop(self) -> None:
        self._deadline.begin()
        super().stop()  # type: ignore[no-untyped-call]

    @override
    async def _persist_job_status(self, *facts: Any, **more: Any) -> None:
        """End when it cannot be said what became of a job, or that would be in hand, with its lock, as long as we live.

        Once we are gone it is done again; every job is idempotent.
        """
        try:
            await super()._persist_job_status(*facts, **more)
        except Exception:
            log.exception(
                "a job's end could not be written; the worker ends, and the next one does the job again"
            )
            self.stop()
            raise


def _cut_short(seconds: float) -> None:
    log.critical("the worker did not end within %g s and is cut short", seconds)
    os._exit(CUT_SHORT)
