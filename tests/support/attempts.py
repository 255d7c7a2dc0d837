"""Counted attempts, as if time had gone by."""

from datetime import datetime, timedelta

from django.db import connection


def let_pass(time: timedelta) -> None:
    """Let the attempts of all keys lie so much longer back."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_attempts SET ends = ARRAY(SELECT one - %s::interval FROM unnest(ends) one)",
            [f"{time.total_seconds()} s"],
        )


def database_time() -> datetime:
    """The clock by which attempts are counted."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        (now,) = cursor.fetchone()
    assert isinstance(now, datetime)
    return now
