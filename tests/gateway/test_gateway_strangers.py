"""What strangers try: counted for the defence, collapsed, and let go in time."""

from datetime import timedelta

import pytest

from careward.gateway import strangers
from careward.gateway.backend import Attempt, Outcome, Step
from careward.gateway.models import Stranger
from careward.kernel import clock
from careward.rulebook import current
from support.delivering import OPEN

pytestmark = pytest.mark.django_db


def tried(name: str, minutes: float = 0, outcome: Outcome = Outcome.ACCOUNT_UNKNOWN) -> None:
    at = OPEN + timedelta(minutes=minutes)
    strangers.count(Attempt(at, "203.0.113.9", name, None, Step.ACCOUNT, outcome))


def rows() -> list[tuple[str, str, int]]:
    return list(Stranger.objects.order_by("id").values_list("username", "outcome", "times"))


def test_a_minute_of_one_name_is_one_row_and_a_locked_source_is_one_whatever_it_tries() -> None:
    for second in range(3):
        tried("root", second / 60)
    tried("root", 1)
    for name in ("admin", "oracle", "x" * 500):
        tried(name, outcome=Outcome.LOCKED)
    assert rows() == [("root", "account_unknown", 3), ("root", "account_unknown", 1), ("", "locked", 3)]


def test_after_a_day_a_source_has_one_row_a_day_and_no_count_is_lost() -> None:
    for number in range(20):
        tried(f"name-{number}", number)
    with clock.frozen(OPEN + timedelta(hours=23)):
        strangers.tidy()
        assert len(rows()) == 20
    with clock.frozen(OPEN + timedelta(days=1, hours=1)):
        strangers.tidy()
        assert rows() == [("", "account_unknown", 20)]
        strangers.tidy()
        assert rows() == [("", "account_unknown", 20)]


def test_it_goes_when_its_time_is_over_and_not_before_half_a_year() -> None:
    kept = timedelta(days=current().policies.gateway.strangers_kept_days.value)
    assert kept >= timedelta(days=183)
    tried("root")
    with clock.frozen(OPEN + kept - timedelta(minutes=1)):
        assert strangers.tidy() == 0
    with clock.frozen(OPEN + kept + timedelta(minutes=1)):
        assert strangers.tidy() == 1
    assert rows() == []
