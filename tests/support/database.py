"""The test database: cloned from a migrated template, used as the app role, emptied and dropped by the owner."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psycopg
from django.conf import settings
from django.db import connection, connections
from psycopg import sql
from psycopg.errors import InsufficientPrivilege, ObjectInUse

from careward.store import embedded

PROJECT = Path(__file__).parents[2]
PREFIX = "test_careward_"


def _cluster() -> embedded.Cluster:
    return embedded.start(Path(settings.HOME))


def _dsn(role: str, database: str) -> str:
    cluster = _cluster()
    parts = urlsplit(cluster.owner_url if role == "owner" else cluster.app_url)
    return parts._replace(path=f"/{database}").geturl()


@contextmanager
def owner(database: str = "careward") -> Iterator[psycopg.Connection]:
    """A connection of the owner role, committing as it goes."""
    with psycopg.connect(_dsn("owner", database), autocommit=True) as opened:
        yield opened


def point_django_at(database: str, role: str) -> None:
    """Make Django's connection use this database as ``owner`` or ``app`` from now on."""
    parts = urlsplit(_dsn(role, database))
    connection.close()
    if hasattr(connection, "close_pool"):
        connection.close_pool()
    connection.settings_dict["NAME"] = database
    connection.settings_dict["USER"] = unquote(parts.username or "")
    connection.settings_dict["PASSWORD"] = unquote(parts.password or "")


def create() -> str:
    """A fresh database of this process, cloned from the template; returns its name."""
    name = f"{PREFIX}{os.getpid()}"
    _drop_those_of_dead_runs()
    template = _template()
    with owner() as connected:
        connected.execute("SELECT pg_advisory_lock(115)")
        connected.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        clone = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        connected.execute(clone.format(sql.Identifier(name), sql.Identifier(template)))
        grant = sql.SQL("GRANT CONNECT ON DATABASE {} TO careward_app")
        connected.execute(grant.format(sql.Identifier(name)))
    return name


def drop(name: str) -> None:
    """Remove a test database."""
    connections.close_all()
    with owner() as connected, suppress(InsufficientPrivilege, ObjectInUse):
        # A server thread may still hold a connection of the app role: then a later run finds the process dead.
        connected.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _template() -> str:
    """A migrated, empty database, made once for each state of the migrations; several runs may ask at once."""
    from careward.ops.migrating import migrate

    name = f"template_careward_{_fingerprint()}"
    with owner() as connected:
        connected.execute("SELECT pg_advisory_lock(115)")
        made = connected.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        if made:
            return name
        unfinished = f"{name}_unfinished"
        connected.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(unfinished))
        )
        connected.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(unfinished)))
        point_django_at(unfinished, "owner")
        migrate()
        connection.close()
        rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
        connected.execute(rename.format(sql.Identifier(unfinished), sql.Identifier(name)))
    return name


def _fingerprint() -> str:
    sources = sorted((PROJECT / "src").rglob("migrations/*.py"))
    sources += [PROJECT / "requirements" / "run.txt", PROJECT / "src/careward/store/grants.py"]
    sources += [PROJECT / "src/careward/journal/database.py", PROJECT / "src/careward/ops/migrating.py"]
    digest = hashlib.sha256()
    for source in sources:
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


def empty_all_tables() -> None:
    """Truncate every table but Django's own book-keeping, which the app role cannot do."""
    connection.close()
    with owner(str(connection.settings_dict["NAME"])) as connected:
        rows = connected.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
            " AND tablename NOT IN ('django_migrations', 'django_content_type', 'auth_permission')"
        ).fetchall()
        tables = sql.SQL(", ").join(sql.Identifier(name) for (name,) in rows)
        connected.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY CASCADE").format(tables))


def tables_with(needle: str) -> list[str]:
    """Names of the tables in which a text stands in clear, in any column, as the app role sees them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = [name for (name,) in cursor.fetchall()]
        found = []
        for name in tables:
            cursor.execute(f'SELECT count(*) FROM "{name}" t WHERE position(%s in t::text) > 0', [needle])
            if cursor.fetchone() != (0,):
                found.append(name)
    return found


def _drop_those_of_dead_runs() -> None:
    with owner() as connected:
        rows = connected.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [PREFIX])
        for (name,) in rows.fetchall():
            if not _alive(int(name.removeprefix(PREFIX))):
                drop(name)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
