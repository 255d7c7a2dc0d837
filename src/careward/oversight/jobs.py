"""What the worker does by the clock: digests, warnings of desks and of accounts.

All are asked of moments, run as often as one likes.
"""

from dataclasses import dataclass

from careward.accounts import warning
from careward.kernel import clock
from careward.oversight.escalating import send_warnings
from careward.oversight.receipts import send_digests


@dataclass(frozen=True, slots=True)
class Sent:
    """How many letters one run posted."""

    digests: int
    warnings: int
    accounts: int


def do_due() -> Sent:
    """Post what is due now."""
    now = clock.now()
    return Sent(send_digests(now), send_warnings(now), warning.send_warnings(now))
