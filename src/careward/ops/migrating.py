"""Bringing the database to the code's state, as the owner role."""

import os

from django.core.management import call_command
from django.db import ProgrammingError, connection
from django.db.migrations.executor import MigrationExecutor

from careward.journal.database import close_side_doors, event_tables
from careward.store.database import app_role
from careward.store.grants import grant_app_role


def is_current() -> bool:
    """Whether the database has every migration of the code; a look that costs no start of another process."""
    try:
        executor = MigrationExecutor(connection)
        return not executor.migration_plan(executor.loader.graph.leaf_nodes())
    except ProgrammingError:
        return False


def migrate(*, verbosity: int = 0) -> None:
    """Run all migrations and everything that must follow them; harmless when nothing is to do.

    Needs a connection of the owner role (``CAREWARD_DB_ROLE=owner``).
    """
    call_command("migrate", interactive=False, verbosity=verbosity)
    after_migrating()


def after_migrating() -> None:
    """The cache table, the app role's rights, the journal's closed doors."""
    call_command("createcachetable", verbosity=0)
    with connection.cursor() as cursor:
        close_side_doors(cursor)
    grant_app_role(connection, append_only=event_tables(), role=app_role(os.environ))
