"""What closes the journal in the database itself, run by the owner role after every migration."""

from django.apps import apps
from django.db.backends.utils import CursorWrapper

_NO_SIDE_DOOR = """
CREATE OR REPLACE FUNCTION "_pgtrigger_should_ignore"(trigger_name NAME) RETURNS BOOLEAN AS $$
    SELECT FALSE
$$ LANGUAGE SQL IMMUTABLE;
"""


def event_tables() -> tuple[str, ...]:
    """Names of all event tables, sorted."""
    from pghistory.models import Event

    return tuple(
        sorted(m._meta.db_table for m in apps.get_models() if issubclass(m, Event) and m._meta.managed)
    )


def doors_are_closed(cursor: CursorWrapper) -> bool:
    """Whether :func:`close_side_doors` holds: no trigger can be told to look away."""
    cursor.execute("SELECT set_config('pgtrigger.ignore', '{x}', true), _pgtrigger_should_ignore('x')")
    row = cursor.fetchone()
    return row is not None and row[1] is False


def close_side_doors(cursor: CursorWrapper) -> None:
    """Take away pgtrigger's switch that lets a session ignore triggers: a setting any connection may write."""
    cursor.execute(_NO_SIDE_DOOR)
