"""Which season's months are shown: every one in which somebody delivers can be looked at, long after it is over."""

from collections.abc import Sequence
from datetime import datetime

from careward.monthly.board import deliverers
from careward.provisioning.models import UploadAccountQuerySet
from careward.rulebook import current
from careward.rulebook.season import Season
from careward.shell.components import Tab


def seasons_of(accounts: UploadAccountQuerySet, now: datetime, *, county: str) -> list[Season]:
    """The seasons in which any of these accounts delivers, by year; the one served now where none does."""
    book = current()
    codes = deliverers(accounts).order_by().values_list("season", flat=True).distinct()
    return book.seasons_called(codes, county=county) or [book.season_at(now, county=county)]


def chosen(seasons: Sequence[Season], asked: str, now: datetime) -> Season:
    """The one that was asked for; else the first that still has a month to come, else the last that has begun."""
    for season in seasons:
        if season.code == asked:
            return season
    begun = [season for season in seasons if season.uploads_open(now)]
    due = (season for season in begun if now <= season.due_at(season.months[-1]))
    return next(due, (begun or seasons)[-1])


def tabs(seasons: Sequence[Season], shown: Season, query: str) -> list[Tab]:
    """One for each season, the newest first; none where there is no choice. ``query`` stands before the season."""
    if len(seasons) < 2:
        return []
    before = f"{query}&" if query else ""
    return [
        Tab(one.season.label, f"?{before}season={one.code}", one.code == shown.code)
        for one in reversed(seasons)
    ]
