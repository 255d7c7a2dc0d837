"""Letters to the people who work with the season's dates."""

from collections.abc import Mapping

from careward.accounts.models import User
from careward.correspondence import Address, LetterKind, letter


@letter("moment_moved_staff")
class MomentMovedStaff(LetterKind[User]):
    """A moment was moved, or a move taken back; what is told comes with the news."""

    def address(self, subject: User) -> Address:
        """One person at a time."""
        return Address(to=(subject.email,))

    def context(self, subject: User) -> Mapping[str, object]:
        """The person; the rest comes with the news."""
        return {"person": subject}
