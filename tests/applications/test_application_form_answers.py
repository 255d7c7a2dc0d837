"""What each page of the public form takes and refuses, and how it says so."""

import re
from typing import Any

import pytest
from django.test import Client

from careward.applications.models import Application
from careward.journal import Actor
from careward.kernel.identifiers import make_national_id, make_resident_id
from careward.registry import acts as registry
from careward.rulebook import current
from support.applying import ANSWERS, VENDOR
from support.public_form import DECLARED, PAGES, errors, fill, pdf_text

pytestmark = pytest.mark.django_db


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
    assert mending in errors(client, "institution", **answers)
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
    assert mending in errors(client, "person", **answers)


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
    fill(client, "person")
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
    assert mending in errors(client, "contact", **answers)


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
    assert mending in errors(client, "sources", sources=sources)
    assert Application.objects.get().sources == []


def test_loopback_is_taken_in_the_demo_season_only(client: Client, settings: Any) -> None:
    fill(client, "sources")
    settings.DEMO = True
    page = client.get("/apply/sources/").content.decode()
    assert "加入我目前上網的位址 127.0.0.1" in page
    assert client.post("/apply/sources/", {"sources": "", "add_current": "on"}).status_code == 302
    assert Application.objects.get().sources == ["127.0.0.1/32"]


def test_ones_own_address_is_offered_only_where_it_would_be_accepted(client: Client) -> None:
    fill(client, "sources")
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
    fill(client, "mode")
    client.post("/apply/institution/", {**PAGES["institution"], "institution_type": "elderly"})
    page = client.post("/apply/mode/", {"mode": "nursing_home_system"}).content.decode()
    assert "沒有這個選項" in page
    assert "護理之家照護管理系統" not in page


def test_a_rented_system_asks_for_its_vendor_and_then_for_addresses(client: Client) -> None:
    fill(client, "mode")
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
    fill(client, "mode")
    response = client.post("/apply/mode/", {"mode": "nursing_home_system"})
    assert response.headers["Location"] == "/apply/check/"
    client.post("/apply/check/", DECLARED)
    application = Application.objects.get()
    assert (application.state, application.sources) == ("lacking", [])
    assert [kind.id for kind in application.missing_documents] == ["intent"]


def test_another_mode_forgets_what_only_the_first_one_asked_for(client: Client) -> None:
    fill(client, "mode")
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
    fill(client, "mode")
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
    fill(client)
    client.post("/apply/check/", DECLARED)
    assert Application.objects.get().notice_version == "2"


def test_the_receipt_can_be_kept_as_a_pdf_without_any_persons_name(client: Client) -> None:
    assert client.get("/apply/receipt.pdf").status_code == 302
    fill(client)
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
    fill(client)
    for address in ("/apply/", "/apply/person/", "/apply/check/"):
        assert "no-store" in client.get(address).headers["Cache-Control"]
