"""``careward up``: web, SFTP and worker as child processes of one, stopped together."""

import logging
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType

log = logging.getLogger(__name__)

READY_WITHIN_SECONDS = 60
STOP_WITHIN_SECONDS = 25
MOST_RESTARTS = 5
"""A part that falls more often than this within a minute brings the whole down: something is really wrong."""


class NotReady(RuntimeError):
    """The parts did not become healthy in time, or one kept falling."""


@dataclass
class Part:
    """One child process, named as on the command line."""

    name: str
    process: subprocess.Popen[bytes] | None = None
    falls: list[float] = field(default_factory=list)

    def start(self) -> None:
        """Start it in a session of its own, so that Ctrl-C reaches it through us and in order."""
        command = [sys.executable, "-m", "careward", self.name]
        self.process = subprocess.Popen(command, start_new_session=True)  # noqa: S603 - our own command

    def has_fallen(self) -> bool:
        """Whether the process has ended by itself."""
        return self.process is not None and self.process.poll() is not None

    def restart(self) -> None:
        """Start it again. Raises :class:`NotReady` when it falls again and again."""
        now = time.monotonic()
        self.falls = [*(fall for fall in self.falls if now - fall < 60), now]
        if len(self.falls) > MOST_RESTARTS:
            raise NotReady(f"{self.name} fell {len(self.falls)} times within a minute")
        log.warning("%s ended unexpectedly and is started again", self.name)
        self.start()

    def stop(self) -> None:
        """Ask it to end."""
        if self.process and self.process.poll() is None:
            self.process.terminate()

    def wait(self, seconds: float) -> None:
        """Wait for its end; kill it when it does not come."""
        if not self.process:
            return
        try:
            self.process.wait(timeout=max(seconds, 0.1))
        except subprocess.TimeoutExpired:
            log.warning("%s does not end and is killed", self.name)
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def up(health_address: str, when_ready: Callable[[], None]) -> None:
    """Run all parts until SIGINT or SIGTERM; call ``when_ready`` once ``/healthz`` answers 200.

    Raises :class:`NotReady` when that does not happen in time or a part keeps falling; all are stopped then.
    """
    stopping = False

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    parts = [Part("web"), Part("sftp"), Part("worker")]
    try:
        for part in parts:
            part.start()
        started, announced = time.monotonic(), False
        while not stopping:
            for part in parts:
                if part.has_fallen():
                    part.restart()
            if not announced and is_healthy(health_address):
                when_ready()
                announced = True
            if not announced and time.monotonic() - started > READY_WITHIN_SECONDS:
                raise NotReady(f"{health_address} did not answer 200 within {READY_WITHIN_SECONDS} s")
            time.sleep(0.2)
    finally:
        _stop_all(parts)


def _stop_all(parts: list[Part]) -> None:
    until = time.monotonic() + STOP_WITHIN_SECONDS
    for part in parts:
        part.stop()
    for part in parts:
        part.wait(until - time.monotonic())


def is_healthy(address: str) -> bool:
    """Whether the address answers 200."""
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310 - our own address  # nosec B310
            return bool(answer.status == 200)
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False
