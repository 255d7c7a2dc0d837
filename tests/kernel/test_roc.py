from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from careward.kernel.clock import taipei
from careward.kernel.roc import (
    NotADate,
    NotAMonth,
    RocMonth,
    format_date,
    parse_date,
    short_date,
    weekday_zh,
)

FULL_WIDTH = str.maketrans("0123456789/.-", "０１２３４５６７８９／．－")
DAYS = st.dates(min_value=date(1912, 1, 1), max_value=date(2910, 12, 31))
MONTHS = st.builds(RocMonth, st.integers(1, 999), st.integers(1, 12))

FORMS: dict[str, Callable[[int, int, int], str]] = {
    "slashes": lambda y, m, d: f"{y}/{m}/{d}",
    "dots": lambda y, m, d: f"{y}.{m:02d}.{d:02d}",
    "hyphens": lambda y, m, d: f"{y}-{m:02d}-{d:02d}",
    "compact": lambda y, m, d: f"{y:03d}{m:02d}{d:02d}",
    "characters": lambda y, m, d: f"{y}年{m}月{d}日",
    "with the era": lambda y, m, d: f"民國 {y} 年 {m} 月 {d} 日",
}


@pytest.mark.parametrize(
    "written",
    [
        "114/12/8",
        "114.12.08",
        "114-12-08",
        "1141208",
        "114年12月8日",
        "114/12/08",
        " 114 年 12 月 8 日 ",
        "民國114年12月8日",
        "１１４／１２／８",
        "１１４１２０８",
        "１１４年１２月８日",
    ],
)
def test_every_written_form_of_the_deadline_is_read(written: str) -> None:
    assert parse_date(written) == date(2025, 12, 8)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
@given(day=DAYS)
@example(day=date(2024, 2, 29))
@example(day=date(2010, 12, 31))
@example(day=date(1912, 1, 1))
def test_any_day_survives_being_written_and_read(form: Callable[[int, int, int], str], day: date) -> None:
    written = form(day.year - 1911, day.month, day.day)
    assert parse_date(written) == day
    assert parse_date(written.translate(FULL_WIDTH)) == day


@given(DAYS)
def test_what_the_product_writes_it_reads(day: date) -> None:
    assert parse_date(format_date(day)) == day
    assert parse_date(short_date(day)) == day


def test_the_leap_day_follows_the_ad_year() -> None:
    assert parse_date("113/2/29") == date(2024, 2, 29)
    assert parse_date("089/02/29") == date(2000, 2, 29)
    for never in ("112/2/29", "114/2/29", "116/2/29", "189/2/29"):
        with pytest.raises(NotADate) as refusal:
            parse_date(never)
        assert refusal.value.reason == "impossible"


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("", "empty"),
        ("　 ", "empty"),
        ("114/13/8", "impossible"),
        ("114/0/8", "impossible"),
        ("114/11/31", "impossible"),
        ("1140230", "impossible"),
        ("0/12/8", "impossible"),
        ("0001208", "impossible"),
        ("2025/12/8", "western_year"),
        ("2025-12-08", "western_year"),
        ("20251208", "western_year"),
        ("12/8", "unreadable"),
        ("114/12-08", "unreadable"),
        ("12/8/114", "unreadable"),
        ("991208", "unreadable"),
        ("114年12月", "unreadable"),
        ("民國前1年12月8日", "unreadable"),
        ("114/12/8x", "unreadable"),
        ("-114/12/8", "unreadable"),
        ("١١٤/١٢/٨", "unreadable"),
        ("明天", "unreadable"),
    ],
)
def test_what_is_no_roc_date_is_refused_with_the_reason(written: str, reason: str) -> None:
    with pytest.raises(NotADate) as refusal:
        parse_date(written)
    assert refusal.value.reason == reason


@given(st.text(max_size=20))
def test_any_text_is_either_a_date_or_refused_for_a_known_reason(text: str) -> None:
    try:
        outcome: date | str = parse_date(text)
    except NotADate as refusal:
        outcome = refusal.reason
    assert isinstance(outcome, date) or outcome in {"empty", "unreadable", "western_year", "impossible"}


def test_a_date_is_shown_in_roc_years() -> None:
    assert format_date(date(2025, 12, 8)) == "114 年 12 月 8 日"
    assert short_date(date(2025, 12, 8)) == "114/12/08"
    assert short_date(date(2010, 1, 2)) == "99/01/02"


def test_the_deadlines_of_the_season_fall_on_the_weekdays_of_the_calendar() -> None:
    assert weekday_zh(date(2025, 12, 8)) == "星期一"
    assert weekday_zh(date(2025, 12, 12)) == "星期五"
    assert weekday_zh(date(2025, 12, 14)) == "星期日"


def test_a_moment_is_shown_on_its_day_in_taipei() -> None:
    late = datetime(2025, 12, 7, 16, tzinfo=UTC)
    assert format_date(late) == format_date(taipei(2025, 12, 8)) == "114 年 12 月 8 日"
    assert weekday_zh(late) == "星期一"
    with pytest.raises(ValueError, match="without time zone"):
        short_date(datetime(2025, 12, 8))


def test_a_day_without_roc_year_is_not_shown_as_one() -> None:
    with pytest.raises(NotADate):
        format_date(date(1911, 12, 31))
    with pytest.raises(NotADate):
        short_date(date(2911, 1, 1))


def test_a_data_month_is_read_and_written() -> None:
    month = RocMonth.parse("11501")
    assert (month.year, month.month, str(month)) == (115, 1, "11501")
    assert RocMonth.parse(" １１５０１ ") == month
    assert RocMonth.parse("09912").first_day == date(2010, 12, 1)


def test_a_data_month_knows_its_days() -> None:
    assert RocMonth.parse("11501").first_day == date(2026, 1, 1)
    assert RocMonth.parse("11501").last_day == date(2026, 1, 31)
    assert RocMonth.parse("11302").last_day == date(2024, 2, 29)
    assert RocMonth.parse("11402").last_day == date(2025, 2, 28)
    assert RocMonth.parse("11412").last_day == date(2025, 12, 31)


def test_after_december_comes_january_of_the_next_year() -> None:
    assert str(RocMonth.parse("11412").following()) == "11501"
    assert str(RocMonth.parse("11501").following()) == "11502"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("11513", "impossible"),
        ("11500", "impossible"),
        ("00001", "impossible"),
        ("1151", "unreadable"),
        ("115011", "unreadable"),
        ("115-01", "unreadable"),
        ("202601", "unreadable"),
        ("", "unreadable"),
        ("115 01", "unreadable"),
        ("１１５１", "unreadable"),
        ("١١٥٠١", "unreadable"),
    ],
)
def test_what_is_no_data_month_is_refused(text: str, reason: str) -> None:
    with pytest.raises(NotAMonth) as refusal:
        RocMonth.parse(text)
    assert refusal.value.reason == reason


@given(MONTHS)
def test_any_month_survives_being_written_and_read(month: RocMonth) -> None:
    assert RocMonth.parse(str(month)) == month
    assert hash(RocMonth.parse(str(month))) == hash(month)


@given(st.builds(RocMonth, st.integers(1, 998), st.integers(1, 12)))
def test_a_month_ends_the_day_before_the_following_begins(month: RocMonth) -> None:
    assert month.last_day + timedelta(days=1) == month.following().first_day
    assert month < month.following()


@given(MONTHS, MONTHS)
def test_months_sort_as_their_days_and_as_their_text(one: RocMonth, other: RocMonth) -> None:
    assert (one < other) == (one.first_day < other.first_day) == (str(one) < str(other))


def test_a_month_cannot_be_changed_and_serves_as_a_key() -> None:
    month = RocMonth.parse("11501")
    with pytest.raises(AttributeError):
        month.month = 2  # type: ignore[misc]
    assert {month: "due"}[RocMonth(115, 1)] == "due"
