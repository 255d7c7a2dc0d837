"""The whole platform as a person starts it: ``careward up`` in demo mode, with a home and ports of its own."""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from support.waiting import until

READY_WITHIN = 240.0


@dataclass
class Platform:
    """A running platform and where to reach it."""

    home: Path
    web: str
    sftp_port: int
    process: "subprocess.Popen[str]"
    log: Path

    def environment(self) -> dict[str, str]:
        """What its own commands need to find it."""
        port = self.web.rsplit(":", 1)[1]
        return environment_of(self.home, int(port), self.sftp_port)

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run ``careward …`` against it."""
        return subprocess.run(
            [sys.executable, "-m", "careward", *words],
            env=self.environment(), capture_output=True, text=True, check=True, timeout=120,
        )  # fmt: skip

    def set_clock(self, moment: datetime) -> None:
        """Put the demo's clock to a moment."""
        from careward.ops.demo.clock import write

        write(self.home, moment)

    def worker_pid(self) -> int:
        """Process id of the worker now running."""
        return self.part_pid("worker")

    def part_pid(self, part: str) -> int:
        """Process id of one part now running."""
        found = subprocess.run(
            ["ps", "-o", "pid=,args=", "--ppid", str(self.process.pid)],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.splitlines()
        pids = [int(line.split()[0]) for line in found if re.search(rf"careward {part}$", line.strip())]
        assert len(pids) == 1, found
        return pids[0]


def environment_of(home: Path, port: int, sftp_port: int) -> dict[str, str]:
    """What a platform of its own needs, and nothing of another's."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("CAREWARD_", "DJANGO_"))}
    return {
        **kept,
        "CAREWARD_MODE": "demo",
        "CAREWARD_HOME": str(home),
        "CAREWARD_PORT": str(port),
        "CAREWARD_SFTP_PORT": str(sftp_port),
        "CAREWARD_WORKER_PROCESSES": "1",  # so that a test knows which process does a job
        "PYTHONUNBUFFERED": "1",
    }


def free_port() -> int:
    """A port of 127.0.0.1 nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running() -> Iterator[Platform]:
    """Start a fresh platform with the demo season; stop it and remove its home afterwards."""
    with tempfile.TemporaryDirectory(prefix="careward-e2e-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        home, log = Path(folder) / "home", Path(folder) / "log.txt"
        web, sftp = free_port(), free_port()
        with log.open("w") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "careward", "up"],
                env=environment_of(home, web, sftp), stdout=output, stderr=subprocess.STDOUT, text=True,
            )  # fmt: skip
        platform = Platform(home, f"http://127.0.0.1:{web}", sftp, process, log)
        try:
            until(lambda: _is_ready(platform), READY_WITHIN, "the platform says that it is ready")
            yield platform
        except BaseException:
            sys.stderr.write(
                f"--- what the platform said last ---\n{log.read_text(errors='replace')[-6000:]}\n"
            )
            raise
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _is_ready(platform: Platform) -> bool:
    said = platform.log.read_text(errors="replace")
    assert platform.process.poll() is None, f"the platform ended:\n{said[-4000:]}"
    return f"careward: ready {platform.web} sftp://127.0.0.1:{platform.sftp_port}" in said
