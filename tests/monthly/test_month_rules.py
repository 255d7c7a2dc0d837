"""In time, late, missing; what is asked of whom; what is proposed; which reminder is due."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careward.kernel.clock import TAIPEI, taipei
from careward.kernel.roc import RocMonth
from careward.kernel.spans import Span
from careward.monthly.rules import (
    REMINDED_WITHIN,
    STILL_OPEN,
    Result,
    Sent,
    Standing,
    asked_months,
    due_step,
    month_standing,
    proposal,
    standing_of,
    together,
)
from careward.rulebook import Season, current

SEASON = current().written_seasons["115"]
JANUARY = RocMonth(115, 1)
DUE = SEASON.due_at(JANUARY)
INSTANT = timedelta(microseconds=1)
STEPS = SEASON.upload_reminders.days_after_due
OF_A_DATASET = [
    Standing.ON_TIME, Standing.LATE, Standing.CHECKING, Standing.REJECTED, Standing.WAITING, Standing.OVERDUE,
]  # fmt: skip
moments = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(TAIPEI))


def test_january_is_due_at_the_end_of_the_tenth_of_february() -> None:
    assert taipei(2026, 2, 11) == DUE


@pytest.mark.parametrize(("received", "standing"), [(DUE, Standing.ON_TIME), (DUE + INSTANT, Standing.LATE)])
def test_what_is_received_at_the_due_moment_is_in_time_and_after_it_late(
    received: datetime, standing: Standing
) -> None:
    assert standing_of(Sent(received), DUE, DUE + timedelta(days=9)) is standing


@pytest.mark.parametrize(("now", "standing"), [(DUE, Standing.WAITING), (DUE + INSTANT, Standing.OVERDUE)])
def test_what_never_came_waits_until_it_is_due(now: datetime, standing: Standing) -> None:
    assert standing_of(Sent(), DUE, now) is standing


@pytest.mark.parametrize("newest", [Standing.CHECKING, Standing.REJECTED])
def test_the_newest_delivery_shows_only_while_nothing_was_accepted(newest: Standing) -> None:
    assert standing_of(Sent(newest=newest), DUE, DUE + INSTANT) is newest
    assert standing_of(Sent(DUE, newest), DUE, DUE + INSTANT) is Standing.ON_TIME


@given(states=st.lists(st.sampled_from(OF_A_DATASET), min_size=1, max_size=5), now=moments)
def test_a_month_is_in_time_only_when_every_required_dataset_is(
    states: list[Standing], now: datetime
) -> None:
    whole = together(states, DUE, now)
    assert (whole is Standing.ON_TIME) == all(state is Standing.ON_TIME for state in states)
    assert whole in (Standing.ON_TIME, Standing.LATE, Standing.WAITING, Standing.OVERDUE)
    if whole in (Standing.WAITING, Standing.OVERDUE):
        assert (whole is Standing.OVERDUE) == (now > DUE)


@pytest.mark.parametrize(
    ("begins", "first", "count"),
    [
        (taipei(2025, 12, 22), "11501", 12),
        (taipei(2026, 1, 31, 23), "11501", 12),
        (taipei(2026, 2, 1), "11502", 11),
        (taipei(2026, 12, 31), "11512", 1),
    ],
)
def test_months_are_asked_from_the_one_in_which_it_begins(begins: datetime, first: str, count: int) -> None:
    asked = asked_months(SEASON, begins)
    assert (str(asked[0]), len(asked)) == (first, count)


def test_nothing_is_asked_of_who_begins_after_the_season() -> None:
    assert asked_months(SEASON, taipei(2027, 1, 1)) == ()
    assert proposal(SEASON, dict.fromkeys(SEASON.months, Standing.NOT_ASKED)).result is Result.PENDING


@pytest.mark.parametrize(
    ("on_time", "overdue", "result"),
    [(10, 0, Result.MET), (9, 2, Result.PENDING), (9, 3, Result.UNMET), (0, 0, Result.PENDING), (0, 3, Result.UNMET)],
)  # fmt: skip
def test_of_twelve_months_ten_must_be_in_time(on_time: int, overdue: int, result: Result) -> None:
    states = [Standing.ON_TIME] * on_time + [Standing.OVERDUE] * overdue
    states += [Standing.WAITING] * (12 - len(states))
    made = proposal(SEASON, dict(zip(SEASON.months, states, strict=True)))
    assert (made.result, made.needed) == (result, 10)


@given(st.lists(st.sampled_from(list(Standing)), min_size=12, max_size=12), st.integers(0, 11))
def test_a_month_more_in_time_never_makes_the_proposal_worse(states: list[Standing], better: int) -> None:
    before = proposal(SEASON, dict(zip(SEASON.months, states, strict=True)))
    if states[better] in (Standing.NOT_ASKED, Standing.HINDERED):
        return
    states = [*states[:better], Standing.ON_TIME, *states[better + 1 :]]
    after = proposal(SEASON, dict(zip(SEASON.months, states, strict=True)))
    order = [Result.UNMET, Result.PENDING, Result.MET]
    assert order.index(after.result) >= order.index(before.result)


@given(now=moments, done=st.sets(st.sampled_from(STEPS)))
def test_only_the_latest_step_that_has_come_is_due_and_only_for_a_while(
    now: datetime, done: set[int]
) -> None:
    step = due_step(DUE, STEPS, done=done, now=now)
    come = [days for days in STEPS if DUE + timedelta(days=days) <= now]
    if step is None:
        spent = bool(come) and now >= DUE + timedelta(days=come[-1]) + REMINDED_WITHIN
        assert not come or spent or any(days >= come[-1] for days in done)
    else:
        assert step == come[-1]
        assert not any(days >= step for days in done)


@pytest.mark.parametrize(
    ("after_due", "step"),
    [
        (timedelta(days=-5) - INSTANT, None),
        (timedelta(days=-5), -5),
        (timedelta(days=-1), -1),
        (timedelta(days=1), 1),
        (timedelta(days=7), 7),
        (timedelta(days=10), None),
    ],
)
def test_each_step_of_the_ladder_comes_at_its_moment(after_due: timedelta, step: int | None) -> None:
    assert due_step(DUE, STEPS, done=(), now=DUE + after_due) == step


ENDED = taipei(2026, 2, 1)
ENOUGH = timedelta(hours=SEASON.suspended_months.hours_before_due)
MISSED = [Standing.WAITING, Standing.OVERDUE, Standing.LATE]


def _after(stops: list[Span], states: list[Standing], *, now: datetime = DUE + INSTANT) -> Standing:
    return month_standing(states, SEASON, JANUARY, stops, now)


@pytest.mark.parametrize(
    ("begins", "ends", "standing"),
    [
        (ENDED, ENDED + ENOUGH, Standing.HINDERED),
        (ENDED, ENDED + ENOUGH - INSTANT, Standing.OVERDUE),
        (ENDED - 9 * ENOUGH, ENDED + ENOUGH - INSTANT, Standing.OVERDUE),
        (DUE - timedelta(minutes=1), None, Standing.HINDERED),
        (DUE - timedelta(minutes=1), DUE + INSTANT, Standing.HINDERED),
        (DUE - timedelta(minutes=1), DUE, Standing.OVERDUE),
        (DUE + INSTANT, None, Standing.OVERDUE),
    ],
)
def test_a_month_missed_while_stopped_for_long_or_when_it_was_due_is_told_apart(
    begins: datetime, ends: datetime | None, standing: Standing
) -> None:
    assert _after([Span(begins, ends)], [Standing.ON_TIME, Standing.OVERDUE]) is standing


def test_stops_are_added_up_and_what_overlaps_is_counted_once() -> None:
    half = Span(ENDED, ENDED + ENOUGH / 2)
    other = Span(ENDED + ENOUGH, ENDED + ENOUGH * 3 / 2)
    assert _after([half, half], [Standing.LATE]) is Standing.LATE
    assert _after([half, other], [Standing.LATE]) is Standing.HINDERED


def test_what_came_in_time_stays_in_time_whatever_was_stopped() -> None:
    assert _after([Span(ENDED, None)], [Standing.ON_TIME]) is Standing.ON_TIME


def test_before_it_is_due_a_stopped_month_is_paused_and_goes_on_with_the_account() -> None:
    stop = Span(ENDED, DUE - timedelta(days=1))
    waiting = [Standing.WAITING]
    assert _after([stop], waiting, now=DUE - timedelta(days=2)) is Standing.PAUSED
    assert _after([stop], waiting, now=DUE - timedelta(hours=1)) is Standing.WAITING


def _counting(*, counted: bool) -> Season:
    told = SEASON.suspended_months.model_copy(update={"counted": counted})
    return SEASON.model_copy(update={"suspended_months": told})


@pytest.mark.parametrize(
    ("counted", "asked", "needed", "result"), [(False, 9, 8, Result.MET), (True, 12, 10, Result.UNMET)]
)
def test_months_missed_through_a_stop_are_asked_only_where_the_season_says_so(
    counted: bool, asked: int, needed: int, result: Result
) -> None:
    states = [Standing.ON_TIME] * 8 + [Standing.OVERDUE] + [Standing.HINDERED] * 3
    made = proposal(_counting(counted=counted), dict(zip(SEASON.months, states, strict=True)))
    assert (made.asked, made.needed, made.on_time, made.result) == (asked, needed, 8, result)


def test_a_paused_month_is_still_open_so_that_nothing_is_decided_by_a_stop_that_may_end() -> None:
    states = [Standing.ON_TIME] * 9 + [Standing.OVERDUE] * 2 + [Standing.PAUSED]
    made = proposal(SEASON, dict(zip(SEASON.months, states, strict=True)))
    assert (made.result, made.open) == (Result.PENDING, 1)


@given(
    st.lists(st.sampled_from(list(Standing)), min_size=12, max_size=12),
    st.sampled_from([Standing.ON_TIME, Standing.OVERDUE, Standing.HINDERED]),
)
def test_what_is_decided_stays_decided_however_an_open_month_ends(
    states: list[Standing], end: Standing
) -> None:
    before = proposal(SEASON, dict(zip(SEASON.months, states, strict=True)))
    open_ = [n for n, state in enumerate(states) if state in STILL_OPEN]
    if before.result is Result.PENDING or not open_:
        return
    ended = [*states[: open_[0]], end, *states[open_[0] + 1 :]]
    after = proposal(SEASON, dict(zip(SEASON.months, ended, strict=True)))
    assert after.result is before.result


@pytest.mark.parametrize("stops", [[], [Span(ENDED, None)]])
def test_a_month_that_has_not_begun_is_neither_missing_nor_paused(stops: list[Span]) -> None:
    march, begins = RocMonth(115, 3), taipei(2026, 3, 1)
    waiting = [Standing.WAITING]
    assert month_standing(waiting, SEASON, march, stops, begins - INSTANT) is Standing.TO_COME
    begun = month_standing(waiting, SEASON, march, stops, begins)
    assert begun is (Standing.PAUSED if stops else Standing.WAITING)


def test_the_first_month_begins_with_the_uploads() -> None:
    opens = SEASON.moment("upload_opens").at
    before, after = (
        month_standing([Standing.WAITING], SEASON, JANUARY, [], at) for at in (opens - INSTANT, opens)
    )
    assert (before, after) == (Standing.TO_COME, Standing.WAITING)
