"""Questions PostgreSQL plans once for each connection: of a small one that comes with every file, planning is the most.

Django's cursors put the values into the text, so that each question is a new one to PostgreSQL.
"""

from collections.abc import Mapping, Sequence
from typing import Any, LiteralString

import psycopg
from django.db import connection


def ask(sql: LiteralString, values: Sequence[object] | Mapping[str, object]) -> list[tuple[Any, ...]]:
    """Give the rows of one SELECT, with ``%s`` or ``%(name)s`` for each value. Raises what a cursor of Django raises.

    It is no change, so the journal need not hear of it.
    """
    connection.ensure_connection()
    wire = connection.connection
    with connection.wrap_database_errors, psycopg.Cursor(wire) as cursor:
        wire.prepare_threshold = 0
        try:
            cursor.execute(sql, values, prepare=True)
        finally:
            wire.prepare_threshold = (
                None  # as Django has it: the journal's pairs of statements cannot be prepared
            )
        return cursor.fetchall()
