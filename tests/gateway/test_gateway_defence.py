from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from careward.gateway.defence import locked_until
from careward.kernel import clock

LOCK = timedelta(minutes=15)
START = clock.taipei(2026, 1, 5, 9)
MOMENTS = st.lists(st.integers(0, 7200), max_size=30).map(
    lambda seconds: [START + timedelta(seconds=s) for s in sorted(seconds)]
)


def test_the_fifth_failure_locks_for_fifteen_minutes() -> None:
    failures = [START + timedelta(seconds=s) for s in range(5)]
    assert locked_until(failures[:4], 5, LOCK) is None
    assert locked_until(failures, 5, LOCK) == failures[-1] + LOCK


def test_failures_spread_thinly_do_not_lock() -> None:
    assert locked_until([START + timedelta(minutes=4 * n) for n in range(20)], 5, LOCK) is None


@given(MOMENTS)
def test_after_a_lock_has_ended_one_more_failure_does_not_lock_again(failures: list[datetime]) -> None:
    end = locked_until(failures, 5, LOCK)
    if end is None:
        return
    before = [moment for moment in failures if moment < end]
    assert locked_until([*before, end], 5, LOCK) == end


@given(MOMENTS)
def test_a_lock_needs_five_failures_within_its_time(failures: list[datetime]) -> None:
    end = locked_until(failures, 5, LOCK)
    locks = [f for f in failures if sum(1 for g in failures if f - LOCK < g <= f) >= 5]
    assert end == (max(locks) + LOCK if locks else None)
