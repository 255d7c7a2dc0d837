"""What changes the keys of an upload account: the institution's own, and its system vendor's."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models.functions import Greatest

from careward.applications.models import Application
from careward.correspondence import post
from careward.flow import Refusal, Step, act, after, guard
from careward.provisioning.models import AccountKey, UploadAccount
from careward.rulebook import current
from careward.vendors.keys import RefusedKey, public_line
from careward.vendors.models import SystemVendor


@dataclass(frozen=True, slots=True)
class VendorKey:
    """The public key the chosen vendor has registered in the directory, as ``authorized_keys`` writes it."""

    vendor: SystemVendor
    line: str

    @property
    def fingerprint(self) -> str:
        """As OpenSSH shows it."""
        return AccountKey(line=self.line).fingerprint


def vendor_key_of(application: Application) -> VendorKey | None:
    """The key of the vendor chosen by its code; None when it was typed, left the directory or uses passwords."""
    vendor = SystemVendor.objects.with_code(application.vendor_code)
    if vendor is None or not vendor.public_key:
        return None
    try:
        return VendorKey(vendor, public_line(vendor.public_key))
    except RefusedKey:
        return None


def vendor_key_to_offer(account: UploadAccount, at: datetime) -> VendorKey | None:
    """The vendor's key while it does not open the account yet, or no more: the vendor may have changed it since."""
    key = vendor_key_of(account.application)
    if key is None or account.account_keys.not_ended_at(at).filter(line=key.line, valid_to=None).exists():
        return None
    return key


@guard("account", "key_may_be_registered")
def key_may_be_registered(step: Step[UploadAccount]) -> Refusal | None:
    """Each key once, and not more at a time than a change with overlap needs."""
    account = step.subject
    valid = account.account_keys.not_ended_at(step.at)
    if valid.filter(line=step.facts["line"], valid_to=None).exists():
        return Refusal("key_is_there")
    most = current().policies.gateway.keys_per_account.value
    return Refusal("too_many_keys", {"most": most}) if valid.count() >= most else None


@guard("account", "vendor_has_key")
def vendor_has_key(step: Step[UploadAccount]) -> Refusal | None:
    """Only the key that the chosen vendor has registered now."""
    key = vendor_key_of(step.subject.application)
    return None if key is not None and key.line == step.facts["line"] else Refusal("vendor_has_no_key")


@guard("account", "key_is_valid")
def key_is_valid(step: Step[UploadAccount]) -> Refusal | None:
    """What has ended is not ended again."""
    valid = step.subject.account_keys.not_ended_at(step.at).filter(pk=step.facts["key"])
    return None if valid.exists() else Refusal("key_ended_already")


@act("account", "register_key")
def register_key(step: Step[UploadAccount], *, line: str) -> None:
    """Let a public key open the account from now on; older ones stay valid for the overlap, so nothing breaks.

    ``line`` is what :func:`careward.vendors.keys.public_line` gives. The waiting secret is not needed any more.
    The vendor's key is not one of the older ones: vendor and institution change theirs each for itself.
    """
    account = step.subject
    _add(account, line, "", step.at)
    if account.secret_is_waiting(step.at):
        account.secret_revealed_at = step.at


@act("account", "register_vendor_key")
def register_vendor_key(step: Step[UploadAccount], *, line: str) -> None:
    """Let the chosen vendor's key open the account; one it used before stays valid for the overlap.

    The secret still waits: what the vendor can do, the institution shall be able to do itself (S0 帳號開通).
    """
    _add(step.subject, line, step.subject.application.vendor_code, step.at)


@act("account", "end_key")
def end_key(step: Step[UploadAccount], *, key: int) -> None:
    """Let a key open the account no more, from this moment: the vendor is another one now, or the key is lost."""
    _end(step, key)


@act("account", "revoke_key")
def revoke_key(step: Step[UploadAccount], *, key: int, reason: str) -> None:
    """End a key for the institution without stopping its account; institution and county hear why."""
    ended = _end(step, key)
    valid = step.subject.account_keys.not_ended_at(step.at).exists()
    other_way = valid or bool(step.subject.password_hash)
    post("account_key_ended", step.subject, key=ended.fingerprint, reason=reason.strip(), other_way=other_way)


def _end(step: Step[UploadAccount], key: int) -> AccountKey:
    ended = step.subject.account_keys.get(pk=key)
    ended.valid_to = max(ended.valid_from, step.at)
    ended.save(update_fields=["valid_to"])
    return ended


@after("account", "create")
def take_vendor_key(step: Step[UploadAccount]) -> None:
    """A new account opens to the vendor the institution chose by its code; the account's letter says so."""
    key = vendor_key_of(step.subject.application)
    if key is not None:
        register_vendor_key(step.subject, step.by, line=key.line)


def end_keys(account: UploadAccount, at: datetime) -> None:
    """No key opens the account any more. Call it inside an act."""
    account.account_keys.not_ended_at(at).update(valid_to=Greatest("valid_from", at))


def _add(account: UploadAccount, line: str, vendor_code: str, at: datetime) -> None:
    overlap = timedelta(days=current().policies.gateway.key_overlap_days.value)
    for older in account.account_keys.filter(valid_to=None, vendor_code=vendor_code):
        older.valid_to = at + overlap
        older.save(update_fields=["valid_to"])
    AccountKey.objects.create(account=account, line=line, valid_from=at, vendor_code=vendor_code)
