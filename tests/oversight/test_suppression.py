"""Small numbers stay hidden, and no hidden one follows from what is shown."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careward.oversight.rules import Share, is_small, publishable


@st.composite
def columns(draw: st.DrawFn, most: int = 5, whole: int = 9) -> list[Share]:
    wholes = draw(st.lists(st.integers(0, whole), min_size=1, max_size=most))
    return [Share(draw(st.integers(0, n)), n) for n in wholes]


@given(columns(most=22, whole=400), st.integers(1, 8))
def test_no_small_number_is_ever_shown(column: list[Share], threshold: int) -> None:
    shown = publishable(column, threshold)
    for share, open_ in zip(column, shown.cells, strict=True):
        assert not (open_ and is_small(share, threshold))
    total = Share(sum(s.part for s in column), sum(s.whole for s in column))
    assert not (shown.total and is_small(total, threshold))


@given(columns(), st.integers(2, 4))
def test_nobody_can_work_out_a_hidden_number(column: list[Share], threshold: int) -> None:
    """Every way to fill the hidden cells that agrees with what is shown, tried out."""
    shown = publishable(column, threshold)
    ranges = [
        (share.part,) if open_ else tuple(range(share.whole + 1))
        for share, open_ in zip(column, shown.cells, strict=True)
    ]
    told = sum(share.part for share in column)
    possible = [fill for fill in product(*ranges) if not shown.total or sum(fill) == told]
    for place, open_ in enumerate(shown.cells):
        if not open_:
            values = {fill[place] for fill in possible}
            assert len(values) >= min(threshold, column[place].whole + 1)


@given(columns(most=22, whole=400), st.integers(1, 8))
def test_without_small_numbers_nothing_is_hidden(column: list[Share], threshold: int) -> None:
    if any(is_small(share, threshold) for share in column):
        return
    assert all(publishable(column, threshold).cells)


@given(columns(most=10, whole=60))
def test_a_cell_of_no_cases_hides_nothing_and_is_never_hidden(column: list[Share]) -> None:
    shown = publishable(column, 5)
    assert all(open_ for share, open_ in zip(column, shown.cells, strict=True) if share.whole == 0)


def test_one_small_cell_takes_another_one_with_it() -> None:
    shown = publishable([Share(2, 40), Share(9, 40), Share(20, 40)], 5)
    assert shown.cells == (False, False, True)
    assert shown.total


def test_when_all_are_too_few_the_total_goes_too() -> None:
    shown = publishable([Share(1, 40), Share(1, 40)], 5)
    assert shown.cells == (False, False)
    assert not shown.total


@pytest.mark.parametrize(
    ("part", "whole", "small"),
    [
        (0, 40, False),
        (4, 40, True),
        (5, 40, False),
        (36, 40, True),
        (40, 40, False),
        (0, 4, True),
        (0, 0, False),
    ],
)
def test_what_counts_as_small(part: int, whole: int, small: bool) -> None:
    assert is_small(Share(part, whole), 5) is small
