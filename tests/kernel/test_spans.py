"""How much of a time lies in spans, whatever their order and overlap."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from careward.kernel.clock import taipei
from careward.kernel.spans import Span, covered

BEGIN = taipei(2026, 2, 1)
HOURS = 100


def _at(hour: int) -> datetime:
    return BEGIN + timedelta(hours=hour)


pairs = st.tuples(st.integers(-20, 120), st.one_of(st.none(), st.integers(0, 60)))
lists = st.lists(pairs.map(lambda p: Span(_at(p[0]), None if p[1] is None else _at(p[0] + p[1]))), max_size=5)


@given(lists)
def test_what_is_covered_is_every_hour_that_lies_in_any_span_counted_once(spans: list[Span]) -> None:
    hours = sum(any(span.holds(_at(hour)) for span in spans) for hour in range(HOURS))
    assert covered(spans, BEGIN, _at(HOURS)) == timedelta(hours=hours)


def test_a_span_holds_from_its_beginning_up_to_but_not_at_its_end() -> None:
    span = Span(_at(1), _at(3))
    assert [hour for hour in range(5) if span.holds(_at(hour))] == [1, 2]
    assert Span(_at(1), None).holds(_at(10_000))
