"""The gateway's process: listen, watch, and leave in order."""

import asyncio
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import asyncssh

from careward.gateway import keys
from careward.gateway.admission import Admission
from careward.gateway.backend import Backend
from careward.gateway.connection import Connection
from careward.gateway.policy import Policy
from careward.gateway.register import Register
from careward.gateway.staging import Staging
from careward.gateway.threads import Crew
from careward.gateway.visit import House

log = logging.getLogger(__name__)

_KEEPALIVE_SECONDS: Final = 30
_SWEEP_SECONDS: Final = 600


async def serve(
    backend: Backend,
    policy: Policy,
    host: str,
    port: int,
    home: Path,
    stop: asyncio.Event,
    ready: Callable[[int], None] = lambda port: None,
) -> None:
    """Serve SFTP until ``stop`` is set, then let open uploads end for a short while.

    ``ready`` is called with the port once connections are taken (``port`` 0 chooses one). Several processes
    may serve one port. Raises OSError when the address can not be had.
    """
    asyncssh.set_log_level(logging.WARNING)  # its own lines carry user and file names
    crew = Crew()
    try:
        host_keys = await crew.disk(keys.host_keys, home)
        staging = await crew.disk(Staging, home, policy)
        house = House(backend, crew, policy, staging, Admission(backend, crew, policy))
        register = Register(policy)
        acceptor = await _listen(house, register, host_keys, host, port)
        watching = asyncio.create_task(_watch(house, register))
        log.info("ready", extra={"host": host, "port": acceptor.get_port()})
        ready(acceptor.get_port())
        await stop.wait()
        acceptor.close()
        await _take_leave(register, policy)
        watching.cancel()
        await crew.disk(staging.close)
    finally:
        crew.close()


async def _listen(
    house: House, register: Register, host_keys: list[asyncssh.SSHKeyPair], host: str, port: int
) -> asyncssh.SSHAcceptor:
    return await asyncssh.listen(
        host,
        port,
        reuse_port=True,
        server_factory=lambda: Connection(house, register),
        server_version="careward",
        server_host_keys=host_keys,
        send_server_host_keys=True,
        kex_algs=list(keys.KEX),
        encryption_algs=list(keys.CIPHERS),
        mac_algs=list(keys.MACS),
        signature_algs=list(keys.CLIENT_SIGNATURES),
        compression_algs=None,
        config=None,
        gss_host=None,
        kbdint_auth=False,
        host_based_auth=False,
        x509_trusted_certs=None,
        allow_pty=False,
        line_editor=False,
        agent_forwarding=False,
        x11_forwarding=False,
        login_timeout=house.policy.login_time.total_seconds(),
        keepalive_interval=_KEEPALIVE_SECONDS,
    )


async def _watch(house: House, register: Register) -> None:
    """Once a second: end what must end; now and then: sweep forgotten ``.part`` files."""
    swept = time.monotonic()
    while True:
        await asyncio.sleep(house.policy.welcome_interval.total_seconds())
        register.end_idle()
        try:
            await register.end_unwelcome(house)
            if time.monotonic() - swept > _SWEEP_SECONDS:
                swept = time.monotonic()
                await house.crew.disk(house.staging.sweep_partials)
        except Exception:
            # The database may be away for a while: nobody new gets in, nothing is received, the rest stays.
            log.exception("connections could not be checked")


async def _take_leave(register: Register, policy: Policy) -> None:
    await _wait_while(lambda: register.uploading, policy.goodbye_time.total_seconds())
    register.end_all("closing")
    await _wait_while(lambda: not register.empty, 1.0)


async def _wait_while(condition: Callable[[], bool], seconds: float) -> None:
    until = time.monotonic() + seconds
    while condition() and time.monotonic() < until:  # noqa: ASYNC110 - many small changes, asked of the counts
        await asyncio.sleep(0.05)
