"""What the working role may do, granted by the owner after every migrate.

Least privilege (security baseline, items 9 and 25): no table made, none emptied, and a journal that is
only added to – by grants, so that no code path and no forgotten trigger can rewrite it (design.md §2,
"History").
"""

from collections.abc import Collection
from typing import Any, Protocol

from psycopg import sql

APP_ROLE = "careward_app"
WORK = ("SELECT", "INSERT", "UPDATE", "DELETE")
APPEND_ONLY = ("SELECT", "INSERT")

TABLES = """
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY relname
"""

PREPARE = """
REVOKE ALL ON SCHEMA public FROM PUBLIC, {role};
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, {role};
REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM PUBLIC, {role};
REVOKE ALL ON DATABASE {database} FROM PUBLIC, {role};
GRANT CONNECT ON DATABASE {database} TO {role};
GRANT USAGE ON SCHEMA public TO {role};
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role};
ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON TABLES FROM {role};
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT ON TABLES TO {role};
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {role};
"""

EXCESS = """
SELECT format('%%s on %%s', privilege, relname)
FROM pg_class, unnest(ARRAY['UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER', 'REFERENCES']) AS privilege
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
  AND (privilege NOT IN ('UPDATE', 'DELETE') OR relname = ANY(%(append_only)s))
  AND (has_table_privilege(%(role)s, oid, privilege)
       OR privilege = 'UPDATE' AND has_any_column_privilege(%(role)s, oid, privilege))
UNION ALL SELECT 'CREATE on schema public' WHERE has_schema_privilege(%(role)s, 'public', 'CREATE')
UNION ALL SELECT 'TEMPORARY on the database' WHERE has_database_privilege(%(role)s, current_database(),
'TEMPORARY') UNION ALL SELECT 'superuser' FROM pg_roles WHERE rolname = %(role)s AND rolsuper ORDER BY 1
"""


class Connection(Protocol):
    """A database connection, Django's or psycopg's."""

    def cursor(self) -> Any:
        """Give a cursor with execute and fetchall, usable in ``with``."""
        ...


class GrantsUnsafe(RuntimeError):
    """The working role would be able to do more than it may; the message names what."""


def grant_app_role(connection: Connection, append_only: Collection[str], role: str = APP_ROLE) -> None:
    """Grant the role its work on every table of schema public, but on those named only reading and adding.

    Run as the owner. Everything is granted in one transaction, so that a journal is at no moment open to
    change. A table made later is append-only until this runs again. Raises GrantsUnsafe when a named table
    does not exist (a slip would leave a journal open), when the role is the owner or a superuser, or when
    it has more than it may by another way.
    """
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        tables = [name for (name,) in cursor.fetchall()]
        if unknown := sorted(set(append_only) - set(tables)):
            raise GrantsUnsafe(f"no such tables: {', '.join(unknown)}")
        cursor.execute("SELECT current_database(), pg_has_role(%s, current_user, 'USAGE')", [role])
        ((database, is_owner),) = cursor.fetchall()
        if is_owner:
            raise GrantsUnsafe(f"{role} has the owner's own rights, which no grant can bind")
        cursor.execute(_statements(str(database), tables, append_only, role))
    if excess := excess_rights(connection, append_only, role):
        raise GrantsUnsafe(f"{role} has more than it may: {', '.join(excess)}")


def excess_rights(connection: Connection, append_only: Collection[str], role: str = APP_ROLE) -> list[str]:
    """List what the role may do and must not, by whatever way it came; empty when all is well."""
    with connection.cursor() as cursor:
        cursor.execute(EXCESS, {"role": role, "append_only": sorted(append_only)})
        return [str(what) for (what,) in cursor.fetchall()]


def _statements(database: str, tables: list[str], append_only: Collection[str], role: str) -> str:
    """One text for one round trip: PostgreSQL runs it as one transaction."""
    names = {"role": sql.Identifier(role), "database": sql.Identifier(database)}
    parts = [sql.SQL(PREPARE).format(**names)]
    for table in tables:
        rights = sql.SQL(", ").join(map(sql.SQL, APPEND_ONLY if table in append_only else WORK))
        parts.append(
            sql.SQL("GRANT {} ON {} TO {};\n").format(rights, sql.Identifier("public", table), names["role"])
        )
    return sql.Composed(parts).as_string()
