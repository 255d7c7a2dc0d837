"""What changes the directory of system vendors."""

import secrets
from collections.abc import Mapping
from typing import Any, Final

from careward.flow import Refusal, Step, act, guard
from careward.vendors.models import SystemVendor

ALPHABET: Final = "23456789ACDEFHJKMPRTWXY"
"""The signs of application references: none looks or sounds like another."""
LENGTH: Final = 6
CHANGEABLE: Final = ("name", "contact", "phone", "sources", "public_key")


@guard("system_vendor", "only_entry")
def only_entry(step: Step[Any]) -> Refusal | None:
    """A company stands in the directory once, by its 統一編號."""
    others = SystemVendor.objects.listed().filter(business_id=step.subject.business_id)
    return Refusal("listed_already") if others.exists() else None


@guard("system_vendor", "reason_given")
def reason_given(step: Step[Any]) -> Refusal | None:
    """Whoever closes an entry says why; the vendor is told."""
    return None if str(step.facts.get("reason", "")).strip() else Refusal("reason_missing")


@act("system_vendor", "enter")
def enter(step: Step[SystemVendor]) -> None:
    """Enter a vendor: ``subject`` is unsaved; its mailbox gets a link, and nothing counts before that is used."""
    step.subject.entered_at = step.at


@act("system_vendor", "send_link")
def send_link(step: Step[SystemVendor]) -> None:
    """Mail a fresh link to the mailbox of the entry; older ones die."""
    from careward.vendors.letters import new_link

    new_link(step.subject)


@act("system_vendor", "confirm")
def confirm(step: Step[SystemVendor]) -> None:
    """The mailbox is proved and the data are confirmed: the code can be handed out."""
    step.subject.code = _free_code()
    step.subject.listed_at = step.at


@act("system_vendor", "change")
def change(step: Step[SystemVendor], *, changes: Mapping[str, Any]) -> None:
    """Correct the entry; what institutions have sent stays as it was. Raises ValueError for any other field."""
    strangers = set(changes) - set(CHANGEABLE)
    if strangers:
        raise ValueError(f"cannot be changed: {sorted(strangers)}")
    for name, value in changes.items():
        setattr(step.subject, name, value)


@act("system_vendor", "close")
def close(step: Step[SystemVendor], *, reason: str) -> None:
    """Take the entry out of the directory; its code is of no use from now on."""
    step.subject.closed_reason = reason.strip()


def _free_code() -> str:
    while True:
        code = "V" + "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        if not SystemVendor.objects.filter(code=code).exists():
            return code
