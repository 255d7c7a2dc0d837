"""Bringing the database to the code's state, as the owner role."""

import os

from django.conf import settings
from django.core.management import call_command
from django.db import ProgrammingError, connection
from django.db.backends.utils import CursorWrapper
from django.db.migrations.executor import MigrationExecutor

from careward.journal.database import (
    append_only_tables,
    close_side_doors,
    doors_are_closed,
    tables_without_digests,
    write_digests,
)
from careward.store.database import app_role
from careward.store.grants import excess_rights, grant_app_role


def is_current() -> bool:
    """Whether migrations, rights and closed doors are as the code wants them; cheap, and needs no owner."""
    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return False
        with connection.cursor() as cursor:
            finished = doors_are_closed(cursor) and cache_is_there(cursor)
            finished = finished and not tables_without_digests(cursor)
        return finished and not excess_rights(connection, append_only_tables(), role=app_role(os.environ))
    except ProgrammingError:
        return False


def cache_is_there(cursor: CursorWrapper) -> bool:
    """Whether the last step of migrating was done: the app role may write the cache table."""
    cursor.execute(
        "SELECT has_table_privilege(to_regclass(%s), 'DELETE')", [str(settings.CACHES["default"]["LOCATION"])]
    )
    return bool(cursor.fetchone() == (True,))


def migrate(*, verbosity: int = 0) -> None:
    """Run all migrations and everything that must follow them; harmless when nothing is to do.

    Needs a connection of the owner role (``CAREWARD_DB_ROLE=owner``).
    """
    call_command("migrate", interactive=False, verbosity=verbosity)
    after_migrating()


def after_migrating() -> None:
    """The cache table, the app role's rights, the journal's closed doors and its digests."""
    call_command("createcachetable", verbosity=0)
    with connection.cursor() as cursor:
        close_side_doors(cursor)
        write_digests(cursor)
    grant_app_role(connection, append_only=append_only_tables(), role=app_role(os.environ))
