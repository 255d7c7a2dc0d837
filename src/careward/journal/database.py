"""What closes the journal in the database itself, run by the owner role after every migration."""

from collections.abc import Mapping
from typing import Final

from django.apps import apps
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from careward.journal.models import RowDigest, Seal

_NO_SIDE_DOOR = """
CREATE OR REPLACE FUNCTION "_pgtrigger_should_ignore"(trigger_name NAME) RETURNS BOOLEAN AS $$
    SELECT FALSE
$$ LANGUAGE SQL IMMUTABLE;
"""

ROW_FORM: Final[Mapping[str, str]] = {
    "TimeZone": "UTC",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "iso_8601",
    "bytea_output": "hex",
    "extra_float_digits": "1",
}
"""Settings under which a row has one text, whoever's session writes it."""

_SETTINGS = " ".join(f"SET \"{name}\" = '{value}'" for name, value in ROW_FORM.items())
_DIGEST = """
CREATE OR REPLACE FUNCTION "journal_write_digest"() RETURNS trigger LANGUAGE plpgsql
SET "search_path" = pg_catalog, pg_temp {settings}
AS $$ BEGIN
    INSERT INTO public."journal_digest" ("event_table", "event_id", "columns", "digest") VALUES (
        TG_TABLE_NAME, NEW."pgh_id",
        (SELECT count(*) FROM pg_attribute WHERE attrelid = TG_RELID AND attnum > 0 AND NOT attisdropped),
        sha256(convert_to(TG_TABLE_NAME || ' ' || NEW::text, 'UTF8')));
    RETURN NULL;
END $$;
"""
_TRIGGER = """
CREATE TRIGGER "journal_digest" AFTER INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION "journal_write_digest"()
"""
_CATCH_UP = """
INSERT INTO "journal_digest" ("event_table", "event_id", "columns", "digest")
SELECT %s, e."pgh_id", %s, sha256(convert_to(%s || ' ' || e::text, 'UTF8')) FROM {table} e
WHERE NOT EXISTS (SELECT FROM "journal_digest" WHERE "event_table" = %s) ORDER BY e."pgh_id"
"""
_COLUMNS = """
SELECT attname FROM pg_attribute
WHERE attrelid = to_regclass(quote_ident(%s)) AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""
_WITH_TRIGGER = """
SELECT relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
WHERE tgname = 'journal_digest' AND tgenabled <> 'D' AND relnamespace = 'public'::regnamespace
"""


def event_tables() -> tuple[str, ...]:
    """Names of all event tables, sorted."""
    from pghistory.models import Event

    return tuple(
        sorted(m._meta.db_table for m in apps.get_models() if issubclass(m, Event) and m._meta.managed)
    )


def append_only_tables() -> tuple[str, ...]:
    """What the app role may read and add to, and nothing else: events, their digests, the seals."""
    return (*event_tables(), RowDigest._meta.db_table, Seal._meta.db_table)


def tables_without_digests(cursor: CursorWrapper) -> tuple[str, ...]:
    """Event tables whose rows are not digested, sorted; none after :func:`write_digests`."""
    cursor.execute(_WITH_TRIGGER)
    digested = {name for (name,) in cursor.fetchall()}
    return tuple(table for table in event_tables() if table not in digested)


def write_digests(cursor: CursorWrapper) -> None:
    """Have every event table's rows digested as they are written.

    A table never digested before is caught up with. One whose trigger was switched off is not: what was added
    meanwhile stays without digest, and verifying names it.
    """
    with transaction.atomic():
        cursor.execute(_DIGEST.format(settings=_SETTINGS))
        use_row_form(cursor)
        for table in tables_without_digests(cursor):
            quoted = connection.ops.quote_name(table)
            cursor.execute(f'DROP TRIGGER IF EXISTS "journal_digest" ON {quoted}')
            cursor.execute(_TRIGGER.format(table=quoted))
            columns = len(columns_of(cursor, table))
            cursor.execute(_CATCH_UP.format(table=quoted), [table, columns, table, table])


def use_row_form(cursor: CursorWrapper) -> None:
    """Give rows their one text form until the transaction ends."""
    for name, value in ROW_FORM.items():
        cursor.execute("SELECT set_config(%s, %s, true)", [name, value])


def columns_of(cursor: CursorWrapper, table: str) -> tuple[str, ...]:
    """The columns of a table in the order they were made."""
    cursor.execute(_COLUMNS, [table])
    return tuple(name for (name,) in cursor.fetchall())


def doors_are_closed(cursor: CursorWrapper) -> bool:
    """Whether :func:`close_side_doors` holds: no trigger can be told to look away."""
    cursor.execute("SELECT set_config('pgtrigger.ignore', '{x}', true), _pgtrigger_should_ignore('x')")
    row = cursor.fetchone()
    return row is not None and row[1] is False


def close_side_doors(cursor: CursorWrapper) -> None:
    """Take away pgtrigger's switch that lets a session ignore triggers: a setting any connection may write."""
    cursor.execute(_NO_SIDE_DOOR)
