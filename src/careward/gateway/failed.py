"""Failed sign-ins of a source, of accounts and of strangers, in one question: every session waits for it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from careward.gateway.backend import Failures
from careward.gateway.models import ConnectionAttempt
from careward.store.planned import ask

_FAILED: Final = """
SELECT "id", "username", "at", 1 FROM "gateway_connectionattempt"
    WHERE "source" = %(source)s AND "at" > %(since)s AND "outcome" IN ('password_wrong', 'account_unknown')
UNION ALL
SELECT 0, "username", "last_at", "times" FROM "gateway_stranger"
    WHERE "source" = %(source)s AND "last_at" > %(since)s AND "outcome" = 'account_unknown'
"""
"""The outcomes are those of the index of failed sign-ins, which is found by them alone."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A failed sign-in; ``row`` tells which came later. A stranger's, 0, stands for ``times`` of them in a minute."""

    row: int
    username: str
    at: datetime
    times: int


def failures(username: str, source: str, since: datetime) -> Failures:
    """The failed sign-ins of an account from a source after ``since``, and all of the source.

    A success clears the account's before it, by the order of rows.
    """
    failed = failed_from(source, since)
    success = (
        ConnectionAttempt.objects.last_success(username, source) if any(one.row for one in failed) else 0
    )
    of_pair = (one for one in failed if one.username == username and (not one.row or one.row > success))
    return Failures(_moments(of_pair), _moments(failed))


def _moments(failed: Iterable[Failed]) -> tuple[datetime, ...]:
    return tuple(sorted(one.at for one in failed for _ in range(one.times)))


def failed_from(source: str, since: datetime) -> list[Failed]:
    """Those after ``since``, of accounts and of strangers."""
    return [Failed(*row) for row in ask(_FAILED, {"source": source, "since": since})]
