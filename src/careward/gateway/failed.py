"""Failed sign-ins of a source, of accounts and of strangers, in one question: every session waits for it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection

from careward.gateway.backend import Outcome
from careward.gateway.models import FAILED_SIGN_INS

_FAILED: Final = """
SELECT "id", "username", "at", 1 FROM "gateway_connectionattempt"
    WHERE "source" = %s AND "at" > %s AND "outcome" = ANY(%s)
UNION ALL
SELECT 0, "username", "last_at", "times" FROM "gateway_stranger"
    WHERE "source" = %s AND "last_at" > %s AND "outcome" = %s
"""


@dataclass(frozen=True, slots=True)
class Failed:
    """A failed sign-in; ``row`` tells which came later. A stranger's, 0, stands for ``times`` of them in a minute."""

    row: int
    username: str
    at: datetime
    times: int


def failed_from(source: str, since: datetime) -> list[Failed]:
    """Those after ``since``, of accounts and of strangers."""
    with connection.cursor() as cursor:
        wanted = [str(outcome) for outcome in FAILED_SIGN_INS]
        cursor.execute(_FAILED, [source, since, wanted, source, since, str(Outcome.ACCOUNT_UNKNOWN)])
        return [Failed(*row) for row in cursor.fetchall()]
