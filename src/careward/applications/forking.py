"""A warm process that forks a limited one for every file, so that no file waits for a Python to start.

The warm one has the libraries loaded and never opens a file; each file gets a process of its own, with its limits,
that ends with it (decision 0032).
"""

import atexit
import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

STARTING_SECONDS: Final = 10.0
"""So much longer than its own time a file may take: the warm process may have to be started first."""
_MOST_WORDS_BYTES: Final = 65_536
_TAKEN: Final = b"\n"
"""The warm process's first word to an order, before it forks."""


class Forker:
    """One warm process, begun when the first file comes and again when it has fallen; safe to use from threads."""

    def __init__(self, program: Path) -> None:
        self.program = program
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    def ask(self, words: Sequence[str], seconds: float) -> bytes:
        """What the limited process of its own said to these words, until it ended or was stopped after ``seconds``.

        Nothing at all when the warm process cannot be begun, or falls twice before it forks.
        """
        for _ in range(2):
            answer, ended = self._once(words, seconds)
            if not ended:
                self.stop()
            if answer.startswith(_TAKEN):
                return answer.removeprefix(_TAKEN)
        return b""

    def _once(self, words: Sequence[str], seconds: float) -> tuple[bytes, bool]:
        said, saying = os.pipe()
        try:
            try:
                self._send(words, seconds, saying)
            finally:
                os.close(saying)
            return _read(said, seconds + STARTING_SECONDS)
        finally:
            os.close(said)

    def stop(self) -> None:
        """End the warm process and whatever it has forked; the next file begins another."""
        with self._lock:
            self._end()

    def _send(self, words: Sequence[str], seconds: float, saying: int) -> None:
        message = json.dumps({"words": list(words), "seconds": seconds}).encode()
        if len(message) > _MOST_WORDS_BYTES:
            raise ValueError("too many words")
        with self._lock:
            if self._process is None or self._process.poll() is not None:
                self._begin()
            assert self._control is not None
            try:
                socket.send_fds(self._control, [message], [saying])
            except (OSError, TimeoutError):
                self._begin()
                socket.send_fds(self._control, [message], [saying])

    def _begin(self) -> None:
        self._end()
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control.settimeout(STARTING_SECONDS)
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                [sys.executable, "-I", str(self.program), "serve"],
                stdin=theirs.fileno(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={},
                start_new_session=True,
            )  # fmt: skip

    def _end(self) -> None:
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None


def _read(said: int, seconds: float) -> tuple[bytes, bool]:
    """What was said, and whether the end came in time."""
    parts: list[bytes] = []
    until = time.monotonic() + seconds
    poll = select.poll()
    poll.register(said, select.POLLIN)
    while poll.poll(max(0.0, until - time.monotonic()) * 1000):
        part = os.read(said, 65_536)
        if not part:
            return b"".join(parts), True
        parts.append(part)
    return b"".join(parts), False


_forkers: dict[Path, Forker] = {}
_making = threading.Lock()


def forker(program: Path) -> Forker:
    """The forker of a program, one in each process."""
    with _making:
        if program not in _forkers:
            _forkers[program] = Forker(program)
            atexit.register(_forkers[program].stop)
        return _forkers[program]
