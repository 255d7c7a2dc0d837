"""The public form, as a visitor without scripts meets it: its way from the first page to the receipt."""

from datetime import timedelta

import pytest
from django.test import Client

from careward.applications.models import Application
from careward.correspondence.models import Letter
from careward.kernel.clock import frozen, taipei
from support.applying import ANSWERS, CLOSES
from support.public_form import DECLARED, PAGES, errors, fill, mailed_code

pytestmark = pytest.mark.django_db


def test_the_whole_form_leads_to_one_application_and_a_letter(client: Client) -> None:
    fill(client)
    page = client.get("/apply/check/").content.decode()
    assert ANSWERS["person_id"] not in page
    assert "Y19****" in page
    response = client.post("/apply/check/", DECLARED)
    assert response.status_code == 302
    assert response.headers["Location"] == "/apply/receipt/"
    application = Application.objects.get()
    assert application.state == "lacking"
    assert application.person_id == ANSWERS["person_id"]
    assert application.mailbox == "office@example.org"
    assert application.contact_phone == "04-7123456#12"
    assert application.sources == ["168.95.1.1/32", "2001:b000:168::/64"]
    assert application.reference in client.get("/apply/receipt/").content.decode()
    assert Letter.objects.about(application).count() == 1


def test_each_page_leads_to_the_next_unfinished_one(client: Client) -> None:
    order = list(PAGES)
    for section, following in zip(order, [*order[1:], "check"], strict=True):
        response = client.post(f"/apply/{section}/", PAGES[section] or mailed_code())
        assert response.headers["Location"] == f"/apply/{following}/"


def test_a_change_from_the_check_page_leads_back_to_it(client: Client) -> None:
    fill(client)
    response = client.post("/apply/contact/", {**PAGES["contact"], "contact_name": "王大同"})
    assert response.headers["Location"] == "/apply/check/"
    assert Application.objects.get().contact_name == "王大同"


def test_the_same_form_sent_twice_shows_the_same_receipt(client: Client) -> None:
    fill(client)
    client.post("/apply/check/", DECLARED)
    again = client.post("/apply/check/", DECLARED, follow=True)
    application = Application.objects.get()
    assert application.reference in again.content.decode()
    assert Letter.objects.about(application).count() == 1
    assert client.post("/apply/contact/", PAGES["contact"]).headers["Location"] == "/apply/receipt/"


def test_a_number_once_given_is_never_shown_again_and_may_stay(client: Client) -> None:
    fill(client)
    page = client.get("/apply/person/").content.decode()
    assert ANSWERS["person_id"] not in page
    assert "已填寫 Y19****" in page
    client.post("/apply/person/", {"person_name": "林大明", "person_id": ""})
    application = Application.objects.get()
    assert (application.person_name, application.person_id) == ("林大明", ANSWERS["person_id"])


def test_the_check_page_cannot_be_reached_with_a_page_unfinished(client: Client) -> None:
    fill(client, until="contact")
    assert client.get("/apply/check/").headers["Location"] == "/apply/contact/"
    assert client.post("/apply/check/", DECLARED).headers["Location"] == "/apply/contact/"
    assert Application.objects.get().state == "draft"


def test_nothing_is_sent_without_both_declarations(client: Client) -> None:
    fill(client)
    page = client.post("/apply/check/", {}).content.decode()
    assert "請先閱讀個人資料蒐集告知事項" in page
    assert "請確認資料正確後勾選聲明" in page
    assert Application.objects.get().state == "draft"


def test_one_visitors_draft_is_not_anothers(client: Client) -> None:
    fill(client)
    stranger = Client()
    assert stranger.get("/apply/check/").headers["Location"] == "/apply/"
    assert stranger.get("/apply/person/").headers["Location"] == "/apply/"
    assert stranger.get("/apply/receipt/").headers["Location"] == "/apply/"


def test_a_visitor_may_begin_anew(client: Client) -> None:
    fill(client)
    assert "範例護理之家" in client.get("/apply/").content.decode()
    client.post("/apply/anew/")
    assert "範例護理之家" not in client.get("/apply/institution/").content.decode()


def test_the_same_browser_may_apply_for_another_institution(client: Client) -> None:
    fill(client, until="")
    client.post("/apply/check/", DECLARED)
    assert client.get("/apply/institution/").headers["Location"] == "/apply/receipt/"
    start = client.get("/apply/").content.decode()
    assert Application.objects.get().reference in start
    assert 'action="/apply/anew/"' in start
    client.post("/apply/anew/")
    answers = {**PAGES["institution"], "institution_code": "1131000018"}
    assert client.post("/apply/institution/", answers).status_code == 302
    assert Application.objects.drafts().get().institution_code == "1131000018"


@pytest.mark.parametrize(
    "name",
    [
        "請至 https://pay.example 繳費",
        "範例之家 pay.example.org",
        "範例之家 pay．example",
        "a@b.example 之家",
    ],
)
def test_a_name_with_an_address_is_refused_because_it_stands_in_letters(client: Client, name: str) -> None:
    assert "不能含有網址" in errors(client, "institution", institution_name=name)


def test_signs_that_turn_or_hide_what_stands_around_them_are_taken_out_of_names(client: Client) -> None:
    fill(client, until="person")
    answers = {**PAGES["institution"], "institution_name": "範例\u202e護理\u200b之家"}
    client.post("/apply/institution/", answers)
    assert Application.objects.get().institution_name == "範例護理之家"


def test_an_ipv6_household_is_one_source_however_many_addresses_it_uses() -> None:
    for number in range(40):
        fill(Client(REMOTE_ADDR=f"2001:b000:168:1::{number:x}"), until="person")
    last = Client(REMOTE_ADDR="2001:b000:168:1::ffff").post("/apply/institution/", PAGES["institution"])
    assert last.status_code == 429


def test_late_by_a_millisecond_is_refused_with_reason_moment_and_window(client: Client) -> None:
    fill(client)
    with frozen(CLOSES + timedelta(milliseconds=1)):
        response = client.post("/apply/check/", DECLARED)
    page = response.content.decode()
    assert response.status_code == 409
    assert "申請已於 114 年 12 月 8 日（一）17:00 截止" in page
    assert "17:00:00.001" in page
    assert "02-85907137" in page
    assert Application.objects.get().state == "draft"


def test_the_last_moment_itself_is_in_time(client: Client) -> None:
    fill(client)
    with frozen(CLOSES):
        assert client.post("/apply/check/", DECLARED).headers["Location"] == "/apply/receipt/"


@pytest.mark.parametrize("address", ["/apply/", "/apply/institution/"])
def test_after_the_window_the_form_is_shut_and_says_what_can_still_be_done(
    client: Client, address: str
) -> None:
    with frozen(CLOSES + timedelta(seconds=1)):
        page = client.get(address).content.decode()
    assert "不再受理新的申請" in page
    assert "地方政府通知補件" in page
    assert "重寄申請連結" in page
    for phone in ("02-89791196#216", "02-26531016", "02-85906272", "02-85907695", "02-85907137"):
        assert phone in page


def test_before_the_window_the_form_says_when_it_opens(client: Client) -> None:
    with frozen(taipei(2025, 11, 17, 8, 59, 59)):
        page = client.get("/apply/").content.decode()
    assert "尚未開始受理" in page
    assert "114 年 11 月 17 日（一）09:00" in page


def test_the_start_page_says_what_is_needed_and_how_long_it_still_is(client: Client) -> None:
    page = client.get("/apply/").content.decode()
    assert "還有 7 天 8 小時" in page
    assert "身分證號" in page
