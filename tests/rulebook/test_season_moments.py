"""What a season's moments decide, to the microsecond."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careward.kernel.clock import taipei
from careward.kernel.roc import RocMonth
from careward.rulebook import NATIONWIDE, Phase, Rulebook, Season, current, moving

TICK = timedelta(microseconds=1)
OPENS, CLOSES = taipei(2025, 11, 17, 9), taipei(2025, 12, 8, 17)
AROUND = st.integers(0, 3_000_000).map(lambda count: count * TICK)
ANY_TIME = st.datetimes(datetime(2025, 10, 1), datetime(2026, 6, 30)).map(lambda at: at.replace(tzinfo=UTC))


def season() -> Season:
    return current().written_seasons["115"]


def test_an_application_arriving_at_17_00_00_000_counts_and_a_millisecond_later_does_not() -> None:
    assert season().window_open(CLOSES)
    assert not season().window_open(CLOSES + timedelta(milliseconds=1))


@given(AROUND)
def test_the_window_is_open_up_to_the_deadline_and_shut_from_the_microsecond_after(off: timedelta) -> None:
    assert season().window_open(CLOSES - off)
    assert not season().window_open(CLOSES + TICK + off)


@given(AROUND)
def test_the_window_opens_at_its_moment_and_not_a_microsecond_before(off: timedelta) -> None:
    assert season().window_open(OPENS + off)
    assert not season().window_open(OPENS - TICK - off)


@given(AROUND)
def test_uploads_open_with_the_day(off: timedelta) -> None:
    assert season().uploads_open(taipei(2025, 12, 22) + off)
    assert not season().uploads_open(taipei(2025, 12, 22) - TICK - off)


@given(ANY_TIME)
def test_the_zone_of_the_clock_does_not_matter(at: datetime) -> None:
    assert season().window_open(at) is (OPENS <= at <= CLOSES)
    assert season().review_overdue(at) is (at > taipei(2025, 12, 12, 17))
    assert season().sign_off_open(at) is (OPENS <= at <= taipei(2025, 12, 20))
    assert season().test_lane_open(at) is (taipei(2025, 12, 22) <= at <= taipei(2026, 5, 1))


@given(ANY_TIME, ANY_TIME)
def test_a_season_never_goes_back(one: datetime, other: datetime) -> None:
    order = list(Phase)
    early, late = sorted((one, other))
    assert order.index(season().phase(early)) <= order.index(season().phase(late))


@given(ANY_TIME)
def test_the_next_moment_is_the_earliest_public_one_still_ahead(at: datetime) -> None:
    ahead = [moment for moment in season().public_moments if not moment.passed(at)]
    found = season().next_moment(at)
    assert found == (min(ahead, key=lambda moment: moment.at) if ahead else None)


@pytest.mark.parametrize(
    ("at", "phase", "upcoming"),
    [
        (OPENS - TICK, Phase.NOT_OPEN, "applications_open"),
        (OPENS, Phase.APPLICATIONS, "institution_window_closes"),
        (CLOSES, Phase.APPLICATIONS, "institution_window_closes"),
        (CLOSES + TICK, Phase.REVIEW, "review_closes"),
        (taipei(2025, 12, 12, 17), Phase.REVIEW, "review_closes"),
        (taipei(2025, 12, 12, 17) + TICK, Phase.PROVISIONING, "provisioning_due"),
        (taipei(2025, 12, 20) + TICK, Phase.PROVISIONING, "upload_opens"),
        (taipei(2025, 12, 22), Phase.UPLOADS, "test_access_ends"),
    ],
)
def test_each_phase_begins_at_its_moment(at: datetime, phase: Phase, upcoming: str) -> None:
    following = season().next_moment(at)
    assert season().phase(at) is phase
    assert following is not None
    assert following.code == upcoming


def test_after_the_last_public_moment_nothing_is_next() -> None:
    assert season().next_moment(taipei(2026, 5, 1) + TICK) is None


def test_the_public_line_leaves_out_what_only_the_desks_need() -> None:
    assert [moment.code for moment in season().public_moments] == [
        "applications_open",
        "institution_window_closes",
        "review_closes",
        "provisioning_due",
        "upload_opens",
        "test_access_ends",
    ]
    assert all(before.at <= after.at for before, after in pairwise(season().in_order))


def test_a_supplement_is_due_on_the_11th_or_once_that_is_past_on_the_12th() -> None:
    default, latest = taipei(2025, 12, 11, 17), taipei(2025, 12, 12, 17)
    assert season().supplement_due(default) == default
    assert season().supplement_due(default + TICK) == latest


def test_a_month_is_due_at_the_end_of_the_10th_of_the_following_month() -> None:
    assert [str(month) for month in season().months] == [f"115{month:02d}" for month in range(1, 13)]
    assert season().due_at(RocMonth.parse("11501")) == taipei(2026, 2, 11)
    assert season().due_at(RocMonth.parse("11512")) == taipei(2027, 1, 11)


def test_the_14_days_of_a_secret_never_begin_before_uploads_open() -> None:
    assert season().secret_expires_at(taipei(2025, 12, 15, 10)) == taipei(2026, 1, 5)
    assert season().secret_expires_at(taipei(2026, 1, 1, 10)) == taipei(2026, 1, 15, 10)


def test_an_application_link_lives_as_long_as_a_supplement_may() -> None:
    assert season().application_link_expires_at == taipei(2025, 12, 12, 17)


def test_a_visitor_is_served_the_latest_open_season_or_the_first_to_come() -> None:
    book: Rulebook = replace(current(), moves=moving.none)
    for at in (OPENS - timedelta(days=90), OPENS, CLOSES + timedelta(days=400)):
        assert book.season_at(at, county=NATIONWIDE) is season()
