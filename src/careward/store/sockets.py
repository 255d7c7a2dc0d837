"""Where the embedded PostgreSQL listens: in the home, or in a short folder elsewhere when that cannot be.

A unix socket's path holds at most 107 bytes, and the server's account must be able to enter the folder.
"""

import json
import os
from pathlib import Path
from tempfile import mkdtemp

from careward.store.folders import Account, HomeUnusable, is_private, reachable

SOCKET_BYTES = 107
NAME = ".s.PGSQL.5432"
SHORT_PARENT = Path("/tmp")  # noqa: S108  # nosec B108
"""The name in it is drawn by chance and its owner checked, so that nobody can lie in wait there."""

NOTE = "socket.json"


def socket_folder(home: Path) -> Path:
    """Where a server of this home listens; after ``prepare_socket_folder`` has settled it once."""
    note = _note(home)
    return Path(note) if note else home / "database" / "socket"


def prepare_socket_folder(home: Path, account: Account | None) -> Path:
    """Make the folder, 0700 and the server account's own, before a start; settles where it lies.

    A short folder keeps its name over restarts, so that the addresses of living users stay true. A name
    somebody else has taken meanwhile is given up for a new one.
    """
    inside = home / "database" / "socket"
    note = home / "keeper" / NOTE
    if len(os.fsencode(inside / NAME)) <= SOCKET_BYTES and reachable(inside.parent, account):
        note.unlink(missing_ok=True)
        if not _make(inside, account):
            raise HomeUnusable(
                f"{inside} is not a folder of the database's account with mode 0700; remove it"
            )
        return inside
    known = _note(home)
    if known and _make(Path(known), account):
        return Path(known)
    short = Path(mkdtemp(prefix="careward-", dir=SHORT_PARENT))
    if account:
        os.chown(short, account.uid, account.gid)
    fresh = note.with_suffix(".new")
    fresh.write_text(json.dumps({"home": str(home), "folder": str(short)}))
    fresh.rename(note)
    return short


def _make(folder: Path, account: Account | None) -> bool:
    """Make it, or see that it is the account's own; False when it is not."""
    uid = account.uid if account else os.geteuid()
    try:
        folder.mkdir(0o700)
    except FileExistsError:
        return is_private(folder, uid)
    folder.chmod(0o700)
    if account:
        os.chown(folder, account.uid, account.gid)
    return True


def _note(home: Path) -> str | None:
    """Read the short folder noted for this home; a note copied along from another home does not count."""
    try:
        noted = json.loads((home / "keeper" / NOTE).read_text())
    except FileNotFoundError:
        return None
    return str(noted["folder"]) if noted["home"] == str(home) else None
