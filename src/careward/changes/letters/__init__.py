"""Letters about a change: to the application's mailbox, the county and the vendor, without a person's name."""

from collections.abc import Mapping

from careward import rulebook
from careward.accounts.models import MailedLink
from careward.applications.models import Application
from careward.applications.rules import say_until
from careward.changes.acts import officers_of
from careward.changes.linking import new_link, standing_link
from careward.changes.models import ConnectionChange, ListRelease
from careward.changes.releasing import vendor_mailboxes
from careward.correspondence import Address, LetterKind, letter
from careward.correspondence.links import placeholder
from careward.rulebook import NATIONWIDE


def _of(application: Application, link: MailedLink | None) -> Mapping[str, object]:
    season = application.rules
    return {
        "application": application,
        "season": season,
        "window": season.contact_window(application.institution_type),
        **({"link": placeholder(link.seed), "expires": say_until(link.expires_at)} if link else {}),
    }


@letter("change_link")
class ChangeLink(LetterKind[Application]):
    """The link behind which a change is asked for; older ones die."""

    def address(self, subject: Application) -> Address:
        """The application's mailbox, nobody else."""
        return Address(to=(subject.mailbox,))

    def context(self, subject: Application) -> Mapping[str, object]:
        """A fresh link."""
        return _of(subject, new_link(subject))


class ToInstitution(LetterKind[ConnectionChange]):
    """To the application's mailbox: what is changed, without any name."""

    def address(self, subject: ConnectionChange) -> Address:
        """The application's mailbox, nobody else."""
        return Address(to=(subject.application.mailbox,))

    def context(self, subject: ConnectionChange) -> Mapping[str, object]:
        """The change, its list, and what it is about."""
        listed = subject.listed
        return {
            **_of(subject.application, None),
            "change": subject,
            "what": [difference.label for difference in subject.differences],
            "month": str(listed.month.month) if listed else "",
            "year": listed.month.year if listed else "",
            "frozen": subject.list_frozen_at,
        }


class WithLink(ToInstitution):
    """With the link that goes on with it."""

    def context(self, subject: ConnectionChange) -> Mapping[str, object]:
        """The link in force beside."""
        return {**super().context(subject), **_of(subject.application, standing_link(subject.application))}


class CopiedToCounty(ToInstitution):
    """Copied to the county unit that reviewed it."""

    def address(self, subject: ConnectionChange) -> Address:
        """The application's mailbox; the officers in copy."""
        return Address(to=(subject.application.mailbox,), cc=tuple(officers_of(subject)))


@letter("change_received")
class ChangeReceived(WithLink):
    """A receipt: it has arrived, how to withdraw it."""


@letter("change_cancelled")
class ChangeCancelled(ToInstitution):
    """It was withdrawn; what is in force stays."""


@letter("change_returned")
class ChangeReturned(WithLink):
    """Given back, why, and how to mend it."""


@letter("change_refused")
class ChangeRefused(ToInstitution):
    """不同意, and why."""


@letter("change_approved")
class ChangeApproved(ToInstitution):
    """同意: the list it stands on, and when that is frozen."""


@letter("change_processed")
class ChangeProcessed(CopiedToCounty):
    """It has taken effect."""


@letter("change_failed")
class ChangeFailed(CopiedToCounty):
    """It could not be processed, and why."""


@letter("change_arrived")
class ChangeArrived(ToInstitution):
    """To the county unit: a change waits for review."""

    def address(self, subject: ConnectionChange) -> Address:
        """The officers of the unit that reviews it."""
        return Address(to=tuple(officers_of(subject)))


@letter("change_list_released")
class ChangeListReleased(LetterKind[ListRelease]):
    """To the vendor: a list is ready to be processed."""

    def address(self, subject: ListRelease) -> Address:
        """Everybody of the vendor."""
        return Address(to=vendor_mailboxes())

    def context(self, subject: ListRelease) -> Mapping[str, object]:
        """Season, month, and the office."""
        book = rulebook.current()
        season = book.season(subject.season, county=NATIONWIDE)
        month = season.changes.lists[subject.month].month
        office = book.types.central_units[subject.unit].label
        return {"season": season, "year": month.year, "month": str(month.month), "office": office}
