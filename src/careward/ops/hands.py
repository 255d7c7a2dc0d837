"""More processes for the worker's jobs, one per core: checks are CPU bound, and Python threads share one core.

The first process keeps house – sweeping, sealing, posting – and does jobs too; the others only do jobs. Each of them
ends when the first does, however that ends: it reads a pipe that nobody writes to.
"""

import asyncio
import contextlib
import logging
import os
import signal
import sys
import threading
from collections.abc import Mapping
from typing import Final

log = logging.getLogger(__name__)

VARIABLE: Final = "CAREWARD_WORKER_PROCESSES"
MOST: Final = 16
_AGAIN_AFTER_SECONDS: Final = 2.0


class NotANumber(ValueError):
    """The environment says something else than 1 … 16."""


def processes(environ: Mapping[str, str] = os.environ) -> int:
    """How many processes do jobs: what the environment says, else one for each core. Raises NotANumber."""
    said = environ.get(VARIABLE, "")
    if not said:
        return min(len(os.sched_getaffinity(0)), MOST)
    if not said.isdecimal() or not 1 <= int(said) <= MOST:
        raise NotANumber(f"{VARIABLE} is {said!r}; expected a number from 1 to {MOST}")
    return int(said)


async def keep(count: int) -> None:
    """Run so many further processes until cancelled; one that falls is started again."""
    await asyncio.gather(*(_keep_one() for _ in range(count)))


async def _keep_one() -> None:
    while True:
        try:
            await _have_one()
            log.warning("a worker's hand ended unexpectedly and is started again")
        except Exception:  # no room for another process, say
            log.exception("a worker's hand could not be started, which is tried again")
        await asyncio.sleep(_AGAIN_AFTER_SECONDS)


async def _have_one() -> None:
    """Start one and come back when it has ended; it is asked to end when this is cancelled."""
    hand = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "careward", "worker", "--hand", stdin=asyncio.subprocess.PIPE
    )
    try:
        await hand.wait()
    except asyncio.CancelledError:
        with contextlib.suppress(ProcessLookupError):
            hand.terminate()
        await hand.wait()
        raise


def end_with_parent() -> None:
    """End this process as by SIGTERM once its standard input does."""
    threading.Thread(target=_wait_for_end, name="parent", daemon=True).start()


def _wait_for_end() -> None:
    while os.read(sys.stdin.fileno(), 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
