"""The gateway's process: listen, watch, and leave in order."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import asyncssh

from careward.gateway import keys
from careward.gateway.admission import Admission
from careward.gateway.backend import Backend
from careward.gateway.connection import Connection
from careward.gateway.doors import Doors
from careward.gateway.policy import Policy
from careward.gateway.protocol import Wire
from careward.gateway.proxy import Preamble
from careward.gateway.register import Register
from careward.gateway.staging import Staging
from careward.gateway.threads import Crew
from careward.gateway.visit import House
from careward.gateway.watching import watch
from careward.kernel.networks import Network
from careward.vendors.keys import SIGNATURES

log = logging.getLogger(__name__)

_KEEPALIVE_SECONDS: Final = 30
_BACKLOG: Final = 512


async def serve(
    backend: Backend,
    policy: Policy,
    host: str,
    port: int,
    home: Path,
    stop: asyncio.Event,
    ready: Callable[[int], None] = lambda port: None,
    *,
    balancers: Sequence[Network] = (),
) -> None:
    """Serve SFTP until ``stop`` is set, then let open uploads end for a short while.

    ``ready`` is called with the port once connections are taken (``port`` 0 chooses one). Several processes
    may serve one port. From ``balancers`` every connection must begin with a PROXY header. Raises OSError when
    the address can not be had.
    """
    asyncssh.set_log_level(logging.WARNING)  # its own lines carry user and file names
    crew = Crew()
    try:
        host_keys = await crew.disk(keys.host_keys, home)
        staging = await crew.disk(Staging, home, policy)
        house = House(backend, crew, policy, staging, Admission(backend, crew, policy))
        doors = await crew.disk(Doors, staging.doors)
        register = Register(policy, doors)
        listening = await _listen(house, register, host_keys, host, port, balancers)
        watching = asyncio.create_task(watch(house, register))
        taken = listening.sockets[0].getsockname()[1]
        log.info("ready", extra={"host": host, "port": taken})
        ready(taken)
        await stop.wait()
        listening.close()
        await _take_leave(register, policy)
        watching.cancel()
        await house.admission.close()
        await crew.disk(staging.close)
        doors.close()
    finally:
        crew.close()


async def _listen(
    house: House,
    register: Register,
    host_keys: list[asyncssh.SSHKeyPair],
    host: str,
    port: int,
    balancers: Sequence[Network],
) -> asyncio.Server:
    loop = asyncio.get_running_loop()
    options = await _options(house, register, host_keys)

    def connection() -> asyncio.Protocol:
        return Wire(loop, options)

    def greeted() -> asyncio.Protocol:
        return Preamble(balancers, connection)

    return await loop.create_server(
        greeted if balancers else connection, host, port, reuse_port=True, backlog=_BACKLOG
    )


async def _options(
    house: House, register: Register, host_keys: list[asyncssh.SSHKeyPair]
) -> asyncssh.SSHServerConnectionOptions:
    options = await asyncssh.SSHServerConnectionOptions.construct(
        server_factory=lambda: Connection(house, register),
        server_version="careward",
        server_host_keys=host_keys,
        send_server_host_keys=True,
        kex_algs=list(keys.KEX),
        encryption_algs=list(keys.CIPHERS),
        mac_algs=list(keys.MACS),
        signature_algs=list(SIGNATURES),
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
    assert isinstance(options, asyncssh.SSHServerConnectionOptions)
    return options


async def _take_leave(register: Register, policy: Policy) -> None:
    await _wait_while(lambda: register.uploading, policy.goodbye_time.total_seconds())
    register.end_all("closing")
    await _wait_while(lambda: not register.empty, 1.0)


async def _wait_while(condition: Callable[[], bool], seconds: float) -> None:
    until = time.monotonic() + seconds
    while condition() and time.monotonic() < until:  # noqa: ASYNC110 - many small changes, asked of the counts
        await asyncio.sleep(0.05)
