"""The season as an iCalendar feed (RFC 5545), for calendars that people already have.

A moment keeps its UID for ever; its SEQUENCE rises with every move and every move taken back, so that calendars take
the new time in place of the old.
"""

from datetime import timedelta

from django.conf import settings
from icalendar import Calendar, Event

from careward.kernel.clock import TAIPEI
from careward.kernel.texts import text
from careward.rulebook import Moment, MovedMoment, Season
from careward.seasons.models import MomentMove


def feed(season: Season, county: str) -> bytes:
    """The public moments of a season as they are in a county (five digits, "" for all)."""
    calendar = Calendar()
    calendar.add("prodid", "-//careward//season//ZH-TW")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", text("seasons:calendar.name", season=season.season.label))
    rows = [row for row in MomentMove.objects.filter(season=season.code) if row.concerns(county)]
    for moment in season.public_moments:
        calendar.add_component(_event(season, moment, [row for row in rows if row.code == moment.code]))
    ical: bytes = calendar.to_ical()
    return ical


def _event(season: Season, moment: Moment, rows: list[MomentMove]) -> Event:
    """What closes at midnight stands on the day that ends: a minute earlier, as people call it."""
    event = Event()
    shown = moment.at - timedelta(minutes=1) if moment.whole_day and not moment.opens else moment.at
    changed = [at for row in rows for at in (row.moved_at, row.ended_at) if at]
    event.add("uid", f"{season.code}-{moment.code}@{settings.PUBLIC_URL.partition('://')[2]}")
    event.add("sequence", len(changed))
    event.add("dtstamp", max(changed, default=season.moment("applications_open").at).astimezone(TAIPEI))
    event.add("dtstart", shown)
    event.add("summary", text("seasons:calendar.summary", season=season.season.label, label=moment.label))
    event.add("description", _description(moment))
    event.add("transp", "TRANSPARENT")
    return event


def _description(moment: Moment) -> str:
    if isinstance(moment, MovedMoment):
        return text("seasons:calendar.moved", explains=moment.explains, reason=moment.reason)
    return moment.explains
