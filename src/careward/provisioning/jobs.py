"""Letters about a system's account, apart from the act: it works at once, and there is one to every institution."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from django.db import transaction
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from careward.accounts.models import Role, User
from careward.correspondence import post
from careward.correspondence.models import Letter
from careward.journal import Actor, acting
from careward.provisioning.models import SystemAccount, UploadAccount
from careward.provisioning.rules import MAY_UPLOAD, right_of

WORKER = Actor.system("worker")
_LETTERS: Final[Mapping[str, tuple[str, str]]] = {
    "suspended": ("system_account_suspended", "system_suspended"),
    "resumed": ("system_account_resumed", "system_resumed"),
    "closed": ("system_account_closed", "system_suspended"),
    "keyless": ("system_account_key_ended", "system_suspended"),
    "key_ended": ("system_account_key_ended", ""),
}
"""What may be told of a system: the vendor's letter, and the institutions', empty where nothing stops for them."""


@app.task(
    queue="letters",
    retry=RetryStrategy(max_attempts=6, exponential_wait=5),
    name="provisioning.tell_of_system",
)
def tell_of_system(system_id: str, what: str, at: str, reason: str, key: str = "") -> None:
    """Write to the vendor, and to every institution the system uploads for where that stops or goes on.

    ``what``: one of :data:`_LETTERS`; ``key`` is the fingerprint of the one that ended. A second run for the same
    moment ``at`` writes to those who have no letter yet.
    """
    to_vendor, to_institution = _LETTERS[what]
    system, moment = SystemAccount.objects.get(pk=system_id), datetime.fromisoformat(at)
    depending = list(_depending_on(system, moment)) if to_institution else []
    with transaction.atomic(), acting(WORKER, "system_account.tell"):
        locked = SystemAccount.objects.select_for_update().get(pk=system.pk)
        vendors = User.objects.filter(role=Role.VENDOR, is_active=True)
        if not _told(locked, to_vendor, moment) and vendors.exists():
            left = locked.system_keys.not_ended_at(moment).exists()
            post(to_vendor, locked, reason=reason, institutions=len(depending), key=key, keys_left=left)
    for account in depending:
        with transaction.atomic(), acting(WORKER, "system_account.tell"):
            held = UploadAccount.objects.select_for_update().get(pk=account.pk)
            if not _told(held, to_institution, moment):
                post(to_institution, held, reason=reason)


def _depending_on(system: SystemAccount, at: datetime) -> Iterator[UploadAccount]:
    """The accounts it uploads for, now or from the season's opening on."""
    mine = UploadAccount.objects.through_system(system.mode).filter(state__in=MAY_UPLOAD)
    for account in mine.select_related("institution", "application").order_by("pk"):
        ends = right_of(account).ends
        if ends is None or at < ends:
            yield account


def _told(subject: SystemAccount | UploadAccount, letter: str, since: datetime) -> bool:
    return Letter.objects.about(subject).filter(kind=letter, created_at__gte=since).exists()
