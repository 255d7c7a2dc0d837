"""Letters about an upload account: the account itself, and apart from it the way to its password."""

from collections.abc import Mapping

from django.conf import settings

from careward.accounts.models import MailedLink, Role, User
from careward.applications.models import Application
from careward.correspondence import Address, LetterKind, letter
from careward.correspondence.links import placeholder
from careward.correspondence.models import Letter
from careward.kernel import clock
from careward.provisioning.hostkeys import fingerprints
from careward.provisioning.key_acts import vendor_key_of
from careward.provisioning.models import SystemAccount, UploadAccount
from careward.provisioning.rules import MAY_UPLOAD, right_of
from careward.rulebook import NATIONWIDE, current
from careward.rulebook.season import ContactWindow


def _window(account: UploadAccount) -> ContactWindow:
    return account.rules.contact_window(account.institution.type)


def _officers(kind: str, county: str) -> tuple[str, ...]:
    """The mailboxes of the officers of the unit responsible for this type of institution in a county."""
    unit = current().local_unit(kind, county).id
    officers = User.objects.filter(role=Role.OFFICER, county=county, unit=unit, is_active=True)
    return tuple(officers.order_by("email").values_list("email", flat=True))


def _former(account: UploadAccount) -> list[dict[str, object]]:
    """The institution's accounts of earlier seasons that may still be used, and until when."""
    older = account.institution.upload_accounts.filter(
        season__lt=account.season, state__in=MAY_UPLOAD, through=""
    ).order_by("-season")
    # One of a season without a file can't be used any more, and nothing says until when it could.
    seasons = current().seasons_called((one.season for one in older), county=account.institution.county)
    known = {season.code for season in seasons}
    ends = [(one, right_of(one).ends) for one in older if one.season in known]
    return [{"account": one, "ends": end} for one, end in ends if end is not None and end > clock.now()]


def _told_before(account: UploadAccount) -> bool:
    """Whether the institution had this account once, before its sign-off was void."""
    earlier = Letter.objects.about(account).filter(kind=AccountCreated.id)
    return earlier.filter(institution_code=account.institution.code).exists()


class CopiedToCounty(LetterKind[UploadAccount]):
    """To the institution, copied to the county."""

    def address(self, subject: UploadAccount) -> Address:
        """The application's mailbox; the officers of the responsible county unit in copy."""
        there = subject.institution
        return Address(to=(subject.application.mailbox,), cc=_officers(there.type, there.county))

    def context(self, subject: UploadAccount) -> Mapping[str, object]:
        """Account, season, and whom to call."""
        return {"account": subject, "season": subject.rules, "window": _window(subject)}


@letter("account_suspended")
class AccountSuspended(CopiedToCounty):
    """Stopped at once, and why."""


@letter("account_resumed")
class AccountResumed(CopiedToCounty):
    """Uploads go on."""


@letter("account_closed")
class AccountClosed(CopiedToCounty):
    """Ended for good by a person; what ends by the season's moments is told beforehand."""


@letter("account_key_ended")
class AccountKeyEnded(CopiedToCounty):
    """One key opens the account no more; ``key``, ``reason`` and whether there is an ``other_way`` are given."""


@letter("system_suspended")
class SystemSuspended(CopiedToCounty):
    """The system that uploads for the institution was stopped, and why."""


@letter("system_resumed")
class SystemResumed(CopiedToCounty):
    """The system uploads for the institution again."""


class ToTheVendor(LetterKind[SystemAccount]):
    """To everybody of the vendor, who keeps the accounts of systems."""

    def address(self, subject: SystemAccount) -> Address:
        """Their mailboxes."""
        people = User.objects.filter(role=Role.VENDOR, is_active=True).order_by("email")
        return Address(to=tuple(one.email for one in people))

    def context(self, subject: SystemAccount) -> Mapping[str, object]:
        """The account, and what its mode is called."""
        season = current().season_at(clock.now(), county=NATIONWIDE)
        return {"account": subject, "mode": season.mode(subject.mode)}


@letter("system_account_suspended")
class SystemAccountSuspended(ToTheVendor):
    """Stopped at once, and why; with how many institutions depend on it."""


@letter("system_account_resumed")
class SystemAccountResumed(ToTheVendor):
    """Uploads go on."""


@letter("system_account_closed")
class SystemAccountClosed(ToTheVendor):
    """Ended for good."""


@letter("system_account_key_ended")
class SystemAccountKeyEnded(ToTheVendor):
    """One key opens it no more, which, and why."""


@letter("account_created")
class AccountCreated(CopiedToCounty):
    """To the institution, copied to the county: everything but the secret (S0 帳號開通)."""

    def context(self, subject: UploadAccount) -> Mapping[str, object]:
        """Host, port, host-key fingerprints, account, address list and when it opens."""
        right = right_of(subject)
        return {
            "account": subject,
            "season": subject.rules,
            "host": settings.SFTP_HOST,
            "port": settings.SFTP_PORT,
            "fingerprints": fingerprints(),
            "right": right,
            "window": _window(subject),
            "vendor_key": vendor_key_of(subject.application),
            "former": _former(subject),
            "again": _told_before(subject),
        }


@letter("account_secret")
class AccountSecret(LetterKind[UploadAccount]):
    """To the institution alone, never copied: the link behind which the password is made (domain.md §2)."""

    def address(self, subject: UploadAccount) -> Address:
        """The application's mailbox and nobody else."""
        return Address(to=(subject.application.mailbox,))

    def context(self, subject: UploadAccount) -> Mapping[str, object]:
        """The link, valid as long as the secret waits."""
        assert subject.secret_expires_at is not None
        link = MailedLink.issue(
            "secret", str(subject.pk), subject.application.mailbox, subject.secret_expires_at
        )
        return {
            "account": subject,
            "season": subject.rules,
            "link": placeholder(link.seed),
            "expires_at": subject.secret_expires_at,
            "window": _window(subject),
        }


@letter("account_live")
class AccountLive(LetterKind[UploadAccount]):
    """To the institution: its application for the indicator is on record, the account delivers from now on."""

    def address(self, subject: UploadAccount) -> Address:
        """The application's mailbox."""
        return Address(to=(subject.application.mailbox,))

    def context(self, subject: UploadAccount) -> Mapping[str, object]:
        """Account, season and when uploads are open."""
        return {
            "account": subject,
            "season": subject.rules,
            "right": right_of(subject),
            "window": _window(subject),
        }


@letter("connected_through_system")
class ConnectedThroughSystem(LetterKind[Application]):
    """To a nursing home whose data the ministry's system passes on: 已開通, no account, no secret (domain.md §2).

    Copied to the county, as the account's letter is (S0 帳號開通).
    """

    def address(self, subject: Application) -> Address:
        """The application's mailbox; the officers of the responsible county unit in copy."""
        return Address(to=(subject.mailbox,), cc=_officers(subject.institution_type, subject.county))

    def context(self, subject: Application) -> Mapping[str, object]:
        """Application, season and when uploads are open."""
        return {
            "application": subject,
            "season": subject.rules,
            "opens": subject.rules.moment("upload_opens").at,
            "window": subject.rules.contact_window(subject.institution_type),
        }
