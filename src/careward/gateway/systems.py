"""What the gateway asks about a system that uploads for many institutions (decision 0041)."""

from collections.abc import Collection
from typing import cast
from uuid import UUID

from django.db.models import QuerySet

from careward.flow import Refused
from careward.gateway.backend import Attempt, DeliveryRefused, Guest, Key, Lane
from careward.gateway.paths import final_name
from careward.intake.publishing import specification_in_force
from careward.kernel import clock
from careward.kernel.networks import parse_source
from careward.provisioning.models import AccountKey, SystemAccount, UploadAccount
from careward.provisioning.system_acts import account_for, called_by_name, lanes_of, opens_at


def guest_of(username: str) -> Guest | None:
    """The system's account of a name as it stands now; None when there is none of that name."""
    system = SystemAccount.objects.filter(username=username).first()
    if system is None or not username:
        return None
    keys = AccountKey.objects.filter(system=system).valid_at(clock.now())
    return Guest(
        account_id=str(system.pk),
        username=system.username,
        institution_code="",
        lanes=_lanes(system),
        networks=tuple(parse_source(entry, allow_loopback=True) for entry in system.networks),
        password_hash=None,
        keys=tuple(Key(key.line, key.valid_to) for key in keys),
        open_from=opens_at(system) or system.opened_at,
        open_until=None,
        system=True,
        specification=specification_in_force().version,
    )


def welcome(guests: Collection[Guest]) -> set[Guest]:
    """Those of some systems' guests who may stay: account, address and key that let them in still stand."""
    now = SystemAccount.objects.in_bulk({UUID(guest.account_id) for guest in guests})
    keys = AccountKey.objects.filter(system__in=now).valid_at(clock.now())
    lines = {(str(key.system_id), key.line) for key in keys}
    return {
        guest
        for guest in guests
        if (system := now.get(UUID(guest.account_id))) is not None
        and _lanes(system) == guest.lanes
        and {parse_source(one, allow_loopback=True) for one in system.networks}.issuperset(guest.networks)
        and all((guest.account_id, key.line) in lines for key in guest.keys)
    }


def institutions_of(guest: Guest) -> QuerySet[UploadAccount]:
    """The institutions' accounts a system uploads, or has uploaded, for."""
    mode = SystemAccount.objects.get(pk=guest.account_id).mode
    return UploadAccount.objects.through_system(mode)


def account_of_file(guest: Guest, name: str) -> UploadAccount:
    """Whose file it is, by its name. Raises :class:`DeliveryRefused` with the reason for the client."""
    try:
        return account_for(SystemAccount.objects.get(pk=guest.account_id), name, clock.now())
    except Refused as refused:
        raise DeliveryRefused(refused.code, refused.message) from refused


def whose(attempt: Attempt) -> UUID | None:
    """The institution's account a system's attempt was for, by the name of the file; None for all without one."""
    if not attempt.file or not attempt.account_id:
        return None
    system = SystemAccount.objects.get(pk=attempt.account_id)
    found = called_by_name(system, final_name(attempt.file), attempt.at)
    return found.pk if found else None


def _lanes(system: SystemAccount) -> tuple[Lane, ...]:
    return tuple(cast("Lane", lane) for lane in lanes_of(system))
