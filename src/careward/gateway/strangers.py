"""Counting what strangers try, and letting it go when its time is over."""

from datetime import timedelta
from typing import Final

from django.db import connection

from careward.gateway.backend import Attempt, Outcome
from careward.gateway.models import Stranger
from careward.kernel import clock
from careward.rulebook import current

_LONGEST: Final = 64
_DETAILED_FOR: Final = timedelta(days=1)

_COUNT = """
INSERT INTO "gateway_stranger" ("source", "username", "outcome", "first_at", "last_at", "times")
VALUES (%s, %s, %s, date_trunc('minute', %s::timestamptz), %s, 1)
ON CONFLICT ("source", "username", "outcome", "first_at")
DO UPDATE SET "last_at" = EXCLUDED."last_at", "times" = "gateway_stranger"."times" + 1
"""
_COLLAPSE = """
WITH "old" AS (
    DELETE FROM "gateway_stranger"
    WHERE "last_at" < %s AND ("username" <> '' OR "first_at" <> date_trunc('day', "first_at"))
    RETURNING "source", "outcome", "first_at", "last_at", "times"
)
INSERT INTO "gateway_stranger" ("source", "username", "outcome", "first_at", "last_at", "times")
SELECT "source", '', "outcome", date_trunc('day', "first_at"), max("last_at"), sum("times")
FROM "old" GROUP BY "source", "outcome", date_trunc('day', "first_at")
ON CONFLICT ("source", "username", "outcome", "first_at") DO UPDATE SET
    "last_at" = greatest("gateway_stranger"."last_at", EXCLUDED."last_at"),
    "times" = "gateway_stranger"."times" + EXCLUDED."times"
"""


def count(attempt: Attempt) -> None:
    """Count one attempt without an account; a locked source's names are not kept, since they never end."""
    name = "" if attempt.outcome is Outcome.LOCKED else attempt.username[:_LONGEST]
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [attempt.source, name, attempt.outcome, attempt.at, attempt.at])


def tidy() -> int:
    """Make one row a day of what is older than a day, and remove what was kept long enough; how many went."""
    at = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(_COLLAPSE, [at - _DETAILED_FOR])
    kept = timedelta(days=current().policies.gateway.strangers_kept_days.value)
    removed, _ = Stranger.objects.filter(last_at__lt=at - kept).delete()
    return removed
