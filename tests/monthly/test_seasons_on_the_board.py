"""Two seasons on the boards: which is shown first, and that the former one's months stay within reach."""

import re
from collections.abc import Iterator
from datetime import datetime
from html import unescape

import pytest
from django.test import Client

from careward.kernel import clock
from careward.kernel.clock import taipei
from support.delivering import CODE, account
from support.signing_in import person, sign_in
from support.two_seasons import two_seasons

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("following", "own_store")]

AFTER = taipei(2027, 3, 1)


@pytest.fixture(scope="module")
def following(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The rules with the season after, every moment of it confirmed."""
    yield from two_seasons(tmp_path_factory.mktemp("two-seasons"), confirmed=True)


def words(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.content.decode().partition("<main")[2])).split())


def _both(code: str = CODE) -> None:
    account("live", code)
    account("live", code, season="116", created_at=taipei(2026, 12, 19), requested_at=taipei(2026, 12, 15))


@pytest.mark.parametrize(
    ("at", "season"),
    [
        (taipei(2026, 11, 20), "115"),
        (taipei(2026, 12, 22), "115"),
        (taipei(2027, 1, 11), "115"),
        (taipei(2027, 1, 11, 1), "116"),
        (AFTER, "116"),
        (taipei(2029, 1, 1), "116"),
    ],
)
def test_the_season_whose_month_is_due_next_is_shown_first(client: Client, at: datetime, season: str) -> None:
    _both()
    officer = sign_in(client, person("officer", county="10007", unit="health"))
    with clock.frozen(at):
        assert words(officer, "/months/year/").startswith(
            'class="cw-main" id="main"> ::: 主要內容區 ' + season
        )


@pytest.mark.parametrize(
    ("role", "address"),
    [
        ("institution", "/institution/months/"),
        ("officer", f"/months/institution/{CODE}/"),
        ("officer", "/months/"),
        ("officer", "/months/year/"),
        ("ministry", "/months/year/"),
        ("vendor", "/months/year/"),
        ("auditor", "/months/year/"),
    ],
)
def test_everybody_reaches_the_months_of_the_season_before(client: Client, role: str, address: str) -> None:
    _both()
    where = {"officer": {"county": "10007", "unit": "health"}, "institution": {"institution_code": CODE}}
    viewer = sign_in(client, person(role, **where.get(role, {})))
    with clock.frozen(AFTER):
        now, before = (viewer.get(f"{address}{asked}").content.decode() for asked in ("", "?season=115"))
        file = viewer.get(f"{address}?season=115&as=csv")
    assert "116 年度" in now
    assert "115 年度" in now
    assert "11512" in before
    assert "11512" not in now
    if "institution" not in address:
        assert CODE in file.content.decode("utf-8-sig")


def test_filtering_a_season_keeps_it_and_changing_it_keeps_the_institutions_that_are_looked_for(
    client: Client,
) -> None:
    _both()
    officer = sign_in(client, person("officer", county="10007", unit="health"))
    with clock.frozen(AFTER):
        page = officer.get("/months/?season=115&month=11512&q=範例").content.decode()
    assert '<input type="hidden" name="season" value="115">' in page
    assert f'href="?q={"%E7%AF%84%E4%BE%8B"}&amp;season=116"' in page


def test_who_delivered_only_in_the_former_season_sees_it_without_a_switch(client: Client) -> None:
    account("live")
    institution = sign_in(client, person("institution", institution_code=CODE))
    with clock.frozen(AFTER):
        page = words(institution, "/institution/months/")
    assert "115 年度各月情形" in page
    assert "116 年度" not in page


def test_an_unknown_season_shows_the_one_that_is_due(client: Client) -> None:
    _both()
    officer = sign_in(client, person("officer", county="10007", unit="health"))
    with clock.frozen(AFTER):
        assert "116 年度每月上傳情形" in words(officer, "/months/year/?season=999")


def test_where_two_seasons_meet_the_home_page_presses_for_both_until_the_old_account_closes(
    client: Client,
) -> None:
    _both()
    institution = sign_in(client, person("institution", institution_code=CODE))
    with clock.frozen(taipei(2027, 1, 5)):
        page = words(institution, "/my/")
        assert "11512 還沒收齊" in page
        assert "11601 還沒收齊" in page
        assert "11501 逾期未收齊" in page
    with clock.frozen(taipei(2027, 2, 3)):
        page = words(institution, "/my/")
        assert "11501" not in page
        assert "11601 還沒收齊" in page
