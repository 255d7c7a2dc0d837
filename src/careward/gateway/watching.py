"""Who must leave: told by the database when an account changes, and looked at by the clock."""

import asyncio
import logging
import time
from contextlib import suppress
from typing import Final

from careward.gateway.register import Register
from careward.gateway.visit import House

log = logging.getLogger(__name__)

_SWEEP_SECONDS: Final = 600.0
_RECHECK_SECONDS: Final = 30.0
"""All rights are read anew this often even when nothing was heard: a notice may be lost with its connection."""
_AGAIN_SECONDS: Final = 0.5


async def watch(house: House, register: Register) -> None:
    """Run until cancelled: end connections that have lost their right within a second or so, and the idle ones."""
    changed = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_hear(house, changed))
        tasks.create_task(_look(house, register, changed))
        tasks.create_task(_sweep(house))


async def _hear(house: House, changed: asyncio.Event) -> None:
    while True:
        try:
            await house.backend.listen(changed.set)
        except Exception:
            # LISTEN ends with the database, in many ways; whatever was missed is looked for after it is back.
            log.exception("changes of accounts are not heard for now")
        await asyncio.sleep(_AGAIN_SECONDS)


async def _look(house: House, register: Register, changed: asyncio.Event) -> None:
    looked = 0.0
    while True:
        with suppress(TimeoutError):
            async with asyncio.timeout(house.policy.welcome_interval.total_seconds()):
                await changed.wait()
        try:
            register.end_idle()
            register.end_expired()
            if not changed.is_set() and time.monotonic() - looked < _RECHECK_SECONDS:
                continue
            changed.clear()
            async with asyncio.timeout(_RECHECK_SECONDS):
                await register.end_unwelcome(house)
            looked = time.monotonic()
        except Exception:
            # Mostly the database is away: nobody new gets in, nothing is received, the rest stays. Whatever it is, it
            # must not end the looking: a suspension would cut nobody off any more.
            log.exception("connections could not be checked")
            await asyncio.sleep(_AGAIN_SECONDS)
            looked = 0.0


async def _sweep(house: House) -> None:
    """Now and then remove forgotten ``.part`` files."""
    while True:
        await asyncio.sleep(_SWEEP_SECONDS)
        try:
            await house.crew.disk(house.staging.sweep_partials)
        except Exception:  # whatever it is: nothing of this may end the looking beside it
            log.exception("forgotten uploads could not be removed")
