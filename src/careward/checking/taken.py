"""Which months a lane takes at a moment; what is said of a file for another is :mod:`careward.checking.months`."""

from dataclasses import dataclass
from datetime import datetime

from careward.kernel.roc import RocMonth
from careward.rulebook.season import Season


def month_is_asked_for(season: Season, lane: str, period: RocMonth) -> bool:
    """A live delivery is for a data month of the season; the test lane takes any [decided, domain.md §2]."""
    return lane == "test" or period in season.months


@dataclass(frozen=True, slots=True)
class Taken:
    """Which months a lane takes at a moment."""

    season: Season
    lane: str
    at: datetime

    def takes(self, month: RocMonth) -> bool:
        """Whether a file for this month may come now."""
        return self.problem(month) == ""

    def problem(self, month: RocMonth) -> str:
        """Why it may not: ``not_asked_for``, ``not_open``; empty where it may."""
        if self.lane != "live":
            return ""
        if not month_is_asked_for(self.season, self.lane, month):
            return "not_asked_for"
        return "not_open" if self.at < self.season.month_opens_at(month) else ""

    @property
    def latest(self) -> RocMonth:
        """The last month that is open; the first of the season before any is."""
        return next((m for m in reversed(self.season.months) if self.takes(m)), self.season.months[0])

    def meant(self, month: RocMonth) -> RocMonth:
        """The month most likely meant by a wrong one: the same of this season, else the latest that is open."""
        same = next((m for m in self.season.months if str(m)[3:] == str(month)[3:]), None)
        return same if same is not None and self.takes(same) else self.latest
