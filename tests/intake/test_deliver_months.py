"""A file for the wrong month is refused, and the right one is named."""

from datetime import datetime, timedelta

import pytest

from careward.checking.taken import Taken
from careward.intake import publishing, specification_files
from careward.intake.grouping import Receipt
from careward.intake.models import Delivery
from careward.kernel.clock import taipei
from careward.kernel.roc import RocMonth
from support import delivering

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("uploads_open")]


def _file(month: str) -> bytes:
    return delivering.staff_csv(month=RocMonth.parse(month))


def _refused(delivery: Delivery, rule: str) -> str:
    """The whole wording of the one finding of a rule."""
    assert delivery.state == "rejected"
    (found,) = (one for one in Receipt.of(delivery).findings if one.rule == rule)
    said = " ".join((found.what, found.expected, found.how))
    assert "{" not in said
    return said


@pytest.mark.parametrize(
    ("month", "rule", "right"),
    [
        ("11401", "delivery.month_not_asked_for", "11501"),
        ("11412", "delivery.month_not_asked_for", "11502"),
        ("11601", "delivery.month_not_asked_for", "11501"),
        ("11503", "delivery.month_not_open", "11502"),
        ("11512", "delivery.month_not_open", "11502"),
    ],
)
def test_a_month_not_taken_now_is_refused_with_the_one_meant(month: str, rule: str, right: str) -> None:
    said = _refused(delivering.checked(delivering.account(), _file(month), f"staff-{month}.csv"), rule)
    assert f"staff-{right}.csv" in said
    assert month in said


@pytest.mark.parametrize("form", ["csv", "xlsx", "json"])
@pytest.mark.parametrize("name", ["11401", "11512"])
def test_where_the_rows_are_of_a_month_that_is_taken_that_one_is_named(name: str, form: str) -> None:
    spec = publishing.specification_in_force()
    content = specification_files.sample(spec, spec.dataset("staff"), delivering.MONTH, form=form)  # type: ignore[arg-type]
    delivery = delivering.checked(delivering.account(), content, f"staff-{name}.{form}")
    (rule,) = {one.rule for one in Receipt.of(delivery).findings}
    said = _refused(delivery, rule)
    assert "檔案內容是 11501 的資料" in said
    assert f"staff-11501.{form}" in said


@pytest.mark.parametrize("lane", ["live", "test"])
def test_a_name_that_says_another_month_than_every_row_is_told_once_for_the_file(lane: str) -> None:
    delivery = delivering.checked(delivering.account(lane), _file("11501"), "staff-11502.csv")
    said = _refused(delivery, "delivery.month_content")
    assert "staff-11501.csv" in said
    rows = [one for one in Receipt.of(delivery).findings if one.rule == "staff.period_is_the_files"]
    assert len(rows) == delivery.row_count == 3


def test_rows_of_a_month_that_is_not_taken_are_not_offered_as_the_right_one() -> None:
    delivery = delivering.checked(delivering.account(), _file("11401"), "staff-11501.csv")
    said = _refused(delivery, "delivery.month_content")
    assert "目前不收 11401" in said
    assert "staff-11401" not in said


def test_rows_of_several_months_are_told_row_by_row() -> None:
    mixed = _file("11501") + _file("11412").partition(b"\r\n")[2]
    delivery = delivering.checked(delivering.account(), mixed, "staff-11501.csv")
    assert delivery.state == "rejected"
    assert "delivery.month_content" not in {one.rule for one in Receipt.of(delivery).findings}


@pytest.mark.parametrize("month", ["11401", "11512", "12001"])
def test_the_test_lane_takes_any_month(month: str) -> None:
    delivery = delivering.checked(delivering.account("test"), _file(month), f"staff-{month}.csv")
    rules = {one.rule for one in Receipt.of(delivery).findings}
    assert not {rule for rule in rules if rule.startswith("delivery.")}


@pytest.mark.parametrize(
    ("month", "opens"),
    [
        ("11501", taipei(2025, 12, 22)),
        ("11502", taipei(2026, 2, 1)),
        ("11512", taipei(2026, 12, 1)),
    ],
)
def test_a_month_opens_with_its_first_day_and_the_first_with_the_uploads(month: str, opens: datetime) -> None:
    season = publishing.season_in_force()
    for moment, taken in ((opens, True), (opens - timedelta(milliseconds=1), False)):
        assert Taken(season, "live", moment).takes(RocMonth.parse(month)) is taken


def test_the_month_offered_is_always_one_that_is_taken() -> None:
    season = publishing.season_in_force()
    for days in range(0, 400, 13):
        taken = Taken(season, "live", taipei(2025, 12, 22, 9) + timedelta(days=days))
        for said in ("11401", "11407", "11501", "11506", "11512", "11603"):
            assert taken.takes(taken.meant(RocMonth.parse(said)))
