"""Whether the database is as the code wants it: asked by the app role before every start."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.db import connection
from psycopg import sql

from careward.journal.database import event_tables
from careward.ops import migrating
from support import database

pytestmark = pytest.mark.django_db


@contextmanager
def _by_the_owner(do: str, undo: str) -> Iterator[psycopg.Connection]:
    with database.owner(str(connection.settings_dict["NAME"])) as owner:
        owner.execute(do)
        try:
            yield owner
        finally:
            owner.execute(undo)


@pytest.fixture(autouse=True)
def _rights_on_the_database_itself(db: None) -> None:
    """Those do not come with a clone of the template, on which the tests run."""
    name = sql.Identifier(str(connection.settings_dict["NAME"]))
    with database.owner() as owner:
        owner.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))


def test_a_migrated_database_is_current() -> None:
    assert migrating.is_current()


def test_a_migration_that_has_not_run_is_not_current() -> None:
    with database.owner(str(connection.settings_dict["NAME"])) as owner:
        newest = "SELECT id, app, name, applied FROM django_migrations ORDER BY id DESC LIMIT 1"
        number, app, name, applied = owner.execute(newest).fetchone()
    row = f"id = {number}"
    again = (
        "INSERT INTO django_migrations (id, app, name, applied)"
        f" OVERRIDING SYSTEM VALUE VALUES ({number}, '{app}', '{name}', '{applied.isoformat()}')"
    )
    with _by_the_owner(f"DELETE FROM django_migrations WHERE {row}", again):
        assert not migrating.is_current()
    assert migrating.is_current()


@pytest.mark.parametrize("right", ["UPDATE", "DELETE", "TRUNCATE"])
def test_a_right_to_rewrite_the_journal_is_not_current(right: str) -> None:
    table = f'"{event_tables()[0]}"'
    change = f"{right} ON {table}"
    with _by_the_owner(f"GRANT {change} TO careward_app", f"REVOKE {change} FROM careward_app"):
        assert not migrating.is_current()
    assert migrating.is_current()


def test_a_migration_that_broke_off_before_its_grants_is_not_current() -> None:
    change = "DELETE ON cache_entries"
    with _by_the_owner(f"REVOKE {change} FROM careward_app", f"GRANT {change} TO careward_app"):
        assert not migrating.is_current()
    assert migrating.is_current()


def test_a_journal_whose_triggers_can_be_told_to_look_away_is_not_current() -> None:
    name = 'FUNCTION "_pgtrigger_should_ignore"(trigger_name NAME) RETURNS BOOLEAN AS'
    opened = f"CREATE OR REPLACE {name} $$ SELECT TRUE $$ LANGUAGE SQL"
    closed = f"CREATE OR REPLACE {name} $$ SELECT FALSE $$ LANGUAGE SQL IMMUTABLE"
    with _by_the_owner(opened, closed):
        assert not migrating.is_current()
    assert migrating.is_current()
