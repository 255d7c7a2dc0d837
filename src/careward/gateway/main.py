"""``careward sftp``: the gateway as a process of its own."""

import asyncio
import os
import signal
from ipaddress import ip_network
from pathlib import Path

from django.conf import settings

from careward import rulebook
from careward.gateway import metrics
from careward.gateway.django_backend import DjangoBackend
from careward.gateway.policy import Policy
from careward.gateway.server import serve


def main() -> None:
    """Serve until SIGTERM or SIGINT, then return.

    Listens on ``CAREWARD_SFTP_LISTEN`` (an address; by default this machine alone) at ``settings.SFTP_PORT``.
    Django must be set up. Raises OSError when the address can not be had.
    """
    backend = DjangoBackend()
    try:
        asyncio.run(_serve(backend, os.environ.get("CAREWARD_SFTP_LISTEN", "127.0.0.1")))
    finally:
        backend.close()  # not within the event loop, where Django refuses it


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
