"""What a system vendor receives, at the mailbox it entered."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from careward.accounts.models import MailedLink
from careward.correspondence import Address, LetterKind, letter
from careward.correspondence.links import placeholder
from careward.kernel import clock
from careward.vendors.models import PURPOSE, SystemVendor

LINK_LIVES: Final = timedelta(days=30)
"""Decided: long enough for a company's office; a fresh one can always be asked for."""


def entry_link(vendor: SystemVendor) -> MailedLink:
    """The link in force, so that every letter carries the same; a new one when none is. Call it inside an act."""
    link = (
        MailedLink.objects.not_revoked()
        .filter(purpose=PURPOSE, subject_id=str(vendor.pk), mailbox=vendor.mailbox)
        .first()
    )
    if link and link.is_open(clock.now()):
        return link
    return new_link(vendor)


def new_link(vendor: SystemVendor) -> MailedLink:
    """A fresh link; older ones die."""
    return MailedLink.issue(PURPOSE, str(vendor.pk), vendor.mailbox, clock.now() + LINK_LIVES)


class ToVendor(LetterKind[SystemVendor]):
    """To the mailbox of the entry."""

    def address(self, subject: SystemVendor) -> Address:
        """The mailbox that was entered, nobody else."""
        return Address(to=(subject.mailbox,))

    def context(self, subject: SystemVendor) -> Mapping[str, object]:
        """The entry, and its link."""
        link = entry_link(subject)
        return {"vendor": subject, "link": placeholder(link.seed), "expires": link.expires_at}


@letter("vendor_link")
class VendorLink(ToVendor):
    """Open the entry."""


@letter("vendor_code")
class VendorCode(ToVendor):
    """The code to hand out."""


@letter("vendor_changed")
class VendorChanged(ToVendor):
    """The entry was changed."""


@letter("vendor_closed")
class VendorClosed(ToVendor):
    """The entry was closed, and why."""
