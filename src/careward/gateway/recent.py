"""What happened last to an account or a system, for 連線自我檢測: its own attempts, and wrong names tried beside it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from careward.gateway.models import ConnectionAttempt, Stranger
from careward.kernel import clock
from careward.provisioning.models import SystemAccount, UploadAccount

MOST_SHOWN: Final = 50
_NAMES_FOR: Final = timedelta(days=1)
"""As long as the names strangers tried are kept one by one (:mod:`careward.gateway.strangers`)."""


def happened_to(account: UploadAccount) -> list[ConnectionAttempt | Stranger]:
    """The last things that happened to an account, newest first.

    With them the names no account has that were tried from its addresses: most are its own name written wrong.
    """
    own: list[ConnectionAttempt | Stranger] = [*ConnectionAttempt.objects.newest(account, MOST_SHOWN)]
    since = clock.now() - _NAMES_FOR
    tried = Stranger.objects.unknown_names_from(_nobody_elses(account), since)[:MOST_SHOWN]
    return sorted([*own, *tried], key=lambda one: one.at, reverse=True)[:MOST_SHOWN]


def happened_to_system(system: SystemAccount) -> list[ConnectionAttempt]:
    """The last things that happened to a system's account, newest first."""
    return list(ConnectionAttempt.objects.newest(system, MOST_SHOWN))


def _nobody_elses(account: UploadAccount) -> Sequence[str]:
    """The addresses no other institution comes from: what is tried from a shared one may be the other's."""
    others = UploadAccount.objects.exclude(institution=account.institution)
    return [network for network in account.networks if not others.from_any_of([network]).exists()]
