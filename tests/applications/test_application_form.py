"""The public form, as a visitor without scripts meets it."""

import re
from datetime import timedelta
from typing import Any

import pypdfium2
import pytest
from django.test import Client

from careward.applications.models import Application, MailboxProof
from careward.correspondence import links
from careward.correspondence.models import Letter
from careward.journal import Actor
from careward.kernel.clock import frozen, taipei
from careward.kernel.identifiers import make_national_id, make_resident_id
from careward.registry import acts as registry
from careward.rulebook import current
from support.applying import ANSWERS, CLOSES, VENDOR

pytestmark = pytest.mark.django_db

PAGES: dict[str, dict[str, Any]] = {
    "institution": {
        name: ANSWERS[name]
        for name in ("institution_code", "institution_name", "institution_type", "county", "ownership")
    },
    "person": {"person_name": "林小明", "person_id": ANSWERS["person_id"]},
    "contact": {"contact_name": "陳美玉", "contact_phone": "04-7123456轉12", "mailbox": "Office@Example.org"},
    "mailbox": {},
    "mode": {"mode": "own"},
    "sources": {"sources": "168.95.1.1\n2001:b000:168::/64"},
}
DECLARED = {"notice_read": "on", "declared": "on"}


def _fill(client: Client, until: str = "check") -> None:
    for section, answers in PAGES.items():
        if section == until:
            return
        response = client.post(f"/apply/{section}/", answers or mailed_code())
        assert response.status_code == 302, response.content.decode()


def pdf_text(content: bytes) -> str:
    document = pypdfium2.PdfDocument(content)
    return "".join(page.get_textpage().get_text_range() for page in document)


def mailed_code() -> dict[str, str]:
    """What stands in the newest code letter."""
    newest = MailboxProof.objects.latest("pk")
    return {"code": links.code(newest.seed)}


def _errors(client: Client, section: str, **answers: Any) -> str:
    _fill(client, section)
    response = client.post(f"/apply/{section}/", {**PAGES[section], **answers})
    assert response.status_code == 200
    page = response.content.decode()
    assert "<title>錯誤：" in page.replace("\n", "")
    summary = page[page.index("govuk-error-summary") : page.index("<h1")]
    for target in re.findall(r'href="#([^"]+)"', summary):
        assert f'id="{target}"' in page
    return summary


def test_the_whole_form_leads_to_one_application_and_a_letter(client: Client) -> None:
    _fill(client)
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
    _fill(client)
    response = client.post("/apply/contact/", {**PAGES["contact"], "contact_name": "王大同"})
    assert response.headers["Location"] == "/apply/check/"
    assert Application.objects.get().contact_name == "王大同"


def test_the_same_form_sent_twice_shows_the_same_receipt(client: Client) -> None:
    _fill(client)
    client.post("/apply/check/", DECLARED)
    again = client.post("/apply/check/", DECLARED, follow=True)
    application = Application.objects.get()
    assert application.reference in again.content.decode()
    assert Letter.objects.about(application).count() == 1
    assert client.post("/apply/contact/", PAGES["contact"]).headers["Location"] == "/apply/receipt/"


def test_a_number_once_given_is_never_shown_again_and_may_stay(client: Client) -> None:
    _fill(client)
    page = client.get("/apply/person/").content.decode()
    assert ANSWERS["person_id"] not in page
    assert "已填寫 Y19****" in page
    client.post("/apply/person/", {"person_name": "林大明", "person_id": ""})
    application = Application.objects.get()
    assert (application.person_name, application.person_id) == ("林大明", ANSWERS["person_id"])


def test_the_check_page_cannot_be_reached_with_a_page_unfinished(client: Client) -> None:
    _fill(client, until="contact")
    assert client.get("/apply/check/").headers["Location"] == "/apply/contact/"
    assert client.post("/apply/check/", DECLARED).headers["Location"] == "/apply/contact/"
    assert Application.objects.get().state == "draft"


def test_nothing_is_sent_without_both_declarations(client: Client) -> None:
    _fill(client)
    page = client.post("/apply/check/", {}).content.decode()
    assert "請先閱讀個人資料蒐集告知事項" in page
    assert "請確認資料正確後勾選聲明" in page
    assert Application.objects.get().state == "draft"


def test_one_visitors_draft_is_not_anothers(client: Client) -> None:
    _fill(client)
    stranger = Client()
    assert stranger.get("/apply/check/").headers["Location"] == "/apply/"
    assert stranger.get("/apply/person/").headers["Location"] == "/apply/"
    assert stranger.get("/apply/receipt/").headers["Location"] == "/apply/"


def test_a_visitor_may_begin_anew(client: Client) -> None:
    _fill(client)
    assert "範例護理之家" in client.get("/apply/").content.decode()
    client.post("/apply/anew/")
    assert "範例護理之家" not in client.get("/apply/institution/").content.decode()


def test_the_same_browser_may_apply_for_another_institution(client: Client) -> None:
    _fill(client, until="")
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
    assert "不能含有網址" in _errors(client, "institution", institution_name=name)


def test_signs_that_turn_or_hide_what_stands_around_them_are_taken_out_of_names(client: Client) -> None:
    _fill(client, until="person")
    answers = {**PAGES["institution"], "institution_name": "範例\u202e護理\u200b之家"}
    client.post("/apply/institution/", answers)
    assert Application.objects.get().institution_name == "範例護理之家"


def test_an_ipv6_household_is_one_source_however_many_addresses_it_uses() -> None:
    for number in range(40):
        _fill(Client(REMOTE_ADDR=f"2001:b000:168:1::{number:x}"), until="person")
    last = Client(REMOTE_ADDR="2001:b000:168:1::ffff").post("/apply/institution/", PAGES["institution"])
    assert last.status_code == 429


def test_late_by_a_millisecond_is_refused_with_reason_moment_and_window(client: Client) -> None:
    _fill(client)
    with frozen(CLOSES + timedelta(milliseconds=1)):
        response = client.post("/apply/check/", DECLARED)
    page = response.content.decode()
    assert response.status_code == 409
    assert "申請已於 114 年 12 月 8 日（一）17:00 截止" in page
    assert "17:00:00.001" in page
    assert "02-85907137" in page
    assert Application.objects.get().state == "draft"


def test_the_last_moment_itself_is_in_time(client: Client) -> None:
    _fill(client)
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


@pytest.mark.parametrize(
    ("answers", "mending"),
    [
        ({"institution_type": ""}, "請選擇機構類型"),
        ({"institution_type": "hotel"}, "沒有這個選項"),
        ({"institution_code": ""}, "請填寫機構代碼"),
        ({"institution_code": "113100000"}, "醫事機構代碼，10 位數字"),
        ({"institution_code": "11310000091"}, "目前填了 11 個字"),
        ({"institution_name": " "}, "請填寫機構名稱"),
        ({"institution_name": "長" * 121}, "最多 120 個字"),
        ({"county": ""}, "請選擇機構所在縣市"),
        ({"county": "99999"}, "沒有這個選項"),
        ({"ownership": ""}, "請選擇機構屬性"),
    ],
)
def test_wrong_institution_answers_say_how_to_mend_them(
    client: Client, answers: dict[str, str], mending: str
) -> None:
    assert mending in _errors(client, "institution", **answers)
    assert not Application.objects.exists()


@pytest.mark.parametrize(
    ("answers", "mending"),
    [
        ({"person_name": ""}, "請填寫負責人姓名"),
        ({"person_id": ""}, "請填寫負責人身分證號"),
        ({"person_id": "A12345678"}, "目前填了 9 碼"),
        ({"person_id": "1234567890"}, "1 個英文字母加 9 個數字"),
        ({"person_id": "A323456789"}, "第 2 碼應為 1 或 2"),
        ({"person_id": "A123456780"}, "第 10 碼與前面的號碼不符"),
    ],
)
def test_wrong_person_answers_say_how_to_mend_them(
    client: Client, answers: dict[str, str], mending: str
) -> None:
    assert mending in _errors(client, "person", **answers)


@pytest.mark.parametrize(
    "number",
    [
        "a123456789",
        "Ａ１２３４５６７８９",
        "A 123-456 789",
        make_national_id(7),
        make_resident_id(3),
        "AA00000009",
    ],
)
def test_a_right_number_is_taken_however_it_is_typed(client: Client, number: str) -> None:
    _fill(client, "person")
    response = client.post("/apply/person/", {"person_name": "林小明", "person_id": number})
    assert response.status_code == 302


@pytest.mark.parametrize(
    ("answers", "mending"),
    [
        ({"contact_name": ""}, "請填寫聯絡人姓名"),
        ({"contact_phone": ""}, "請填寫聯絡電話"),
        ({"contact_phone": "23456789"}, "請加上區碼"),
        ({"contact_phone": "02-12"}, "位數不對"),
        ({"contact_phone": "電話簿"}, "只能有數字"),
        ({"contact_phone": "02-23456789#1234567"}, "分機"),
        ({"mailbox": ""}, "請填寫電子信箱"),
        ({"mailbox": "office"}, "完整的電子郵件地址"),
    ],
)
def test_wrong_contact_answers_say_how_to_mend_them(
    client: Client, answers: dict[str, str], mending: str
) -> None:
    assert mending in _errors(client, "contact", **answers)


@pytest.mark.parametrize(
    ("sources", "mending"),
    [
        ("", "至少填寫一個來源位址"),
        ("168.95.1.1\nhello", "第 2 行「hello」不是 IP 位址"),
        ("192.168.1.5", "機構內部網路的位址"),
        ("127.0.0.1", "電腦自己的位址"),
        ("100.64.1.1", "網路業者共用的位址"),
        ("203.0.113.24", "範例位址"),
        ("168.95.0.0/16", "範圍太大"),
        ("2001:b000::/32", "範圍太大"),
        ("\n".join(f"168.95.1.{n}" for n in range(1, 12)), "最多 10 個，目前有 11 個"),
    ],
)
def test_a_refused_address_says_its_line_and_the_reason(client: Client, sources: str, mending: str) -> None:
    assert mending in _errors(client, "sources", sources=sources)
    assert Application.objects.get().sources == []


def test_loopback_is_taken_in_the_demo_season_only(client: Client, settings: Any) -> None:
    _fill(client, "sources")
    settings.DEMO = True
    page = client.get("/apply/sources/").content.decode()
    assert "加入我目前上網的位址 127.0.0.1" in page
    assert client.post("/apply/sources/", {"sources": "", "add_current": "on"}).status_code == 302
    assert Application.objects.get().sources == ["127.0.0.1/32"]


def test_ones_own_address_is_offered_only_where_it_would_be_accepted(client: Client) -> None:
    _fill(client, "sources")
    assert "加入我目前上網的位址" not in client.get("/apply/sources/").content.decode()
    page = client.get("/apply/sources/", REMOTE_ADDR="168.95.7.7").content.decode()
    assert "加入我目前上網的位址 168.95.7.7" in page


def test_an_unlikely_medical_code_is_warned_of_and_accepted(client: Client) -> None:
    response = client.post(
        "/apply/institution/", {**PAGES["institution"], "institution_code": "1131000000"}, follow=True
    )
    assert "最後一碼與前面的號碼不相符" in response.content.decode()
    assert Application.objects.get().institution_code == "1131000000"


def test_a_mode_of_other_types_cannot_be_smuggled_in(client: Client) -> None:
    _fill(client, "mode")
    client.post("/apply/institution/", {**PAGES["institution"], "institution_type": "elderly"})
    page = client.post("/apply/mode/", {"mode": "nursing_home_system"}).content.decode()
    assert "沒有這個選項" in page
    assert "護理之家照護管理系統" not in page


def test_a_rented_system_asks_for_its_vendor_and_then_for_addresses(client: Client) -> None:
    _fill(client, "mode")
    assert client.post("/apply/mode/", {"mode": "rented"}).headers["Location"] == "/apply/vendor/"
    for number, said in (("1234567", "8 位數字"), ("12345678", "檢查碼不符"), ("00000000", "檢查碼不符")):
        page = client.post("/apply/vendor/", {**VENDOR, "vendor_business_id": number}).content.decode()
        assert said in page
    typed = {**VENDOR, "vendor_business_id": "０４５９-５２５７"}
    assert client.post("/apply/vendor/", typed).headers["Location"] == "/apply/sources/"
    client.post("/apply/sources/", PAGES["sources"])
    client.post("/apply/check/", DECLARED)
    application = Application.objects.get()
    assert {name: getattr(application, name) for name in VENDOR} == VENDOR
    assert [kind.id for kind in application.missing_documents] == ["mandate", "vendor_commitment"]


def test_the_nursing_homes_system_asks_for_no_addresses(client: Client) -> None:
    _fill(client, "mode")
    response = client.post("/apply/mode/", {"mode": "nursing_home_system"})
    assert response.headers["Location"] == "/apply/check/"
    client.post("/apply/check/", DECLARED)
    application = Application.objects.get()
    assert (application.state, application.sources) == ("lacking", [])
    assert [kind.id for kind in application.missing_documents] == ["intent"]


def test_another_mode_forgets_what_only_the_first_one_asked_for(client: Client) -> None:
    _fill(client, "mode")
    client.post("/apply/mode/", {"mode": "rented"})
    client.post("/apply/vendor/", VENDOR)
    client.post("/apply/sources/", PAGES["sources"])
    client.post("/apply/mode/", {"mode": "nursing_home_system"})
    application = Application.objects.get()
    assert (application.vendor_name, application.vendor_contact, application.sources) == ("", None, [])


@pytest.mark.parametrize(
    ("answers", "leads_to"),
    [
        ({"connected": "no"}, "/apply/tasks/"),
        ({"connected": "yes", "mailbox": "other"}, "/apply/tasks/"),
        ({"connected": "yes", "mailbox": "same"}, ""),
    ],
)
def test_two_questions_tell_which_procedure_fits(
    client: Client, answers: dict[str, str], leads_to: str
) -> None:
    response = client.get("/apply/which/", answers)
    assert response.headers.get("Location", "") == leads_to
    if not leads_to:
        assert "延續" in response.content.decode()
    assert not Application.objects.exists()


@pytest.mark.parametrize("answers", [{"asked": "1"}, {"connected": "yes"}, {"connected": "perhaps"}])
def test_an_open_question_is_asked_again(client: Client, answers: dict[str, str]) -> None:
    page = client.get("/apply/which/", answers).content.decode()
    assert "govuk-error-summary" in page


def test_the_task_list_says_what_is_done_and_what_is_open(client: Client) -> None:
    before = client.get("/apply/tasks/").content.decode()
    assert before.count("還不能開始") == len(PAGES) + 1  # vendor too, while no mode is chosen
    _fill(client, "mode")
    page = client.get("/apply/tasks/").content.decode()
    assert page.count("已完成") == 4
    assert 'href="/apply/check/"' not in page
    client.post("/apply/mode/", PAGES["mode"])
    client.post("/apply/sources/", PAGES["sources"])
    assert "可以送出" in client.get("/apply/tasks/").content.decode()


@pytest.mark.usefixtures("acting")
def test_an_institution_is_found_by_code_or_name_and_fills_the_page(client: Client) -> None:
    registry.register(
        Actor.system("test"), code="1131000027", name="臺安護理之家", type="general_nursing", county="63000",
        ownership="public_built_private_run", mailbox="known@example.org",
    )  # fmt: skip
    for asked in ("11310000", "台安", "臺安護理"):
        page = client.get("/apply/institution/", {"q": asked}).content.decode()
        assert "?code=1131000027" in page
        assert "known@example.org" not in page
    page = client.get("/apply/institution/", {"code": "1131000027"}).content.decode()
    assert 'value="臺安護理之家"' in page
    assert re.search(r'value="public_built_private_run"[^>]*checked', page)
    assert "沒有找到" in client.get("/apply/institution/", {"q": "不存在"}).content.decode()
    assert not Application.objects.exists()


def test_the_personal_data_notice_says_the_six_things_the_law_asks_for(client: Client) -> None:
    page = client.get("/apply/notice/").content.decode()
    for item in current().notice("application-2").in_order:
        assert item.text in page
    _fill(client)
    client.post("/apply/check/", DECLARED)
    assert Application.objects.get().notice_version == "2"


def test_the_receipt_can_be_kept_as_a_pdf_without_any_persons_name(client: Client) -> None:
    assert client.get("/apply/receipt.pdf").status_code == 302
    _fill(client)
    client.post("/apply/check/", DECLARED)
    response = client.get("/apply/receipt.pdf")
    said = pdf_text(response.content)
    assert Application.objects.get().reference in said
    assert "機構介接承諾書" in said
    assert ANSWERS["person_name"] not in said
    assert ANSWERS["person_id"] not in said


def test_fields_nobody_asked_for_change_nothing(client: Client) -> None:
    client.post(
        "/apply/institution/", {**PAGES["institution"], "state": "signed_off", "reference": "115-AAAA-A"}
    )
    application = Application.objects.get()
    assert (application.state, application.reference) == ("draft", "")


def test_a_source_that_begins_too_many_applications_is_asked_to_wait() -> None:
    for _ in range(40):
        assert Client().post("/apply/institution/", PAGES["institution"]).status_code == 302
    response = Client().post("/apply/institution/", PAGES["institution"])
    assert response.status_code == 429
    assert "短時間內送出太多次" in response.content.decode()
    assert Application.objects.count() == 40


def test_pages_of_the_form_are_never_cached(client: Client) -> None:
    _fill(client)
    for address in ("/apply/", "/apply/person/", "/apply/check/"):
        assert "no-store" in client.get(address).headers["Cache-Control"]
