"""Django's database settings: a production server by URL, else the embedded cluster at home.

The role is chosen by process, not by query: everything works as the app role, and only ``migrate`` and what
makes tables runs with CAREWARD_DB_ROLE=owner (design.md §2, "History").
"""

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any

from psycopg.conninfo import conninfo_to_dict

from careward.store.embedded import start
from careward.store.folders import default_home

APP_URL = "CAREWARD_DATABASE_URL"
OWNER_URL = "CAREWARD_OWNER_DATABASE_URL"
ROLE = "CAREWARD_DB_ROLE"

CONNECTION_SECONDS = 60
"""Connections are kept per thread and checked before use. No pool: web, SFTP and worker have few, lasting
threads (2 × 4 in the web server), so a pool would only add its own threads and a lock; a new connection per
request costs two round trips and one scram key derivation, several milliseconds each time [decided]."""


NOTICED: dict[str, Any] = {
    "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3,
    "tcp_user_timeout": 60_000, "connect_timeout": 10,
}  # fmt: skip
"""Seconds, but milliseconds of the timeout: a database machine that vanishes without a word is noticed within a minute,
not in a quarter of an hour or, by who waits for an answer, never [decided]. The URL may say otherwise."""


class DatabaseMisnamed(RuntimeError):
    """The environment names no usable database for this role; the message names the variable."""


def database_settings(environ: Mapping[str, str]) -> dict[str, Any]:
    """Make the settings of the alias ``default``; embedded, start the cluster and hold it for this process.

    Raises DatabaseMisnamed, or what `embedded.start` raises.
    """
    role = environ.get(ROLE) or "app"
    if role not in {"app", "owner"}:
        raise DatabaseMisnamed(f"{ROLE} is {role!r}; it must be app or owner")
    if APP_URL in environ:
        return _settings(_production_url(environ, role))
    cluster = start(default_home(environ)).hold()
    return _settings(cluster.owner_url if role == "owner" else cluster.app_url)


def app_role(environ: Mapping[str, str]) -> str:
    """Name the role that works, for the grants the owner makes."""
    if APP_URL not in environ:
        return "careward_app"
    return str(_settings(_production_url(environ, "app"))["USER"])


def _production_url(environ: Mapping[str, str], role: str) -> str:
    name = OWNER_URL if role == "owner" else APP_URL
    url = environ.get(name)
    if not url:
        raise DatabaseMisnamed(f"{name} is not set; it names the database for the {role} role")
    return url


def _settings(url: str) -> dict[str, Any]:
    options: dict[str, Any] = dict(conninfo_to_dict(url))
    place = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": options.pop("dbname", ""),
        "USER": options.pop("user", ""),
        "PASSWORD": options.pop("password", ""),
        "HOST": options.pop("host", ""),
        "PORT": str(options.pop("port", "")),
    }
    if not place["NAME"] or not place["USER"]:
        raise DatabaseMisnamed(
            "the database URL must name user and database: postgresql://user:secret@host/database"
        )
    if not _stays_here(place["HOST"]):
        options = NOTICED | options
        if "sslmode" not in options:
            # libpq's own default would fall back to clear text in silence.
            options |= {"sslmode": "verify-full", "sslrootcert": options.get("sslrootcert", "system")}
    return {**place, "CONN_MAX_AGE": CONNECTION_SECONDS, "CONN_HEALTH_CHECKS": True, "OPTIONS": options}


def _stays_here(host: str) -> bool:
    """Whether the connection never leaves the machine: a socket folder or a loopback address."""
    if not host or host.startswith("/") or host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
