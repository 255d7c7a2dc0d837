"""Processes that use an embedded cluster, and what is seen of its server from outside."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Self

SOURCE = Path(__file__).parents[2] / "src"

USER = """
import signal
import sys
from pathlib import Path
from careward.store import embedded
# A shell's background job, and what it starts, ignores it.
signal.signal(signal.SIGINT, signal.default_int_handler)
embedded.start(Path(sys.argv[1])).hold()
print("held", flush=True)
sys.stdin.read()
"""


class User:
    """A process of its own that holds the cluster of a home until it is told or made to end."""

    def __init__(self, home: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", USER, str(home)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(SOURCE)},
            start_new_session=True,
        )

    def ready(self) -> Self:
        assert self.process.stdout
        assert self.process.stdout.readline() == "held\n"
        return self

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        """Send the signal to the whole group, as a terminal does."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)
        self.process.wait(60)

    def close(self) -> None:
        self.kill()
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.close()
        self.process.stdout.close()


def postmaster(home: Path) -> int:
    """Process number in postmaster.pid, 0 when there is none."""
    try:
        return int((home / "database" / "data" / "postmaster.pid").read_text().split("\n", 1)[0])
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return 0


def keeper(home: Path) -> int:
    """Process number of the latest keeper."""
    return int(re.findall(r"keeper (\d+): ", (home / "keeper" / "keeper.log").read_text())[-1])


def running(pid: int) -> bool:
    """Whether the process is there and not merely waiting to be buried."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def stopped(home: Path) -> bool:
    """Whether neither server nor keeper is there any more, nor ever was."""
    log = home / "keeper" / "keeper.log"
    return postmaster(home) == 0 and not (log.is_file() and running(keeper(home)))


def make_home(parent: Path) -> Path:
    """A folder the server's account can reach: pytest's own temporary ones are 0700, root's under root."""
    top = Path(tempfile.mkdtemp(prefix="careward-test-", dir=parent))
    top.chmod(0o755)
    return top
