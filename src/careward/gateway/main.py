"""``careward sftp``: the gateway as a process of its own."""

import asyncio
import logging
import os
import signal
import threading
from ipaddress import ip_network
from pathlib import Path

from django.conf import settings
from django.db import connection

from careward import rulebook
from careward.gateway import metrics
from careward.gateway.django_backend import DjangoBackend
from careward.gateway.policy import Policy
from careward.gateway.server import serve

log = logging.getLogger(__name__)


def main() -> None:
    """Serve until SIGTERM or SIGINT, then return.

    Listens on ``CAREWARD_SFTP_LISTEN`` (an address; by default this machine alone) at ``settings.SFTP_PORT``.
    Django must be set up. Raises OSError when the address can not be had.
    """
    backend = DjangoBackend()
    threading.Thread(target=_prepare, args=(backend,), name="sftp-spec", daemon=True).start()
    try:
        asyncio.run(_serve(backend, os.environ.get("CAREWARD_SFTP_LISTEN", "127.0.0.1")))
    finally:
        backend.close()  # not within the event loop, where Django refuses it


def _prepare(backend: DjangoBackend) -> None:
    """Have ``/spec`` ready before the first look into it: making it takes seconds. Who looks earlier waits for it."""
    try:
        backend.specification()
    except Exception:  # whatever it is: the first look tries again
        log.exception("the files of the specification could not be made yet")
    connection.close()


async def _serve(backend: DjangoBackend, host: str) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    if port := os.environ.get("CAREWARD_SFTP_METRICS_PORT"):
        metrics.serve(int(port))
    policy = Policy.from_rules(rulebook.current().policies)
    await serve(
        backend,
        policy,
        host,
        settings.SFTP_PORT,
        Path(settings.HOME),
        stop,
        balancers=[ip_network(entry) for entry in settings.SFTP_BALANCERS],
    )
