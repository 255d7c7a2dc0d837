"""Folders of one installation: who may reach them, and where they lie when nobody says so.

Rule (design.md §2, "Database"): as root the database runs under an unprivileged account, and the modes of
folders that careward did not make are never changed. So reachability is tried as that account, not guessed.
"""

import os
import pwd
import stat
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

SYSTEM_HOME = Path("/var/lib/careward")
"""Home of a root installation whose checkout the database's account cannot reach (design.md §2)."""

ACCOUNTS = ("careward", "nobody")
"""Accounts a root start drops to, the first that exists [decided: none is created on the host]."""


class HomeUnusable(RuntimeError):
    """The folder for careward's data cannot be made or used; the message tells the operator what to set."""


@dataclass(frozen=True)
class Account:
    """The unprivileged account the database server runs under when careward is started by root."""

    name: str
    uid: int
    gid: int


def server_account(data: Path) -> Account | None:
    """Choose the account for the server of this data folder: its owner's, if it exists; None unless root.

    Raises HomeUnusable when root finds no account to drop to.
    """
    if os.geteuid() != 0:
        return None
    if data.exists() and data.stat().st_uid != 0:
        owner = data.stat()
        return Account(_account_name(owner.st_uid), owner.st_uid, owner.st_gid)
    for name in ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(name, entry.pw_uid, entry.pw_gid)
    raise HomeUnusable(
        f"PostgreSQL does not run as root, and no account of {ACCOUNTS} exists on this machine"
    )


def _account_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def run_as(
    account: Account | None, command: list[str], *, cwd: Path | None = None, stdin: int = subprocess.DEVNULL
) -> subprocess.CompletedProcess[str]:
    """Run a command as the account with an empty environment; the caller reads the return code.

    The working folder is entered before the account changes, so it may lie where the account has no way in.
    """
    return subprocess.run(  # noqa: S603 – fixed commands, no shell text from outside
        command,
        check=False,
        stdin=stdin,
        capture_output=True,
        text=True,
        cwd=cwd,
        env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        timeout=120,
    )


def reachable(folder: Path, account: Account | None) -> bool:
    """Whether the account can enter the folder by its path, by trying; a missing one counts as its parent."""
    existing = folder
    while not existing.exists():
        existing = existing.parent
    return run_as(account, ["/bin/sh", "-c", 'test -x "$0"', str(existing)]).returncode == 0


def make_folder(path: Path, mode: int, account: Account | None = None) -> Path:
    """Make the folder with exactly this mode whatever the umask; one that is there is left as it is.

    Missing parents are made 0711: passable for the server's account, not listable. Raises HomeUnusable.
    """
    if path.is_dir():
        return path
    if not path.parent.is_dir():
        make_folder(path.parent, 0o711)
    try:
        path.mkdir(mode)
    except FileExistsError:
        if path.is_dir():
            return path
        raise HomeUnusable(f"{path} is needed as a folder but is something else") from None
    except OSError as error:
        raise HomeUnusable(
            f"cannot make {path}: {error.strerror}; set CAREWARD_HOME to a writable folder"
        ) from error
    path.chmod(mode)
    if account:
        os.chown(path, account.uid, account.gid)
    fsync_folder(path.parent)
    return path


def fsync_folder(folder: Path) -> None:
    """Make names created, renamed or removed in the folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def is_private(path: Path, uid: int) -> bool:
    """Whether the path is a real folder (no link) of this user with mode 0700."""
    found = path.lstat()
    return stat.S_ISDIR(found.st_mode) and stat.S_IMODE(found.st_mode) == 0o700 and found.st_uid == uid


def default_home(environ: Mapping[str, str]) -> Path:
    """Folder of all data: CAREWARD_HOME, else ``.careward`` in the checkout if the account reaches it.

    A checkout under a 0700 home of root, or no checkout at all, gives /var/lib/careward (design.md §2).
    """
    named = environ.get("CAREWARD_HOME")
    return _named_home(named) if named else _checkout_home()


@lru_cache(maxsize=8)
def _named_home(named: str) -> Path:
    return Path(named).absolute()


@lru_cache(maxsize=1)
def _checkout_home() -> Path:
    checkout = Path(__file__).resolve().parents[3]
    if not (checkout / "pyproject.toml").is_file():
        return SYSTEM_HOME
    home = checkout / ".careward"
    return home if reachable(checkout, server_account(home / "database" / "data")) else SYSTEM_HOME
