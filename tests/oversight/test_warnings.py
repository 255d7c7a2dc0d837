"""The ladder of warnings: each rung once, to whom the season says, and no rung before its hour."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careward.correspondence.models import Letter
from careward.kernel.clock import frozen, taipei
from careward.oversight.escalating import rung, send_warnings
from careward.oversight.jobs import do_due
from careward.oversight.models import UnsignedWarning
from careward.rulebook import current
from oversight.making import cases
from support.signing_in import person

CLOSES = taipei(2025, 12, 12, 17)
SECOND = timedelta(seconds=1)
SEASON = current().written_seasons["115"]


@pytest.mark.parametrize(
    ("at", "step"),
    [
        (CLOSES - timedelta(hours=48) - SECOND, None),
        (CLOSES - timedelta(hours=48), "two_days"),
        (CLOSES - timedelta(hours=24) - SECOND, "two_days"),
        (CLOSES - timedelta(hours=24), "one_day"),
        (CLOSES - timedelta(hours=4), "last_hours"),
        (CLOSES, "last_hours"),
        (CLOSES + SECOND, "overdue"),
        (taipei(2025, 12, 20) + SECOND, None),
    ],
)
def test_a_rung_is_reached_at_its_hour(at: datetime, step: str | None) -> None:
    found = rung(SEASON, at)
    assert (found.id if found else None) == step


@given(st.integers(0, 60 * 24 * 40), st.integers(0, 600))
def test_later_is_never_higher_on_the_ladder(minutes: int, more: int) -> None:
    order = {None: -1, **{id_: place for place, id_ in enumerate(SEASON.escalation)}}
    begin = taipei(2025, 11, 17, 9)
    ends = taipei(2025, 12, 20)
    earlier, later = begin + timedelta(minutes=minutes), begin + timedelta(minutes=minutes + more)
    if later > ends:
        return
    one, other = rung(SEASON, earlier), rung(SEASON, later)
    assert order[one and one.id] <= order[other and other.id]


@pytest.fixture
def desk(db: None) -> None:
    person("officer", "officer@example.org", county="10007", unit="health")
    person("officer", "social@example.org", county="10007", unit="social")
    person("supervisor", "supervisor@example.org", county="10007", unit="health")


def _at(at: datetime) -> int:
    with frozen(at):
        return send_warnings(at)


def _sent() -> list[tuple[str, ...]]:
    letters = Letter.objects.filter(kind="unsigned_warning").order_by("created_at", "pk")
    return [tuple(letter.to) for letter in letters]


def test_first_the_officer_then_the_supervisor_too_and_at_last_the_supervisor_alone(desk: None) -> None:
    cases(3)
    for hours in (48, 24, 4, 0):
        assert _at(CLOSES - timedelta(hours=hours) + SECOND) == 1
    officer, supervisor = "officer@example.org", "supervisor@example.org"
    assert _sent() == [(officer,), (officer, supervisor), (officer, supervisor), (supervisor,)]


def test_no_rung_is_sent_twice_however_often_the_worker_asks(desk: None) -> None:
    cases(3)
    for minutes in range(0, 60, 5):
        _at(CLOSES - timedelta(hours=24) + timedelta(minutes=minutes))
    assert len(_sent()) == 1
    assert UnsignedWarning.objects.get().cases == 3


def test_a_worker_that_slept_sends_only_the_lowest_rung_reached(desk: None) -> None:
    cases(1)
    assert _at(CLOSES - timedelta(hours=3)) == 1
    assert [warning.step for warning in UnsignedWarning.objects.all()] == ["last_hours"]
    assert _at(CLOSES - timedelta(hours=2)) == 0


def test_a_desk_that_has_signed_everything_is_left_alone(desk: None) -> None:
    cases(3, "signed_off")
    cases(2, "not_mended")
    cases(1, county="63000")
    assert _at(CLOSES - timedelta(hours=1)) == 0
    assert _sent() == []


def test_every_open_state_counts_and_each_desk_its_own(desk: None) -> None:
    for state in ("lacking", "submitted", "supplement", "awaiting_second", "signed_off"):
        cases(1, state)
    cases(2, institution_type="elderly")
    cases(1, institution_type="elderly", unit="health")
    assert _at(CLOSES - timedelta(hours=48)) == 2
    told = {warning.unit: warning.cases for warning in UnsignedWarning.objects.all()}
    assert told == {"health": 5, "social": 2}


def test_the_letter_says_how_many_and_until_when_and_names_nobody(desk: None) -> None:
    cases(3)
    _at(CLOSES + SECOND)
    letter = Letter.objects.get(kind="unsigned_warning")
    assert "3 件逾期未簽核" in letter.subject
    assert "12 月 19 日" in letter.body
    assert "範例" not in letter.body


def test_the_worker_posts_what_is_due_and_a_second_run_nothing(desk: None) -> None:
    cases(1)
    with frozen(CLOSES - timedelta(hours=1)):
        assert do_due().warnings == 1
        assert do_due().warnings == 0
