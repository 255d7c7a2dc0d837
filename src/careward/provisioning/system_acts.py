"""What changes a system's account, and for which institution a file of its is."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db.models.functions import Greatest

from careward.flow import Refusal, Refused, Step, act, guard
from careward.kernel.text import nfkc
from careward.kernel.texts import text
from careward.provisioning.models import AccountKey, SystemAccount, UploadAccount
from careward.provisioning.rules import MAY_UPLOAD, right_of
from careward.provisioning.stops import begin_stop, end_stop, end_stops_of_mode
from careward.provisioning.systems import IN_USE
from careward.rulebook import NATIONWIDE, current

_LANES: Final = ("live", "test")


@guard("system_account", "only_one")
def only_one(step: Step[SystemAccount]) -> Refusal | None:
    """A mode has one system, and that one account."""
    there = SystemAccount.objects.of_mode(step.subject.mode)
    return Refusal("system_account_exists") if there else None


@guard("system_account", "key_may_be_registered")
def key_may_be_registered(step: Step[SystemAccount]) -> Refusal | None:
    """Each key once, and not more at a time than a change with overlap needs."""
    valid = AccountKey.objects.filter(system=step.subject).not_ended_at(step.at)
    if valid.filter(line=step.facts["line"], valid_to=None).exists():
        return Refusal("key_is_there")
    most = current().policies.gateway.keys_per_account.value
    return Refusal("too_many_keys", {"most": most}) if valid.count() >= most else None


@guard("system_account", "key_is_valid")
def key_is_valid(step: Step[SystemAccount]) -> Refusal | None:
    """What has ended is not ended again."""
    valid = step.subject.system_keys.not_ended_at(step.at).filter(pk=step.facts["key"])
    return None if valid.exists() else Refusal("key_ended_already")


@guard("system_account", "reason_given")
def reason_given(step: Step[SystemAccount]) -> Refusal | None:
    """Who stops the uploads of many institutions says why."""
    return None if str(step.facts.get("reason", "")).strip() else Refusal("reason_missing")


@act("system_account", "open")
def open_account(step: Step[SystemAccount]) -> None:
    """Open it: ``subject`` is unsaved and carries mode, name and address list; nobody gets in before a key is there."""
    step.subject.opened_at = step.at


@act("system_account", "change_sources")
def change_system_sources(step: Step[SystemAccount], *, sources: Sequence[str]) -> None:
    """Put another address list in force at once; ``sources`` are CIDR texts that were accepted before."""
    step.subject.networks = list(sources)


@act("system_account", "register_key")
def register_system_key(step: Step[SystemAccount], *, line: str) -> None:
    """Let a public key open the account from now on; older ones stay valid for the overlap.

    With the first one files can come again: what the closing of the account before, or the end of its last key, had
    stopped goes on, and who was told of that hears of this.
    """
    if end_stops_of_mode(step.subject.mode, step.at):
        _tell(step, "resumed")
    overlap = timedelta(days=current().policies.gateway.key_overlap_days.value)
    older = AccountKey.objects.filter(system=step.subject, valid_to=None)
    older.update(valid_to=step.at + overlap)
    AccountKey.objects.create(system=step.subject, line=line, valid_from=step.at)


@act("system_account", "end_key")
def end_system_key(step: Step[SystemAccount], *, key: int, reason: str) -> None:
    """Let a key open it no more; the gateway ends the connections that came in by it. The vendor hears of it.

    With the last key nothing comes any more: that is a stop, of which the institutions hear, too.
    """
    system = step.subject
    ended = system.system_keys.get(pk=key)
    ended.valid_to = max(ended.valid_from, step.at)
    ended.save(update_fields=["valid_to"])
    left = system.system_keys.not_ended_at(step.at).exists()
    if not left:
        begin_stop(system, step.at, reason.strip())
    what = "key_ended" if left or system.state != IN_USE else "keyless"
    _tell(step, what, reason.strip(), key=ended.fingerprint)


@act("system_account", "suspend")
def suspend_system(step: Step[SystemAccount], *, reason: str) -> None:
    """Stop all its uploads at once; the gateway ends open connections. Vendor and institutions hear of it."""
    step.subject.suspended_reason = reason.strip()
    begin_stop(step.subject, step.at, step.subject.suspended_reason)
    _tell(step, "suspended", step.subject.suspended_reason)


@act("system_account", "resume")
def resume_system(step: Step[SystemAccount]) -> None:
    """Let the uploads go on with the same keys and list; vendor and institutions hear of it.

    When its last key ended meanwhile they go on with the next one: see :func:`register_system_key`.
    """
    step.subject.suspended_reason = ""
    if step.subject.system_keys.not_ended_at(step.at).exists():
        end_stop(step.subject, step.at)
        _tell(step, "resumed")


def _tell(step: Step[SystemAccount], what: str, reason: str = "", key: str = "") -> None:
    from careward.provisioning.jobs import tell_of_system

    at = step.at.isoformat()
    tell_of_system.defer(system_id=str(step.subject.pk), what=what, at=at, reason=reason, key=key)


@act("system_account", "close")
def close_system(step: Step[SystemAccount]) -> None:
    """End it for good; its keys end. Until the next is opened nothing comes: vendor and institutions hear of it."""
    reason = text("provisioning:system_closed")
    begin_stop(step.subject, step.at, reason)
    step.subject.system_keys.not_ended_at(step.at).update(valid_to=Greatest("valid_from", step.at))
    _tell(step, "closed", reason)


def opens_at(system: SystemAccount) -> datetime | None:
    """When it may come in first: uploads of a season with an institution it uploads for; None while there is none."""
    mine = UploadAccount.objects.through_system(system.mode).filter(state__in=MAY_UPLOAD)
    seasons = [current().season(c, county=NATIONWIDE) for c in set(mine.values_list("season", flat=True))]
    return min((one.moment("upload_opens").at for one in seasons if one.confirmed), default=None)


def lanes_of(system: SystemAccount) -> tuple[str, ...]:
    """Both lanes: each institution's own right decides, file by file. None while it may do nothing."""
    return _LANES if system.state == IN_USE and opens_at(system) is not None else ()


def account_for(system: SystemAccount, name: str, at: datetime) -> UploadAccount:
    """Whose file it is: the institution code stands after the month, ``staff-11501-1131000009.csv`` [decided].

    Of two seasons the one whose right holds. Raises Refused: name_without_institution, institution_not_connected.
    """
    code = _code_in(name)
    if not code:
        raise _refused("name_without_institution")
    found = called_by_name(system, name, at)
    if found is None or found.state not in MAY_UPLOAD:
        raise _refused("institution_not_connected", code=code)
    return found


def called_by_name(system: SystemAccount, name: str, at: datetime) -> UploadAccount | None:
    """The account of the institution a file's name says, stopped ones too; None where it says none of this system.

    Of several the one whose right holds, else one that may upload at another time, else the newest.
    """
    mine = UploadAccount.objects.through_system(system.mode).filter(institution__code__iexact=_code_in(name))
    found = list(mine.select_related("institution").order_by("-season"))
    found.sort(key=lambda one: one.state not in MAY_UPLOAD)
    return next((one for one in found if right_of(one).holds(at)), found[0] if found else None)


def _code_in(name: str) -> str:
    stem = nfkc(name).rsplit(".", 1)[0].casefold()
    return stem.split("-", 2)[2].strip() if stem.count("-") > 1 else ""


def _refused(reason: str, **values: object) -> Refused:
    return Refused(reason, text(f"provisioning:refusals.{reason}", **values))
