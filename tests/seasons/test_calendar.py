"""The iCal feed: public moments only, stable UIDs, a SEQUENCE that rises when a moment moves."""

import pytest
from django.test import Client
from icalendar import Calendar

from careward.kernel.clock import frozen, taipei
from careward.rulebook import current
from careward.seasons import acts
from careward.seasons.models import MomentMove
from seasons.test_moving_moments import CHANGHUA, CLOSES, LATER, MINISTRY, MORNING, TAITUNG, TICK, move


def events(client: Client, county: str = "") -> dict[str, object]:
    with frozen(MORNING):
        answer = client.get(f"/season-{county}.ics" if county else "/season.ics")
    assert answer.headers["Content-Type"].startswith("text/calendar")
    found = Calendar.from_ical(answer.content).walk("VEVENT")
    return {str(event["UID"]).partition("@")[0]: event for event in found}


CLOSING = "115-institution_window_closes"


def test_the_feed_holds_the_public_moments_and_no_other(client: Client) -> None:
    season = current().season("115", county="")
    assert list(events(client)) == [f"115-{moment.code}" for moment in season.public_moments]
    assert "115-supplement_default_due" not in events(client)
    assert events(client)[CLOSING]["DTSTART"].dt == CLOSES  # type: ignore[index]


def test_a_moved_moment_keeps_its_uid_and_rises_in_sequence_in_its_county_only(client: Client) -> None:
    row = move()
    here, there = events(client, CHANGHUA)[CLOSING], events(client, TAITUNG)[CLOSING]
    assert (here["DTSTART"].dt, here["SEQUENCE"]) == (LATER, 1)  # type: ignore[index]
    assert (there["DTSTART"].dt, there["SEQUENCE"]) == (CLOSES, 0)  # type: ignore[index]
    with frozen(MORNING + TICK):
        acts.take_back(MomentMove.objects.get(pk=row.pk), MINISTRY)
    back = events(client, CHANGHUA)[CLOSING]
    assert (back["DTSTART"].dt, back["SEQUENCE"]) == (CLOSES, 2)  # type: ignore[index]


def test_the_end_of_a_day_stands_on_that_day(client: Client) -> None:
    assert events(client)["115-provisioning_due"]["DTSTART"].dt == taipei(2025, 12, 19, 23, 59)  # type: ignore[index]


@pytest.mark.parametrize("county", ["99999", "x"])
def test_a_county_that_is_none_has_no_feed(client: Client, county: str) -> None:
    assert client.get(f"/season-{county}.ics").status_code == 404
