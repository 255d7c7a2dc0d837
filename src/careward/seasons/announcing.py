"""Telling people of moved moments: the announcement on the pages, the letters."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.http import HttpRequest

from careward.accounts.models import Role, User
from careward.correspondence import post
from careward.kernel import clock
from careward.rulebook import ANYWHERE, NATIONWIDE, Moment, current
from careward.seasons import moves
from careward.seasons.models import MomentMove


@dataclass(frozen=True, slots=True)
class News:
    """A moment of a season that changed for a county (or all): ``was``, is ``at`` now, and why."""

    season: str
    code: str
    county: str
    was: datetime
    at: datetime
    reason: str
    taken_back: bool

    @classmethod
    def of(cls, row: MomentMove, *, taken_back: bool) -> "News":
        """What a row is to tell, when it is made or when it is taken back."""
        if taken_back:
            now = row.rules.moment(row.code).at
            return cls(row.season, row.code, row.county, row.at, now, row.reason, taken_back=True)
        return cls(row.season, row.code, row.county, row.was, row.at, row.reason, taken_back=False)

    @property
    def facts(self) -> Mapping[str, object]:
        """For the letters."""
        book = current()
        season = book.season(self.season, county=self.county)
        moment = season.moment(self.code)
        return {
            "season": season,
            "label": moment.label,
            "opens": moment.opens,
            "place": book.county(self.county).name if self.county else "",
            "was": self.was,
            "at": self.at,
            "reason": self.reason,
            "taken_back": self.taken_back,
        }

    def concerns(self) -> Q:
        """As a condition on a table's ``county``: all of it, or the one county."""
        return Q(county=self.county) if self.county else Q()


def tell_staff(news: News) -> None:
    """A letter to everybody who works with the season's dates: the county's people, ministry and vendor."""
    county = Q(role__in=(Role.OFFICER, "supervisor")) & news.concerns()
    for user in User.objects.filter(county | Q(role__in=(Role.MINISTRY, Role.VENDOR)), is_active=True):
        post("moment_moved_staff", user, **news.facts)


@dataclass(frozen=True, slots=True)
class Announcement:
    """One moved moment as the pages tell it; ``place`` "" is everywhere."""

    place: str
    moment: Moment
    window_open: bool


def panel(request: HttpRequest | None, subject: object) -> Mapping[str, object] | None:
    """The moved moments of the season served now, those of the past aside; None when there is nothing to say."""
    book, now = current(), clock.now()
    code = book.season_at(now, county=ANYWHERE).code
    told = []
    for move in moves.in_force():
        season = book.season(move.season, county=move.county)
        if move.season == code and move.at >= now:
            place = book.county(move.county).name if move.county else ""
            told.append(Announcement(place, season.moment(move.code), season.window_open(now)))
    if not told:
        return None
    shut = not book.season(code, county=NATIONWIDE).window_open(now)
    still_open = dict.fromkeys(one.place for one in told if shut and one.place and one.window_open)
    return {"rows": told, "still_open_in": list(still_open)}
