"""Letters the county's decisions cause."""

from collections.abc import Mapping

from careward.applications.models import Application
from careward.correspondence import Address, LetterKind, letter


@letter("application_signed_off")
class ApplicationSignedOff(LetterKind[Application]):
    """To the institution: passed, and what comes next."""

    def address(self, subject: Application) -> Address:
        """The application's mailbox."""
        return Address(to=(subject.mailbox,))

    def context(self, subject: Application) -> Mapping[str, object]:
        """The season's next moments and who may be asked."""
        season = subject.rules
        return {
            "application": subject,
            "season": season,
            "accounts_due": season.moment("provisioning_due").at,
            "upload_opens": season.moment("upload_opens").at,
            "window": season.contact_window(subject.institution_type),
        }
