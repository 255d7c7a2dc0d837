"""The embedded PostgreSQL: one call gives a running cluster, whoever started it, and keeps it while held.

Layout of a home: ``database/`` (data, log, socket; belongs to the server's account), ``keeper/`` (locks and
the keeper's log), ``secrets/``. Source: design.md §2, "Database". Linux only (/proc, flock); elsewhere and in
production CAREWARD_DATABASE_URL names a server.
"""

import fcntl
import json
import os
import subprocess
import sys
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import psycopg

from careward.store import keeper
from careward.store.binaries import usable_installation
from careward.store.folders import HomeUnusable, default_home, make_folder, server_account
from careward.store.founding import DATABASE, data_argument, found, passwords
from careward.store.sockets import prepare_socket_folder, socket_folder

__all__ = ["Cluster", "ClusterFailed", "default_home", "start"]

READY_SECONDS = 60.0
PATIENCE_SECONDS = 0.02

_held: list["Cluster"] = []


class ClusterFailed(RuntimeError):
    """The embedded PostgreSQL did not come up; the message carries the end of its log."""


class Cluster:
    """A running cluster, kept so at least until ``release``, or by ``hold`` until this process ends."""

    def __init__(self, home: Path, socket: Path, lock: int) -> None:
        self.home = home
        self.socket = socket
        self._passwords = passwords(home)
        self._close = weakref.finalize(self, os.close, lock)

    @property
    def app_url(self) -> str:
        """Connection of the role that works: no tables made, no journal changed."""
        return self._url("careward_app", DATABASE)

    @property
    def owner_url(self) -> str:
        """Connection of the role that migrates."""
        return self._url("careward_owner", DATABASE)

    @property
    def superuser_url(self) -> str:
        """Connection of PostgreSQL's own administrator, for the operator's tools; careward never uses it."""
        return self._url("postgres", "postgres")

    def _url(self, role: str, database: str) -> str:
        host = quote(str(self.socket), safe="")
        return f"postgresql://{role}:{self._passwords[role]}@/{database}?host={host}&port=5432"

    def hold(self) -> Self:
        """Keep the server for the life of this process, kill -9 included."""
        _held.append(self)
        return self

    def release(self) -> None:
        """Stop using the server; after its last user it is shut down."""
        self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def start(home: Path) -> Cluster:
    """Give the running cluster of this home, made and started where needed.

    Raises ClusterFailed, FoundingFailed, HomeUnusable or BinariesUnusable, each telling the operator why.
    """
    home = make_folder(home.absolute(), 0o711 if os.geteuid() == 0 else 0o700)
    locks = make_folder(home / "keeper", 0o700)
    lock = _open_lock(locks / "users.lock")
    try:
        fcntl.flock(lock, fcntl.LOCK_SH)  # waits while a keeper that saw nobody is shutting down
        with _alone(locks / "start.lock"):
            socket = _bring_up(home, locks)
        return Cluster(home, socket, lock)
    except BaseException:
        os.close(lock)
        raise


def _bring_up(home: Path, locks: Path) -> Path:
    """Find a living keeper or start one, until the server answers; returns the socket folder."""
    deadline = time.monotonic() + READY_SECONDS
    while True:
        if not _taken(locks / "keeper.lock"):
            _start_keeper(home, locks)
        socket = socket_folder(home)
        trouble = _trouble(home, socket)
        if trouble is None:
            return socket
        if time.monotonic() > deadline:
            raise ClusterFailed(f"the database of {home} does not answer: {trouble}\n{_log_end(locks)}")
        time.sleep(PATIENCE_SECONDS)


def _start_keeper(home: Path, locks: Path) -> None:
    """Found the cluster if there is none, then start a keeper in its own session and hear its answer."""
    data = home / "database" / "data"
    account = server_account(data)
    found(home, account)
    plan = keeper.Plan(
        postgres=str(usable_installation(home, account) / "bin" / "postgres"),
        data=str(data),
        data_argument=data_argument(data, account),
        socket=str(prepare_socket_folder(home, account)),
        locks=str(locks),
        uid=account.uid if account else None,
        gid=account.gid if account else None,
    )
    log = os.open(locks / "keeper.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        answer = subprocess.run(  # noqa: S603 – our own interpreter and script
            [sys.executable, "-I", "-S", keeper.__file__, json.dumps(asdict(plan))],
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            env={name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ},
            start_new_session=True,
            timeout=READY_SECONDS,
        ).stdout
    except subprocess.TimeoutExpired as error:
        raise ClusterFailed(f"the keeper of {home} gave no answer\n{_log_end(locks)}") from error
    finally:
        os.close(log)
    if answer not in {b"ready", b"busy"}:
        raise ClusterFailed(f"the database of {home} did not start\n{_log_end(locks)}")


def _trouble(home: Path, socket: Path) -> str | None:
    """Connect as the app role: None when that goes well, else what the attempt said."""
    secret = passwords(home)["careward_app"]
    try:
        psycopg.connect(
            host=str(socket),
            port=5432,
            user="careward_app",
            password=secret,
            dbname=DATABASE,
            connect_timeout=5,
        ).close()
    except psycopg.OperationalError as error:
        return str(error).strip()
    return None


def _log_end(locks: Path) -> str:
    return (locks / "keeper.log").read_text(errors="replace")[-2000:]


def _open_lock(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except PermissionError as error:
        raise HomeUnusable(
            f"{path} belongs to another user; use that one, or another CAREWARD_HOME"
        ) from error


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Let one process of this machine through at a time."""
    descriptor = _open_lock(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _taken(path: Path) -> bool:
    """Ask whether somebody holds the lock; asking takes it for an instant."""
    descriptor = _open_lock(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
