"""Dates, remaining time and small components."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.paginator import Paginator

from careward.kernel import clock
from careward.shell.components import Milestone, Tab, Task

Draw = Callable[..., Any]
DEADLINE = clock.taipei(2025, 12, 8, 17)


def test_a_day_is_shown_in_roc_years_with_the_ad_date_beside(draw: Draw) -> None:
    shown = draw("{% roc_date day %}", day=date(2025, 12, 8)).one("time")
    assert shown.text == "114 年 12 月 8 日（一）"
    assert shown.attrs == {"datetime": "2025-12-08", "title": "2025-12-08"}


def test_a_moment_is_shown_on_the_clock_of_taipei(draw: Draw) -> None:
    shown = draw("{% roc_moment at %}", at=datetime(2025, 12, 31, 16, 30, tzinfo=UTC)).one("time")
    assert shown.text == "115 年 1 月 1 日（四）00:30"
    assert shown.attrs["datetime"] == "2026-01-01T00:30+08:00"
    assert shown.attrs["title"] == "2026-01-01"


def test_an_end_at_midnight_bears_the_same_day_in_both_calendars(draw: Draw) -> None:
    shown = draw("{% roc_until at %}", at=datetime(2026, 1, 31, 16, tzinfo=UTC)).one("time")
    assert shown.text == "115 年 1 月 31 日（六）24:00"
    assert shown.attrs["title"] == "2026-01-31"
    assert shown.attrs["datetime"] == "2026-02-01T00:00+08:00"


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (timedelta(days=7, hours=8), "還有 7 天 8 小時"),
        (timedelta(days=7, hours=8, minutes=59), "還有 7 天 8 小時"),
        (timedelta(days=9), "還有 9 天"),
        (timedelta(hours=23, minutes=59), "還有 23 小時 59 分"),
        (timedelta(hours=2), "還有 2 小時"),
        (timedelta(minutes=1), "還有 1 分鐘"),
        (timedelta(seconds=59), "還有不到 1 分鐘"),
        (timedelta(0), "還有不到 1 分鐘"),
        (timedelta(milliseconds=-1), "期限已過"),
    ],
)
def test_what_remains_is_said_in_words(draw: Draw, before: timedelta, said: str) -> None:
    with clock.frozen(DEADLINE - before):
        assert draw("{% remaining until %}", until=DEADLINE).source == said


def test_a_season_says_its_year_only_where_it_changes(draw: Draw) -> None:
    steps = [
        Milestone("開始受理", date(2025, 11, 17), "done"),
        Milestone("機構申請截止", DEADLINE, "now"),
        Milestone("測試功能結束", date(2026, 4, 30), "later", "未申請指標 3.1 者"),
    ]
    page = draw("{% season_line steps %}", steps=steps)
    shown = [time.text for time in page.all("time")]
    assert shown == ["114 年 11 月 17 日", "12 月 8 日 17:00", "115 年 4 月 30 日"]
    assert [time.attrs["title"] for time in page.all("time")] == ["2025-11-17", "2025-12-08", "2026-04-30"]


def test_a_season_tells_without_colour_where_it_stands(draw: Draw) -> None:
    page = draw(
        "{% season_line steps %}",
        steps=[Milestone("截止", DEADLINE, "now"), Milestone("審查", DEADLINE, "later")],
    )
    assert [item.attrs.get("aria-current") for item in page.all("li")] == ["step", None]
    assert [note.text.strip() for note in page.all("span", class_="cw-season__note")] == [
        "現在在這裡",
        "尚未到",
    ]


def test_a_change_link_names_what_it_changes(draw: Draw) -> None:
    page = draw("{% summary_row '負責人' value '/x/' %}", value="<b>林</b>")
    assert page.one("a").text == "變更負責人"
    assert page.one("dd", class_="govuk-summary-list__value").text == "<b>林</b>"


def test_a_row_nobody_may_change_has_no_link(draw: Draw) -> None:
    assert draw("{% summary_row '負責人' '林○○' %}").all("a") == []


def test_a_list_of_2000_rows_is_led_through_by_pages_that_keep_the_question(draw: Draw) -> None:
    page = draw("{% pager page %}", page=Paginator(range(2000), 25).get_page(40))
    links = {link.attrs["href"] for link in page.all("a")}
    assert {"?county=63000&page=39", "?county=63000&page=41", "?county=63000&page=80"} <= links
    assert page.one("a", aria_current="page").text == "40"
    assert "第 976–1,000 筆，共 2,000 筆" in page.one("p").text


def test_a_list_of_one_page_needs_no_leading_through(draw: Draw) -> None:
    page = draw("{% pager page %}", page=Paginator(range(3), 25).get_page(1))
    assert page.all("a") == page.all("p") == []


def test_a_task_that_cannot_begin_yet_is_no_link(draw: Draw) -> None:
    page = draw("{% task_list tasks %}", tasks=[Task("機構", "/a/", "已完成"), Task("送出", "", "尚不能填")])
    assert [link.text for link in page.all("a")] == ["機構"]
    assert page.one("a").attrs["aria-describedby"] in page.ids


def test_a_tag_is_words_in_a_colour(draw: Draw) -> None:
    assert draw("{% tag '待審查' 'yellow' %}").one("strong").attrs["class"] == "govuk-tag govuk-tag--yellow"


def test_a_button_sends_and_a_start_button_leads(draw: Draw) -> None:
    page = draw("{% button '簽核' name='act' value='sign' %}{% button '開始' href='/a/' start=True %}")
    assert page.one("button").attrs["value"] == "sign"
    assert page.one("a").attrs["href"] == "/a/"


def test_a_code_to_copy_is_there_without_scripts_and_its_button_is_not(draw: Draw) -> None:
    page = draw("{% copyable 'C-115-0427' %}")
    assert page.one("code").text == "C-115-0427"
    assert "hidden" in page.one("button").attrs


def test_the_view_of_a_list_one_is_in_is_marked(draw: Draw) -> None:
    tabs = [Tab("待審查", "/a/", current=True, count=37), Tab("已補件", "/b/")]
    page = draw("{% include 'shell/components/tabs.html' with items=items label='清單' %}", items=tabs)
    assert page.one("a", aria_current="page").text.split() == ["待審查", "37"]


@dataclass(frozen=True)
class Row:
    line: int | None
    field: str
    rule: str
    found: str
    expected: str
    mend: str


def test_a_receipt_says_line_field_found_expected_and_how_to_mend(draw: Draw) -> None:
    rows = [
        Row(3, "身分證號", "E2-004", "A1", "10 碼", "請對照證件"),
        Row(None, "", "E4-002", "", "UTF-8", "請另存"),
    ]
    page = draw("{% include 'shell/components/receipt.html' with rows=rows %}", rows=rows)
    cells = [cell.text for cell in page.all("td")]
    assert cells[:5] == ["3", "A1", "10 碼", "請對照證件", "E2-004"]
    assert cells[5:7] == ["–", "（空白）"]
    assert [cell.text for cell in page.all("th", scope="row")] == ["身分證號", "整個檔案"]


def test_the_pages_of_a_paper_are_pictures_with_words(draw: Draw) -> None:
    page = draw(
        "{% include 'shell/components/paper.html' with title='承諾書' pages=pages download_url='/d/' %}",
        pages=["/1/", "/2/"],
    )
    assert [picture.attrs["alt"] for picture in page.all("img")] == [
        "承諾書，第 1 頁，共 2 頁",
        "承諾書，第 2 頁，共 2 頁",
    ]
    assert page.one("div", role="region").attrs["tabindex"] == "0"
