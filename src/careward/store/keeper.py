"""The keeper: owns the embedded PostgreSQL while any process uses it, and stops it after the last one.

Run as a script by `careward.store.embedded`, never imported by the server. It uses the standard library
only and imports everything at the top, because after dropping root it may no longer be able to read its
own interpreter.

A user of the database holds a shared flock on ``users.lock``; the kernel releases it however the user
dies, kill -9 included. When the keeper gets that lock exclusively, nobody is left. It lives in its own
session and heeds neither Ctrl-C nor a closed terminal; SIGTERM (the machine is going down) stops the
server in good order. A keeper killed with -9 leaves its server running for the users; the next keeper
adopts it, known by its working folder and program, not by its number alone. Source: design.md §2,
"Database".
"""

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

LOOK_SECONDS = 0.2
FAST_STOP_SECONDS = 30.0
IMMEDIATE_STOP_SECONDS = 10.0
RESTARTS = 5
HEEDED = (signal.SIGTERM, signal.SIGCHLD)
IGNORED = (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)


@dataclass(frozen=True)
class Plan:
    """What the starter tells the keeper. Paths are absolute; ``uid`` is None without root to drop."""

    postgres: str
    data: str
    data_argument: str
    socket: str
    locks: str
    uid: int | None
    gid: int | None


def postmaster_file(data: Path) -> list[str]:
    """Lines of postmaster.pid (1 = process, 5 = socket folder, 8 = state); empty when there is none."""
    try:
        return (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return []


def is_server_of(pid: int, data: Path) -> bool:
    """Whether the process is a PostgreSQL at work in this data folder: the number may have been reused."""
    try:
        program = Path(f"/proc/{pid}/exe").readlink().name
        return program.startswith("postgres") and Path(f"/proc/{pid}/cwd").samefile(data)
    except OSError:
        return False


class Server:
    """One postmaster, started here or adopted from a keeper that was killed."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.data = Path()  # the keeper works inside the data folder: the path may be closed to its account
        self.child: subprocess.Popen[bytes] | None = None
        self.pid = 0

    def bring_up(self) -> bool:
        """Adopt a living server or start one, and wait until it takes connections; False when it cannot.

        After a crash the dead server's last processes may hold its memory for a moment, and PostgreSQL
        rightly refuses to start beside them: then it is tried again.
        """
        tries = RESTARTS if postmaster_file(self.data) else 1
        for number in range(tries):
            time.sleep(0.2 * number)
            self.take_over_or_start()
            if self.wait_ready():
                return True
        return False

    def take_over_or_start(self) -> None:
        """Adopt a living server that listens where the plan says; stop one listening elsewhere; or start."""
        lines = postmaster_file(self.data)
        pid = int(lines[0]) if lines and lines[0].isdigit() else 0
        if pid and is_server_of(pid, self.data):
            self.pid, self.child = pid, None
            if lines[4:5] == [self.plan.socket] and lines[7:8] != ["stopping"]:
                _say(f"adopted server {pid}")
                return
            self.stop()
        elif pid and Path(f"/proc/{pid}").exists():
            # The number may belong to a stranger by now, whom PostgreSQL would take for a living server.
            (self.data / "postmaster.pid").unlink()
        self.start()

    def start(self) -> None:
        """Start a postmaster; its own lock file and shared memory refuse a second one in the same folder."""
        command = [self.plan.postgres, "-D", self.plan.data_argument, "-k", self.plan.socket]
        self.child = subprocess.Popen(  # noqa: S603 – the plan comes from our own starter
            command, env={"LC_ALL": "C"}, stdin=subprocess.DEVNULL, stdout=sys.stderr, start_new_session=True
        )
        self.pid = self.child.pid
        _say(f"started server {self.pid}")

    def alive(self) -> bool:
        """Whether the postmaster is still there."""
        if self.child:
            return self.child.poll() is None
        return is_server_of(self.pid, self.data)

    def wait_ready(self) -> bool:
        """Wait, as long as it lives, until it takes connections; recovery after a crash may take its time."""
        while self.alive():
            lines = postmaster_file(self.data)
            if lines[:1] == [str(self.pid)] and [line.strip() for line in lines[7:8]] == ["ready"]:
                return True
            time.sleep(0.005)
        return False

    def stop(self) -> None:
        """Fast shutdown: sessions end, a checkpoint is written; immediate when that does not end in time."""
        for number, seconds in ((signal.SIGINT, FAST_STOP_SECONDS), (signal.SIGQUIT, IMMEDIATE_STOP_SECONDS)):
            if not self.alive():
                return
            os.kill(self.pid, number)
            deadline = time.monotonic() + seconds
            while self.alive() and time.monotonic() < deadline:
                time.sleep(0.01)


def main(argument: str) -> int:
    """Keep one server; prints ``ready`` or ``busy`` for the starter, returns an exit code."""
    plan = Plan(**json.loads(argument))
    os.umask(0o077)
    signal.pthread_sigmask(signal.SIG_BLOCK, HEEDED)
    for number in IGNORED:
        signal.signal(number, signal.SIG_IGN)
    keeper_lock = _open_lock(plan, "keeper.lock")
    users_lock = _open_lock(plan, "users.lock")
    if not _try_exclusive(keeper_lock):
        _answer("busy")
        return 0
    os.chdir(plan.data)
    _drop(plan)
    server = Server(plan)
    if not server.bring_up():
        return 1
    _answer("ready")
    code = _keep(server, users_lock)
    with contextlib.suppress(OSError):
        Path(plan.socket).rmdir()
    return code


def _keep(server: Server, users_lock: int) -> int:
    """Stay until the last user is gone (0), the machine goes down (0), or the server keeps dying (1)."""
    deaths: list[float] = []
    while True:
        if _try_exclusive(users_lock):
            _say("nobody is left")
            server.stop()
            return 0
        if not server.alive():
            deaths = [moment for moment in deaths if moment > time.monotonic() - 60] + [time.monotonic()]
            _say(f"server {server.pid} has died")
            if len(deaths) > RESTARTS or not server.bring_up():
                return 1
        heard = signal.sigtimedwait(HEEDED, LOOK_SECONDS)
        if heard and heard.si_signo == signal.SIGTERM:
            _say("asked to end")
            server.stop()
            return 0


def _open_lock(plan: Plan, name: str) -> int:
    return os.open(Path(plan.locks, name), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _try_exclusive(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _drop(plan: Plan) -> None:
    """Give up root for good: from here on keeper and server are the same unprivileged account."""
    if plan.uid is not None and plan.gid is not None:
        os.setgroups([])
        os.setgid(plan.gid)
        os.setuid(plan.uid)


def _answer(word: str) -> None:
    """Tell the starter and let go of its pipe, which it reads to the end."""
    with contextlib.suppress(BrokenPipeError):  # the starter may have lost patience; others can still come
        os.write(1, word.encode())
    with Path(os.devnull).open("wb") as nothing:
        os.dup2(nothing.fileno(), 1)


def _say(what: str) -> None:
    sys.stderr.write(f"{time.strftime('%Y-%m-%dT%H:%M:%S%z')} keeper {os.getpid()}: {what}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    if os.fork():
        os._exit(0)  # the starter must not be the keeper's parent: it would have to bury it
    sys.exit(main(sys.argv[1]))
