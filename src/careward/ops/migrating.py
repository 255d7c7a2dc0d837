"""Bringing the database to the code's state, as the owner role."""

from django.core.management import call_command
from django.db import connection

from careward.journal.database import close_side_doors, event_tables
from careward.store.grants import grant_app_role


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
    grant_app_role(connection, append_only=event_tables())
