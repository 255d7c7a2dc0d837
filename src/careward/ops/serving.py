"""How pages are served: what granian is told, by the platform and by the bench's bare view alike."""

import resource
import sys
from typing import Final

WORKERS: Final = 2
THREADS: Final = 4
"""Per worker; each keeps one connection to the database."""

CONNECTIONS: Final = 2048
"""Open connections a worker takes at the same time. granian's ``--backpressure`` counts connections, not requests:
a browser that is reading its page holds one until it has said nothing for half a minute, and so does whoever sends a
request slowly. With 64, the 129th visitor waited until one of the others had gone [decided]."""

OWN_FILES: Final = 256
"""Files a worker needs besides: its database connections, what it reads and serves."""


def command(host: str, port: int, application: str) -> list[str]:
    """Make the command that serves the application; lets this process open as many files as that needs."""
    words = ["--interface", "wsgi", "--host", host, "--port", str(port), "--workers", str(WORKERS)]
    words += ["--blocking-threads", str(THREADS), "--backpressure", str(connections(open_files()))]
    words += ["--no-ws", "--log-level", "warning", "--respawn-failed-workers", "--workers-kill-timeout", "10"]
    return [sys.executable, "-m", "granian", *words, application]


def connections(files: int) -> int:
    """How many connections a worker may take that may open so many files; at least one."""
    return max(1, min(CONNECTIONS, files - OWN_FILES))


def open_files() -> int:
    """Allow this process, and what it becomes, the open files it needs as far as the machine permits; tell how many."""
    soft, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS + OWN_FILES
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return wanted
    allowed = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, most))
    return allowed
