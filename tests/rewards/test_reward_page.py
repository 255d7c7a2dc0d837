"""The staff page: facts in or from the registry, amount and explanation out."""

import os
import re
from datetime import date
from html import unescape
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from careward.journal import Actor, acting
from careward.registry import acts
from careward.registry.models import Accreditation, Occupancy
from support.browsing import assert_accessible, assert_no_sideways_scrolling, chromium
from support.signing_in import person, sign_in

pytestmark = pytest.mark.django_db
PAGE = "/rewards/"
FACTS = {
    "year": "111", "institution_code": "9901", "name": "演練護理之家", "type": "general_nursing", "ownership": "public",
    "open_beds": "120", "others_met": "on", "a1_kind": "regular", "a1_grade": "合格", "a1_announced": "107/10/1",
    "a1_valid_from": "108/1/1", "a1_valid_to": "112/12/31",
}  # fmt: skip


def _words(client: Client, **changes: str) -> str:
    answer = client.get(PAGE, {**FACTS, **changes})
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    return unescape(re.sub(r"<[^>]+>", "", answer.content.decode().partition("<main")[2]))


@pytest.fixture
def officer(client: Client) -> Client:
    return sign_in(client, person("officer", county="10007", unit="health"))


def test_an_amount_is_told_with_its_explanation(officer: Client) -> None:
    words = _words(officer)
    assert "獎勵金 1,000,000 元" in words
    assert "100 床 × 10,000 元" in words
    assert "120 床超過上限，以 100 床計" in words
    assert "前一年 12 月底開放床數：120（頁面填寫）" in words
    assert "怎麼會不同" in words


def test_a_penalty_takes_the_reward_and_a_bonus_is_held_against_its_cap(officer: Client) -> None:
    words = _words(officer, p1_exit="ltc-44", p1_offence_date="110/1/1", p1_penalty_date="111/5/6", bonus="1")
    assert "獎勵金 0 元" in words
    assert "受處罰退場：長期照顧服務法第44條" in words
    assert "超過上限 1 元" in words
    assert "只剩 5,000 元" in _words(officer, bonus="295000")


@pytest.mark.parametrize(
    ("cost", "said"),
    [
        ("89999", "還可以用 10,001 元"),
        ("90000", "接近上限，只剩 10,000 元"),
        ("100000", "接近上限，只剩 0 元"),
        ("100001", "超過上限 1 元"),
        ("-1", "行政費"),
        ("", "請填寫已支用與預定的行政費合計"),
    ],
)
def test_the_cost_of_a_local_governments_administration_is_held_against_its_cap(
    officer: Client, cost: str, said: str
) -> None:
    answer = officer.get(PAGE, {"cost_year": "111", "reward_money": "1000000", "admin_cost": cost})
    assert said in unescape(re.sub(r"<[^>]+>", "", answer.content.decode().partition("<main")[2]))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"a1_announced": ""}, "請填寫第 1 筆評鑑的公告日"),
        ({"a1_valid_to": ""}, "合格但沒有效期"),
        ({"p2_exit": "ltc-44", "p2_offence_date": "111/1/1"}, "請填寫第 2 筆處罰的處罰日"),
        ({"open_beds": ""}, "前一年 12 月底開放床數：沒有填寫"),
        ({"a1_announced": "2018-10-01"}, "民國"),
        ({"institution_code": ""}, "機構代碼"),
    ],
)
def test_what_cannot_be_calculated_is_told_and_nothing_is_shown(
    officer: Client, changes: dict[str, str], said: str
) -> None:
    words = _words(officer, **changes)
    assert said in words
    assert "怎麼算出來的" not in words


def test_an_unannounced_result_and_an_indicator_can_be_chosen(officer: Client) -> None:
    words = _words(officer, a1_valid_to="110/12/31", a2_kind="re", a2_grade="unannounced")
    assert "評鑑效期已過，結果尚未公告" in words
    assert "指標：工作人員設置" in _words(officer, i_staffing="unmet")
    assert "有應查核的指標還沒有結果" in _words(officer, others_met="")


@pytest.fixture
def registered() -> None:
    by = Actor.system("test")
    home = acts.register(
        by,
        code="0907000001",
        name="登錄護理之家",
        type="general_nursing",
        county="10007",
        ownership="private",
    )
    acts.register(
        by, code="0107000001", name="別縣", type="general_nursing", county="63000", ownership="private"
    )
    with acting(by, "prepare"):
        Occupancy.objects.create(institution=home, month="11012", open_beds=49, residents=40)
        Accreditation.objects.create(
            institution=home, year=107, kind="regular", grade="合格", announced_on=date(2018, 10, 1),
            valid_from=date(2019, 1, 1), valid_to=date(2022, 12, 31),
        )  # fmt: skip


def _taken(client: Client, code: str) -> str:
    return client.get(PAGE, {"take": code, "of": "111"}).content.decode()


def test_what_the_registry_knows_is_taken_over(officer: Client, registered: None) -> None:
    page = _taken(officer, "0907000001")
    assert "已帶入「登錄護理之家」" in page
    for value in ("0907000001", "49", "107/10/01", "111/12/31"):
        assert f'value="{value}"' in page


@pytest.mark.parametrize("code", ["0107000001", "unknown"])
def test_an_institution_out_of_reach_is_as_unknown_as_none(
    officer: Client, registered: None, code: str
) -> None:
    page = _taken(officer, code)
    assert f"找不到機構代碼「{code}」" in page
    assert "別縣" not in page


def test_the_page_changes_nothing_so_it_takes_no_post(officer: Client) -> None:
    assert officer.post(PAGE, FACTS).status_code == 405


@pytest.mark.parametrize("role", ["institution", "vendor"])
def test_others_find_no_such_page(client: Client, role: str) -> None:
    assert sign_in(client, person(role)).get(PAGE).status_code == 404


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_the_page_works_by_keyboard_at_320_pixels_and_for_screen_readers(live_server: LiveServer) -> None:
    cookies = sign_in(Client(), person("officer", county="10007", unit="health")).cookies
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        session = cookies[settings.SESSION_COOKIE_NAME].value
        page.context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}]
        )
        for name, query in {
            "empty": {},
            "result": FACTS,
            "cost": {"cost_year": "111", "reward_money": "1000000", "admin_cost": "100001"},
            "cost-faults": {"cost_year": "111", "reward_money": "", "admin_cost": "x"},
            "faults": {**FACTS, "a1_announced": "x", "name": ""},
        }.items():
            page.goto(f"{live_server.url}{PAGE}?{urlencode(query)}")
            assert_accessible(page)
            assert_no_sideways_scrolling(page)
            _picture(page, name)


def _picture(page: Page, name: str) -> None:
    """Pictures for whoever wants to look: CAREWARD_PICTURES names a folder."""
    folder = os.environ.get("CAREWARD_PICTURES")
    for width in (1280, 375) if folder else ():
        page.set_viewport_size({"width": width, "height": 900})
        page.screenshot(path=f"{folder}/rewards-{name}-{width}.png", full_page=True)
    page.set_viewport_size({"width": 1280, "height": 900})
