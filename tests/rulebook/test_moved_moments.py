"""Moments moved for the season or for a county, and moments nobody has confirmed yet."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careward.kernel.clock import taipei
from careward.rulebook import ANYWHERE, NATIONWIDE, MovedMoment, Phase, Rulebook, Season, load
from careward.rulebook.book import rules_folder
from careward.rulebook.moving import Move
from careward.rulebook.shelf import Shelf

TICK = timedelta(microseconds=1)
WRITTEN, LATER, LATEST = taipei(2025, 12, 8, 17), taipei(2025, 12, 9, 17), taipei(2025, 12, 10, 12)
HUALIEN, TAITUNG = "10015", "10014"
CLOSES = "institution_window_closes"
BOOK = load(rules_folder())


def moves(*rows: tuple[str, datetime], code: str = CLOSES) -> Rulebook:
    return replace(BOOK, moves=lambda: [Move("115", code, county, at, "颱風") for county, at in rows])


def with_seasons(seasons: dict[str, Season]) -> Rulebook:
    shelf = Shelf(BOOK.shelf.folder)
    vars(shelf)["seasons"] = seasons  # as if they had been read
    return replace(BOOK, shelf=shelf)


def test_at_the_written_deadline_the_moved_county_stays_open_and_its_neighbour_shuts() -> None:
    book = moves((HUALIEN, LATER))
    moved, other = book.season("115", county=HUALIEN), book.season("115", county=TAITUNG)
    assert moved.window_open(WRITTEN)
    assert other.window_open(WRITTEN)
    assert moved.window_open(WRITTEN + TICK)
    assert not other.window_open(WRITTEN + TICK)
    assert moved.window_open(LATER)
    assert not moved.window_open(LATER + TICK)


def test_a_countys_own_move_holds_over_the_whole_seasons() -> None:
    book = moves((HUALIEN, LATEST), (NATIONWIDE, LATER))
    assert book.season("115", county=HUALIEN).moment(CLOSES).at == LATEST
    assert book.season("115", county=TAITUNG).moment(CLOSES).at == LATER
    assert book.season("115", county=NATIONWIDE).moment(CLOSES).at == LATER


def test_while_the_county_is_unknown_the_form_is_open_as_long_as_anywhere() -> None:
    book = moves((HUALIEN, LATEST), (TAITUNG, LATER))
    assert book.season("115", county=ANYWHERE).moment(CLOSES).at == LATEST
    opening = moves((HUALIEN, taipei(2025, 11, 18, 9)), code="applications_open")
    assert opening.season("115", county=ANYWHERE).moment("applications_open").at == taipei(2025, 11, 17, 9)


def test_a_moved_moment_tells_when_it_was_and_why() -> None:
    moment = moves((HUALIEN, LATER)).season("115", county=HUALIEN).moment(CLOSES)
    assert isinstance(moment, MovedMoment)
    assert (moment.was, moment.reason, moment.county) == (WRITTEN, "颱風", HUALIEN)
    assert moment.label == BOOK.written_seasons["115"].moment(CLOSES).label


def test_moves_of_another_season_change_nothing() -> None:
    book = replace(BOOK, moves=lambda: [Move("116", CLOSES, NATIONWIDE, LATER, "颱風")])
    assert book.season("115", county=NATIONWIDE) is BOOK.written_seasons["115"]


def test_everything_computed_from_a_moment_follows_it() -> None:
    due = moves((HUALIEN, taipei(2025, 12, 15, 17)), code="supplement_latest_due")
    assert due.season("115", county=HUALIEN).application_link_expires_at == taipei(2025, 12, 15, 17)
    uploads = moves((NATIONWIDE, taipei(2025, 12, 24)), code="upload_opens").season("115", county=HUALIEN)
    assert uploads.secret_expires_at(taipei(2025, 12, 20)) == taipei(2026, 1, 7)
    assert not uploads.uploads_open(taipei(2025, 12, 24) - TICK)
    review = moves((HUALIEN, taipei(2025, 12, 13, 17)), code="review_closes").season("115", county=HUALIEN)
    assert not review.review_overdue(taipei(2025, 12, 13, 17))
    assert review.review_overdue(taipei(2025, 12, 13, 17) + TICK)


@given(st.sampled_from([HUALIEN, TAITUNG, NATIONWIDE]), st.integers(-2_000_000, 2_000_000))
def test_the_window_is_open_in_a_county_just_until_its_own_moment(county: str, off: int) -> None:
    season = moves((HUALIEN, LATEST), (NATIONWIDE, LATER)).season("115", county=county)
    closes = LATEST if county == HUALIEN else LATER
    assert season.window_open(closes + off * TICK) is (off <= 0)


def unconfirmed(season: Season) -> Season:
    moment = season.moment("review_closes").model_copy(update={"confirmed": False})
    return season.with_moments({**season.moments, "review_closes": moment})


@pytest.mark.parametrize("at", [taipei(2025, 11, 17, 9), taipei(2025, 12, 1), taipei(2026, 2, 1)])
def test_a_season_with_a_moment_to_be_confirmed_never_opens(at: datetime) -> None:
    season = unconfirmed(BOOK.written_seasons["115"])
    assert season.phase(at) is Phase.NOT_OPEN
    answers = (season.window_open, season.sign_off_open, season.uploads_open, season.review_overdue)
    assert [answer for answer in answers if answer(at)] == []


def test_a_season_to_be_confirmed_is_not_served_beside_a_confirmed_one() -> None:
    written = BOOK.written_seasons["115"]
    facts = written.season.model_copy(update={"code": "116"})
    draft = unconfirmed(written).model_copy(update={"season": facts})
    both = with_seasons({"115": written, "116": draft})
    assert both.season_at(taipei(2027, 1, 1), county=NATIONWIDE).code == "115"
    alone = with_seasons({"116": draft})
    assert alone.season_at(taipei(2027, 1, 1), county=NATIONWIDE).code == "116"
