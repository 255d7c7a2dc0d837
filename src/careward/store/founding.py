"""Founding a database cluster: made whole in a new folder beside its place, then renamed: never half.

Two roles (design.md §2, "History"): ``careward_owner`` migrates, ``careward_app`` works and makes no tables.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_urlsafe
from tempfile import TemporaryFile, mkdtemp

from careward.store.binaries import usable_installation
from careward.store.folders import Account, fsync_folder, make_folder, reachable, run_as

ROLES = ("postgres", "careward_owner", "careward_app")
DATABASE = "careward"

CLOSED_PATH = "/proc/self/cwd"
"""Data folder as a server sees it whose account cannot enter it by path: it is started inside (Linux)."""

INITDB_OPTIONS = (
    "--username=postgres",
    "--pwfile=/dev/stdin",
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--no-sync",
)

CONFIGURATION = """
# Written by careward when it made this cluster; yours to tune from now on.
listen_addresses = ''                 # no TCP: the socket folder, 0700, is the only way in
unix_socket_permissions = 0700
max_connections = 200
password_encryption = scram-sha-256
timezone = 'Asia/Taipei'
log_timezone = 'Asia/Taipei'
fsync = on
synchronous_commit = on
jit = off                             # short statements only
logging_collector = on
log_directory = '../log'
log_filename = 'postgresql-%m-%d.log' # a ring of one year; the security baseline asks for at least six months
log_rotation_age = 1d
log_rotation_size = 0
log_truncate_on_rotation = on
log_file_mode = 0600
log_line_prefix = '%m [%p] %u@%d '
log_error_verbosity = terse           # no DETAIL: it would quote the values of rows
log_min_error_statement = panic       # no statements: they may hold personal data
"""

HOST_RULES = "# Every role shows its secret; nobody is trusted.\nlocal all all scram-sha-256\n"

FOUNDING_SQL = """
CREATE ROLE careward_owner LOGIN CREATEDB PASSWORD '{careward_owner}';
CREATE ROLE careward_app LOGIN PASSWORD '{careward_app}';
CREATE DATABASE careward OWNER careward_owner;
REVOKE ALL ON DATABASE careward, postgres, template1 FROM PUBLIC;
GRANT CONNECT ON DATABASE careward TO careward_app;
GRANT CONNECT ON DATABASE postgres TO careward_owner;
"""


class FoundingFailed(RuntimeError):
    """PostgreSQL could not be set up; the message carries what its program said."""


def found(home: Path, account: Account | None) -> None:
    """Make ``<home>/database`` unless it is there, with a generated secret per role.

    Raises FoundingFailed. Must be called by one process at a time.
    """
    place = home / "database"
    if place.is_dir():
        return
    for leftover in home.glob("database.new-*"):
        shutil.rmtree(leftover)
    secrets = {role: _password(home, role) for role in ROLES}
    installation = usable_installation(home, account)
    new = Path(mkdtemp(prefix="database.new-", dir=home))
    if account:
        os.chown(new, account.uid, account.gid)
    for name in ("data", "log"):
        make_folder(new / name, 0o700, account)
    _initialise(new, installation, account, secrets)
    new.rename(place)
    fsync_folder(home)


def passwords(home: Path) -> dict[str, str]:
    """Secret of each role of the home's cluster. Raises FoundingFailed when they were taken away."""
    try:
        return {role: _password_file(home, role).read_text("ascii") for role in ROLES}
    except FileNotFoundError as error:
        raise FoundingFailed(
            f"{home} holds a database, but its secret {error.filename} is gone: restore it"
        ) from error


def data_argument(data: Path, account: Account | None) -> str:
    """How the server is told its data folder: by path, or, when that is closed to it, as where it stands."""
    return str(data) if reachable(data.parent, account) else CLOSED_PATH


def _password_file(home: Path, role: str) -> Path:
    return home / "secrets" / f"database-{role}"


def _password(home: Path, role: str) -> str:
    """Generate and keep the secret; one from a founding that did not come to its end serves again."""
    make_folder(home / "secrets", 0o700)
    file = _password_file(home, role)
    if not file.exists():
        fresh = file.with_name(f"{file.name}.new")
        fresh.unlink(missing_ok=True)
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            stream.write(token_urlsafe(32))
            stream.flush()
            os.fsync(descriptor)
        fresh.rename(file)
        fsync_folder(file.parent)
    return file.read_text("ascii")


def _initialise(new: Path, installation: Path, account: Account | None, secrets: dict[str, str]) -> None:
    """initdb, settings, roles and database; synced to disk once at the end instead of at every step."""
    data = new / "data"
    where = data_argument(data, account)
    initdb, postgres = str(installation / "bin" / "initdb"), str(installation / "bin" / "postgres")
    with _lent(new, account, secrets["postgres"]) as secret:
        _must(account, data, [initdb, "-D", where, *INITDB_OPTIONS], secret)
    with (data / "postgresql.conf").open("a") as stream:
        stream.write(CONFIGURATION)
    (data / "pg_hba.conf").write_text(HOST_RULES)
    statements = FOUNDING_SQL.strip().format(**secrets).replace("\n", "\n\n")
    single = [postgres, "--single", "-j", "-D", where]
    options = ["-c", "fsync=off", "-c", "exit_on_error=on", "-c", "logging_collector=off"]
    with _lent(new, account, f"{statements}\n\n") as script:
        _must(account, data, [*single, *options, "postgres"], script)
    _must(account, data, [initdb, "--sync-only", "-D", where], subprocess.DEVNULL)


@contextmanager
def _lent(folder: Path, account: Account | None, text: str) -> Iterator[int]:
    """Put the text into a nameless file to read from; programs may reopen it, so it is the account's own."""
    with TemporaryFile(dir=folder) as file:
        file.write(text.encode())
        file.seek(0)
        if account:
            os.fchown(file.fileno(), account.uid, account.gid)
        yield file.fileno()


def _must(account: Account | None, data: Path, command: list[str], stdin: int) -> None:
    done = run_as(account, command, cwd=data, stdin=stdin)
    if done.returncode != 0:
        raise FoundingFailed(
            f"{Path(command[0]).name} failed ({done.returncode}): {done.stderr.strip()[-2000:]}"
        )
