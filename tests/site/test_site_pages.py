"""Home and the footer's pages: what they say at which moment."""

import re
from datetime import datetime, timedelta
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from careward import rulebook
from careward.kernel.clock import frozen, taipei
from careward.site.views import _milestones

pytestmark = pytest.mark.django_db

OPENS, CLOSES = taipei(2025, 11, 17, 9), taipei(2025, 12, 8, 17)
MS = timedelta(milliseconds=1)
FORM = 'href="/apply/"'
SEASON = rulebook.current().written_seasons["115"]


def _home(client: Client, at: datetime) -> str:
    """Home's own part: the frame around it leads to the form at any time, where a page says that it is shut."""
    with frozen(at):
        answer = client.get("/")
    assert answer.status_code == 200
    return unescape(answer.content.decode().partition("<main")[2].partition("</main")[0])


def _words(page: str) -> str:
    return re.sub(r"<[^>]+>", "", page)


@pytest.mark.parametrize("at", [taipei(2025, 11, 1), OPENS - MS])
def test_before_the_window_home_says_when_it_opens_and_offers_no_form(client: Client, at: datetime) -> None:
    page = _home(client, at)
    assert "從 114 年 11 月 17 日（一）09:00 起可以線上申請" in _words(page)
    assert FORM not in page


@pytest.mark.parametrize("at", [OPENS, taipei(2025, 12, 1, 9), CLOSES])
def test_in_the_window_home_offers_the_form_and_says_until_when(client: Client, at: datetime) -> None:
    page = _home(client, at)
    assert FORM in page
    assert "線上申請表單" in page
    assert "請在 114 年 12 月 8 日（一）17:00 前送出" in _words(page)


@pytest.mark.parametrize("at", [CLOSES + MS, taipei(2025, 12, 9), taipei(2026, 6, 1)])
def test_after_the_window_home_offers_no_form_and_says_whom_to_ask(client: Client, at: datetime) -> None:
    page = _home(client, at)
    assert FORM not in page
    words = _words(page)
    assert "申請已於 114 年 12 月 8 日（一）17:00 截止" in words
    assert "不再受理新的申請" in words
    assert 'href="/contact/"' in page


def test_how_much_time_is_left_is_counted(client: Client) -> None:
    assert "還有 7 天" in _words(_home(client, taipei(2025, 12, 1, 9)))
    assert "還有 1 分鐘" in _words(_home(client, CLOSES - timedelta(minutes=1)))


def test_after_the_window_the_next_moment_is_the_countys_and_in_the_end_there_is_none(client: Client) -> None:
    assert "地方政府審查截止" in _words(_home(client, CLOSES + MS))
    assert "本年度時程已全部結束" in _words(_home(client, taipei(2026, 5, 2)))


def test_every_public_moment_stands_on_the_season_line(client: Client) -> None:
    page = _words(_home(client, taipei(2025, 12, 1, 9)))
    for moment in SEASON.public_moments:
        assert moment.label in page
    for moment in SEASON.in_order:
        if moment not in SEASON.public_moments:
            assert moment.label not in page


def test_every_mode_names_its_documents(client: Client) -> None:
    page = _home(client, taipei(2025, 12, 1, 9))
    for mode in SEASON.modes.values():
        row = page[page.index(mode.label) :].partition("</tr>")[0]
        assert "、".join(document.label for document in SEASON.documents_for(mode.id)) in row


def test_the_ways_in_are_there(client: Client) -> None:
    page = _home(client, taipei(2025, 12, 1, 9))
    addresses = ["/accounts/sign-in/", "/accounts/sign-in/code/", "/contact/"]
    for address in addresses:
        assert f'href="{address}"' in page
        assert client.get(address).status_code == 200
    specification = re.search(r'href="([^"]+)">資料上傳的介接規格', page)
    assert specification is not None
    assert client.get(specification[1]).status_code == 200


@given(at=st.datetimes(min_value=datetime(2025, 10, 1), max_value=datetime(2026, 7, 1)))
def test_what_is_past_is_done_one_thing_is_next_and_the_rest_is_later(at: datetime) -> None:
    now = at.replace(tzinfo=OPENS.tzinfo)
    steps = _milestones(SEASON.public_moments, now)
    passed = sum(moment.passed(now) for moment in SEASON.public_moments)
    ahead = len(steps) - passed
    states = ["done"] * passed + ["now"] * min(ahead, 1) + ["later"] * (ahead - 1)
    assert [step.state for step in steps] == states


@pytest.mark.parametrize(
    ("kind", "phone"),
    [
        ("老人福利機構", "02-89791196#216"),
        ("身心障礙住宿機構", "02-26531016"),
        ("住宿式長照機構", "02-85906272"),
        ("精神護理之家", "02-85907695"),
        ("一般護理之家", "02-85907137"),
    ],
)
def test_each_type_has_its_contact_window(client: Client, kind: str, phone: str) -> None:
    page = client.get("/contact/").content.decode()
    row = page[page.index(f">{kind}<") :].partition("</tr>")[0]
    assert f">{phone}<" in row


@pytest.mark.parametrize("address", ["/", "/contact/", "/privacy/", "/accessibility/"])
def test_every_page_can_be_read_by_anybody_and_nothing_can_be_sent_to_it(
    client: Client, address: str
) -> None:
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(address)
    assert answer.status_code == 200
    assert '<html lang="zh-Hant-TW"' in answer.content.decode()
    assert [query["sql"] for query in queries if "seasons_momentmove" not in query["sql"]] == []
    assert len(queries) <= 1
    assert client.head(address).status_code == 200
    assert client.post(address).status_code == 405
    assert not client.cookies.get("sessionid")


def test_the_footer_leads_to_the_pages_every_service_owes(client: Client) -> None:
    footer = client.get("/").content.decode().partition("<footer")[2]
    for address in ("/contact/", "/privacy/", "/accessibility/"):
        assert f'href="{address}"' in footer
