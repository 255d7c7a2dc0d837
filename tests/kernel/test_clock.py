from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careward.kernel import clock
from careward.kernel.clock import TAIPEI, Remaining, frozen, install, now, remaining, taipei

NOON = taipei(2025, 12, 8, 12)


@pytest.fixture
def _machine_clock():
    before = clock._holder.source
    yield
    install(before)


def test_now_is_the_present_moment_told_in_taipei() -> None:
    before = datetime.now(UTC)
    moment = now()
    assert before <= moment <= datetime.now(UTC)
    assert moment.tzinfo is TAIPEI


def test_taipei_is_eight_hours_ahead_of_utc() -> None:
    assert taipei(2025, 12, 8, 17) == datetime(2025, 12, 8, 9, tzinfo=UTC)
    assert taipei(2025, 12, 8) == datetime(2025, 12, 7, 16, tzinfo=UTC)


def test_a_frozen_clock_stands_still_and_runs_again_afterwards() -> None:
    with frozen(NOON):
        assert now() == now() == NOON
    assert now() != NOON


def test_a_moment_frozen_in_another_zone_is_told_in_taipei() -> None:
    with frozen(NOON.astimezone(UTC)):
        assert now().tzinfo is TAIPEI
        assert now().hour == 12


def test_freezing_nests_and_gives_back_the_clock_it_found() -> None:
    with frozen(NOON):
        with frozen(NOON + timedelta(days=1)):
            assert now() == NOON + timedelta(days=1)
        assert now() == NOON


def test_the_clock_is_given_back_after_an_error() -> None:
    with frozen(NOON):
        with pytest.raises(ZeroDivisionError), frozen(NOON + timedelta(days=1)):
            raise ZeroDivisionError
        assert now() == NOON


def test_every_thread_reads_the_same_frozen_clock() -> None:
    seen: list[datetime] = []
    with frozen(NOON):
        threads = [Thread(target=lambda: seen.append(now())) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert seen == [NOON] * 4


@pytest.mark.usefixtures("_machine_clock")
def test_an_installed_source_is_the_clock_and_may_move() -> None:
    moments = iter([NOON, NOON + timedelta(days=14)])
    install(lambda: next(moments))
    assert now() == NOON
    assert now() == NOON + timedelta(days=14)


@pytest.mark.usefixtures("_machine_clock")
def test_a_moment_without_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="without time zone"), frozen(datetime(2025, 12, 8)):
        pass
    with pytest.raises(ValueError, match="without time zone"):
        remaining(datetime(2025, 12, 8), NOON)
    install(lambda: datetime(2025, 12, 8))
    with pytest.raises(ValueError, match="without time zone"):
        now()


@pytest.mark.parametrize(
    ("left", "told"),
    [
        (timedelta(days=7, hours=8), (7, 8, 0)),
        (timedelta(minutes=1), (0, 0, 1)),
        (timedelta(seconds=59.999), (0, 0, 0)),
        (timedelta(days=1) - timedelta(microseconds=1), (0, 23, 59)),
        (timedelta(0), (0, 0, 0)),
        (timedelta(microseconds=-1), (0, 0, 0)),
        (timedelta(days=-3), (0, 0, 0)),
    ],
)
def test_what_remains_is_told_in_whole_units_and_never_below_nothing(
    left: timedelta, told: tuple[int, int, int]
) -> None:
    assert remaining(NOON + left, NOON) == Remaining(*told)


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=4000)))
def test_what_remains_falls_short_of_the_truth_by_less_than_a_minute(left: timedelta) -> None:
    told = remaining(NOON + left, NOON.astimezone(UTC))
    whole = timedelta(days=told.days, hours=told.hours, minutes=told.minutes)
    assert timedelta(0) <= left - whole < timedelta(minutes=1)
    assert told.hours < 24
    assert told.minutes < 60
