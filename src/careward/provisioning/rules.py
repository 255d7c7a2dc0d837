"""When and where an account may upload: computed from the season's moments, never stored."""

from dataclasses import dataclass
from datetime import datetime

from careward.provisioning.models import Lane, UploadAccount
from careward.rulebook import UnknownCode, current
from careward.rulebook.season import Season

MAY_UPLOAD = ("created", "notified")


@dataclass(frozen=True, slots=True)
class Right:
    """``lanes`` the account may use while ``opens <= now`` and, if there is an end, ``now < ends``.

    Empty ``lanes``: nothing may be done, whatever the time (suspended, closed or not handed over).
    """

    lanes: tuple[str, ...]
    opens: datetime
    ends: datetime | None

    def holds(self, at: datetime) -> bool:
        """Whether the account may upload at this moment."""
        return bool(self.lanes) and self.opens <= at and (self.ends is None or at < self.ends)

    def is_over(self, at: datetime) -> bool:
        """Whether the account could be used, had its time not passed."""
        return bool(self.lanes) and self.ends is not None and at >= self.ends


def upload_right(account: UploadAccount, season: Season, following: Season | None = None) -> Right:
    """The right of an account in its season; ``following`` is the season after it, once that one is confirmed.

    Test and live open together; the test right of those without 指標 3.1 ends with the season's moment
    (source: rules/seasons, S0 ※). Every right ends where the season after it closes the old accounts (domain.md §2).
    """
    opens = season.moment("upload_opens").at
    ends = [season.moment("test_access_ends").at] if account.lane == Lane.TEST else []
    if following is not None and following.confirmed:
        ends.append(following.moment("old_accounts_close").at)
    lanes = (account.lane,) if account.state in MAY_UPLOAD and season.confirmed else ()
    return Right(lanes, opens, min(ends, default=None))


def right_of(account: UploadAccount) -> Right:
    """The right of an account by the rules as they are now, with moved moments."""
    try:
        following = current().season(str(int(account.season) + 1), county=account.institution.county)
    except UnknownCode:
        following = None
    return upload_right(account, account.rules, following)


def lane_for(kind: str) -> Lane:
    """A new applicant tests; a continuing institution delivers (S0 帳號開通)."""
    return Lane.LIVE if kind == "continuing" else Lane.TEST
