"""Counting attempts in the shared database, so that every process sees the same count.

A row per key, one statement per look: every page that anybody sends passes here (decision 0031).
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models


class Attempts(models.Model):
    """The attempts of one key that are not forgotten yet, by when each will be; oldest first.

    No history and no write-ahead log: a crash of the database itself forgets them (decision 0031).
    """

    key = models.TextField(primary_key=True)
    ends = ArrayField(models.DateTimeField())

    def __str__(self) -> str:
        return f"{self.key}: {len(self.ends)}"


# The database's own clock: the demo's jumps months to and fro, and a lock must end.
_USED: Final = """
SELECT count(*) FROM "accounts_attempts", unnest("ends") AS "end"
WHERE "key" = %s AND "end" > statement_timestamp()
"""
_TAKE: Final = """
INSERT INTO "accounts_attempts" AS "known" ("key", "ends")
VALUES (%(key)s, ARRAY[statement_timestamp() + %(lock)s::interval])
ON CONFLICT ("key") DO UPDATE SET
    "ends" = ARRAY(SELECT "end" FROM unnest("known"."ends") AS "end" WHERE "end" > statement_timestamp())
             || (statement_timestamp() + %(lock)s::interval)
WHERE (SELECT count(*) FROM unnest("known"."ends") AS "end" WHERE "end" > statement_timestamp()) < %(limit)s
"""
_FORGET: Final = 'DELETE FROM "accounts_attempts" WHERE "ends"[cardinality("ends")] <= statement_timestamp()'


@dataclass(frozen=True, slots=True)
class Throttle:
    """At most ``limit`` attempts per key; each is forgotten after ``lock``.

    Looking and counting are one statement under the row's lock: of parallel attempts none goes uncounted.
    """

    name: str
    limit: int
    lock: timedelta

    def exhausted(self, key: str) -> bool:
        """Whether no further attempt is to be looked at."""
        with connection.cursor() as cursor:
            cursor.execute(_USED, [self._key(key)])
            row = cursor.fetchone()
        return row is not None and int(row[0]) >= self.limit

    def count(self, key: str) -> None:
        """Take note of one failure."""
        self.take(key)

    def take(self, key: str) -> bool:
        """Take note of one attempt; False when the key has used up all of them."""
        with connection.cursor() as cursor:
            cursor.execute(
                _TAKE, {"key": self._key(key), "lock": f"{self.lock.total_seconds()} s", "limit": self.limit}
            )
            return bool(cursor.rowcount)

    def _key(self, key: str) -> str:
        return f"{self.name}:{key}"


def forget() -> int:
    """Remove the keys whose every attempt is forgotten; how many."""
    with connection.cursor() as cursor:
        cursor.execute(_FORGET)
        return int(cursor.rowcount)
