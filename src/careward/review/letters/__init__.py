"""Letters the county's decisions cause: to the institution, without a word about any person."""

from collections.abc import Mapping

from careward import rulebook
from careward.applications.letters import ToApplicant
from careward.applications.models import Application
from careward.correspondence import Address, LetterKind, letter
from careward.review.rules import desk_name


class FromTheDesk(LetterKind[Application]):
    """To the application's mailbox, without a link."""

    def address(self, subject: Application) -> Address:
        """The application's mailbox."""
        return Address(to=(subject.mailbox,))

    def context(self, subject: Application) -> Mapping[str, object]:
        """The case, the season, the desk's name, and who may be asked."""
        season = subject.rules
        return {
            "application": subject,
            "season": season,
            "desk": desk_name(rulebook.current(), subject.county, subject.unit, subject.institution_type),
            "window": season.contact_window(subject.institution_type),
        }


@letter("application_signed_off")
class ApplicationSignedOff(FromTheDesk):
    """To the institution: passed, and what comes next."""

    def context(self, subject: Application) -> Mapping[str, object]:
        """The season's next moments beside."""
        season = subject.rules
        return {
            **super().context(subject),
            "accounts_due": season.moment("provisioning_due").at,
            "upload_opens": season.moment("upload_opens").at,
        }


@letter("supplement_asked")
class SupplementAsked(ToApplicant):
    """Exactly what is to be mended, until when, with the link."""

    def context(self, subject: Application) -> Mapping[str, object]:
        """The running round with its items."""
        round_ = subject.supplements.running().get()
        return {**super().context(subject), "round": round_, "items": list(round_.items.all())}


@letter("supplement_answered")
class SupplementAnswered(ToApplicant):
    """A receipt: the answer has arrived, the county looks again."""


@letter("supplement_closed")
class SupplementClosed(FromTheDesk):
    """The county has taken the case back; nothing is to be mended any more."""


@letter("application_not_mended")
class ApplicationNotMended(FromTheDesk):
    """未依限補正, with what was not mended."""

    def context(self, subject: Application) -> Mapping[str, object]:
        """The last round with its items."""
        round_ = subject.supplements.latest("number")
        return {**super().context(subject), "round": round_, "items": list(round_.items.all())}


@letter("sign_off_revoked")
class SignOffRevoked(FromTheDesk):
    """The sign-off no longer stands; the county looks again."""


@letter("application_transferred")
class ApplicationTransferred(FromTheDesk):
    """Another county or unit reviews the case now."""
