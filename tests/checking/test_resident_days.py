"""Resident-days: arrival and return count, leaving does not, hospital and leave do not (domain.md §4)."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careward.checking.engine.resident_days import Move, away_at_end, days_present, resident_days
from careward.checking.known import KnownTable
from careward.kernel.roc import RocMonth
from careward.rulebook import current

MONTH = RocMonth.parse("11501")
RULE = current().interchange("1.0").head.resident_days
assert RULE is not None


def jan(day: int) -> date:
    return date(2026, 1, day)


def days(start: date, end: date | None, *moves: Move, away_before: bool = False) -> int:
    return days_present(start, end, moves, MONTH, away_before=away_before)


@pytest.mark.parametrize(
    ("start", "end", "counted"),
    [
        (date(2025, 5, 1), None, 31),
        (jan(31), None, 1),
        (jan(10), jan(10), 0),
        (jan(10), jan(11), 1),
        (date(2025, 5, 1), jan(1), 0),
        (date(2025, 5, 1), jan(31), 30),
        (date(2026, 2, 1), None, 0),
        (date(2025, 5, 1), date(2025, 12, 31), 0),
    ],
)
def test_the_day_of_arrival_counts_and_the_day_of_leaving_does_not(
    start: date, end: date | None, counted: int
) -> None:
    assert days(start, end) == counted


@pytest.mark.parametrize(
    ("moves", "away_before", "counted"),
    [
        ([Move(jan(10), away=True), Move(jan(15), away=False)], False, 26),
        ([Move(jan(10), away=True)], False, 9),
        ([Move(jan(15), away=False)], True, 17),
        ([], True, 0),
        ([Move(jan(10), away=True), Move(jan(10), away=False)], False, 31),
        ([Move(jan(10), away=False), Move(jan(10), away=True)], True, 0),
        ([Move(jan(1), away=True), Move(jan(31), away=False)], False, 1),
    ],
    ids=["hospital", "not back", "back", "out all month", "out and back", "back and out", "first to last"],
)
def test_days_in_hospital_or_on_leave_do_not_count(
    moves: list[Move], away_before: bool, counted: int
) -> None:
    assert days(date(2025, 5, 1), None, *moves, away_before=away_before) == counted


@given(
    st.sets(st.integers(1, 31), max_size=12),
    st.integers(-20, 31),
    st.one_of(st.none(), st.integers(1, 40)),
    st.booleans(),
)
def test_walking_day_by_day_gives_the_same(
    turns: set[int], start: int, end: int | None, away_before: bool
) -> None:
    begins = jan(1) + timedelta(days=start - 1)
    ends = None if end is None else max(begins, jan(1) + timedelta(days=end - 1))
    away = out = away_before and begins < jan(1)
    moves = []
    for day in sorted(day for day in turns if jan(day) >= begins):
        away = not away
        moves.append(Move(jan(day), away=away))
    turned = {move.day: move.away for move in moves}
    counted = 0
    for day in (jan(n) for n in range(1, 32)):
        out = turned.get(day, out)
        counted += not out and begins <= day and (ends is None or day < ends)
    assert days(begins, ends, *moves, away_before=away_before) == counted


def roster(*stays: tuple[str, date, date | None]) -> KnownTable:
    return KnownTable.of(
        MONTH,
        [{"resident_key": who, "admitted_on": start, "discharged_on": end} for who, start, end in stays],
    )


def moves(*told: tuple[str, date, str]) -> KnownTable:
    return KnownTable.of(
        MONTH, [{"resident_key": who, "moved_on": day, "movement": code} for who, day, code in told]
    )


def test_an_institutions_days_are_those_of_all_its_stays() -> None:
    assert RULE is not None
    long_ago = date(2025, 5, 1)
    there = roster(("R1", long_ago, None), ("R2", jan(20), None), ("R3", long_ago, jan(5)))
    told = moves(
        ("R1", jan(10), "HOS"), ("R1", jan(12), "HRE"), ("R2", jan(25), "LEA"), ("R3", jan(5), "DIS")
    )
    assert resident_days(RULE, there, None) == 31 + 12 + 4
    assert resident_days(RULE, there, told) == 29 + 5 + 4
    assert resident_days(RULE, there, told, away_before={"R3"}) == 29 + 5


def test_who_comes_back_first_was_out_even_when_the_leaving_was_never_told() -> None:
    assert RULE is not None
    there = roster(("R1", date(2025, 5, 1), None))
    assert resident_days(RULE, there, moves(("R1", jan(11), "HRE"))) == 21


def test_those_out_at_the_end_are_out_as_the_next_month_begins() -> None:
    assert RULE is not None
    told = moves(("R1", jan(10), "HOS"), ("R2", jan(9), "LRE"), ("R3", jan(3), "LEA"), ("R3", jan(4), "LRE"))
    assert away_at_end(RULE, told, away_before={"R2", "R9"}) == {"R1", "R9"}
    assert away_at_end(RULE, None, away_before={"R2"}) == {"R2"}
