"""Figures of one gateway process for Prometheus, on a port of the machine itself and nowhere else."""

import logging
from typing import Final

from prometheus_client import Counter, Gauge, Histogram, start_http_server

log = logging.getLogger(__name__)

_PROCESSES: Final = 16
"""As many gateways of one machine find a port of their own, counting up from the one that is set."""

ATTEMPTS: Final = Counter("careward_sftp_attempts", "What happened to connections", ("step", "outcome"))
BYTES: Final = Counter(
    "careward_sftp_bytes", "Bytes of files, in: from clients, out: to them", ("direction",)
)
CONNECTIONS: Final = Gauge("careward_sftp_connections", "Connections now open, signed in or not")
REFUSED: Final = Counter(
    "careward_sftp_connections_refused", "Connections refused because there were too many"
)
SESSIONS: Final = Counter("careward_sftp_sessions", "Signed-in connections that ended")
RECEIVING: Final = Histogram("careward_sftp_receiving_seconds", "From a file's close to its commit")
FAULTS: Final = Counter("careward_sftp_faults", "Requests that failed by a fault of ours")


def serve(port: int) -> int:
    """Answer at the first free port from this one on, loopback only; gives it. Raises OSError for none."""
    for number in range(port, port + _PROCESSES):
        try:
            start_http_server(number, addr="127.0.0.1")
        except OSError:
            if number == port + _PROCESSES - 1:
                raise
        else:
            log.info("metrics at 127.0.0.1:%d", number)
            return number
    raise OSError("no port for metrics")
