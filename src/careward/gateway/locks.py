"""Which sources of an account are locked now after failed sign-ins, and until when: for whoever has to wait."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from careward.gateway.defence import locked_until
from careward.gateway.failed import failures
from careward.gateway.policy import Policy
from careward.kernel import clock
from careward.provisioning.models import UploadAccount
from careward.rulebook import current


class Tried(Protocol):
    """What is asked of an attempt."""

    @property
    def source(self) -> str:
        """From where."""


@dataclass(frozen=True, slots=True)
class Lock:
    """``source`` is refused until ``ends``, with the right password too; other sources are not."""

    source: str
    ends: datetime


def locks_of(account: UploadAccount, attempts: Sequence[Tried]) -> list[Lock]:
    """The locks in force of an account, among the sources of its list that were seen last."""
    policy, now = Policy.from_rules(current().policies), clock.now()
    sources = [source for source in dict.fromkeys(one.source for one in attempts) if account.admits(source)]
    found = ((source, _ends(policy, account.username, source, now)) for source in sources)
    return [Lock(source, ends) for source, ends in found if ends is not None and now < ends]


def _ends(policy: Policy, username: str, source: str, now: datetime) -> datetime | None:
    seen = failures(username, source, now - 2 * policy.lock_time)
    ends = (
        locked_until(seen.of_pair, policy.failures_before_lock, policy.lock_time),
        locked_until(seen.of_source, policy.source_failures_before_lock, policy.lock_time),
    )
    return max((end for end in ends if end is not None), default=None)
