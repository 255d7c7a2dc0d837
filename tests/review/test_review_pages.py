"""The desk's pages: supplement and its answer, decisions, hand-over, one case after the other."""

import io
import re
import zipfile
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from careward.accounts.models import User
from careward.applications.findings import note
from careward.applications.models import Application
from careward.kernel.clock import frozen
from careward.review.models import CaseExport, Transfer, Verdict
from review.deciding import (
    DEFAULT_DUE,
    LATEST,
    actor,
    cleared,
    every_item,
    officer,
    second_step,
    sign,
    supervisor,
    supplement,
)
from review.reading import page_of
from support.applying import ANSWERS, DURING, submitted
from support.opening import open_case
from support.signing_in import sign_in

pytestmark = pytest.mark.django_db


def _asked(client: Client, application: Application, **answers: str) -> Any:
    return client.post(
        f"/review/{application.pk}/supplement/", {"due_day": "114/12/11", "due_time": "17:00", **answers}
    )


def test_three_steps_sign_a_clean_case(desk: Client) -> None:
    application = submitted()
    assert "範例護理之家" in page_of(desk, "/review/")
    marked = desk.post(f"/review/{application.pk}/", {"all_match": "1"}).content.decode()
    assert marked.count(" checked") == len(every_item(application))
    assert Application.objects.get().state == "submitted"
    desk.post(f"/review/{application.pk}/", {"ticked": every_item(application)})
    assert Application.objects.get().state == "signed_off"


def test_a_supplement_is_asked_for_on_itspage_of(desk: Client) -> None:
    application = submitted()
    page = page_of(desk, f"/review/{application.pk}/supplement/")
    assert 'value="114/12/11"' in page
    answer = _asked(
        desk, application, phrase_institution_commitment_ok="seal_missing", words_licensed="請附全名。"
    )
    assert answer.status_code == 302
    found = Application.objects.get().supplements.get()
    assert found.due_at == DEFAULT_DUE
    assert [item.item for item in found.items.all()] == ["licensed", "institution_commitment_ok"]
    page = page_of(desk, f"/review/{application.pk}/")
    assert "第 1 次補件" in page
    assert "請附全名。" in page


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        ({}, "請至少選擇一個需要補正的項目"),
        ({"words_licensed": "請補。", "due_day": "114/12/13"}, "最晚到"),
        ({"words_licensed": "請補。", "due_time": "25:00"}, "時間請寫成"),
        ({"phrase_licensed": "made_up"}, "請從列出的項目中選擇"),
    ],
)
def test_a_supplement_that_cannot_be_says_why(desk: Client, answers: dict[str, str], says: str) -> None:
    application = submitted()
    page = unescape(_asked(desk, application, **answers).content.decode())
    assert "govuk-error-summary" in page
    assert says in page
    assert Application.objects.get().state == "submitted"


def test_the_institution_sees_and_mends_only_what_is_open(client: Client) -> None:
    from careward.review.supplementing import Wanted

    application = supplement(submitted(), Wanted("form_complete", "contact_unreachable"))
    open_case(client, application)
    page = page_of(client, "/application/")
    assert "聯絡電話無法聯絡，請更正。" in page
    assert "/application/mend/contact/" in page
    assert "/application/mend/person/" not in page
    assert client.get("/application/mend/person/").headers["Location"] == "/application/"
    assert 'name="mailbox"' not in page_of(client, "/application/mend/contact/")
    answer = client.post(
        "/application/mend/contact/",
        {"contact_name": "陳美玉", "contact_phone": "04-7654321", "mailbox": "stranger@example.org"},
    )
    assert answer.headers["Location"] == "/application/"
    fresh = Application.objects.get()
    assert (fresh.contact_phone, fresh.mailbox) == ("04-7654321", ANSWERS["mailbox"])
    page = page_of(client, "/application/supplement/")
    assert "04-7123456#12" in page
    assert "04-7654321" in page
    wrong = client.post("/application/supplement/", {"code": "wrong", "reply": ""}).content.decode()
    assert "機構代碼與申請表不同" in wrong
    assert Application.objects.get().state == "supplement"
    client.post("/application/supplement/", {"code": ANSWERS["institution_code"], "reply": "已更正"})
    assert Application.objects.get().state == "submitted"
    assert Application.objects.get().supplements.get().reply == "已更正"


def test_looking_at_the_answer_changes_nothing(client: Client) -> None:
    application = supplement(submitted())
    open_case(client, application)
    for address in ("/application/", "/application/supplement/", "/application/mend/contact/"):
        client.get(address)
        client.head(address)
    assert client.get("/application/supplement/").status_code == 200
    assert Application.objects.get().state == "supplement"


def test_after_the_due_time_the_institution_reads_that_it_is_over(client: Client) -> None:
    application = supplement(submitted())
    with frozen(LATEST):
        open_case(client, application)
        page = page_of(client, "/application/")
    assert "截止，不能再修改" in page
    assert "/application/supplement/" not in page


@pytest.mark.parametrize(
    ("make", "act", "reason", "state"),
    [
        (lambda: sign(submitted()), "revoke", "文件有誤", "submitted"),
        (lambda: supplement(submitted()), "close_supplement", "其實有蓋章", "submitted"),
    ],
)
def test_a_decision_asks_for_its_reason(desk: Client, make: Any, act: str, reason: str, state: str) -> None:
    application = make()
    address = f"/review/{application.pk}/decide/{act}/"
    assert "govuk-error-summary" in desk.post(address, {"sure": "1"}).content.decode()
    desk.post(address, {"sure": "1", "reason": reason})
    assert Application.objects.get().state == state
    assert reason in page_of(desk, f"/review/{application.pk}/")


def test_not_mended_is_offered_after_the_due_time_and_refused_before(desk: Client) -> None:
    application = supplement(submitted())
    address = f"/review/{application.pk}/decide/mark_not_mended/"
    with frozen(DEFAULT_DUE):
        assert address not in page_of(desk, f"/review/{application.pk}/"), "the last moment still counts"
    with frozen(DEFAULT_DUE + timedelta(seconds=1)):
        assert address in page_of(desk, f"/review/{application.pk}/")
    assert "期限過後才能" in unescape(desk.post(address, {"sure": "1"}).content.decode())
    with frozen(LATEST):
        desk.post(address, {"sure": "1", "reason": ""})
    assert Application.objects.get().state == "not_mended"


def test_the_second_step_on_the_pages(client: Client, desk: Client) -> None:
    chief = sign_in(Client(), supervisor())
    refused = desk.post("/review/desk/", {"on": "1"}, follow=True).content.decode()
    assert "由縣市主管設定，設定沒有變動" in refused
    chief.post("/review/desk/", {"desk": "10007:health", "on": "1"})
    application = submitted()
    answer = desk.post(f"/review/{application.pk}/", {"ticked": every_item(application)}, follow=True)
    assert "等待主管覆核" in unescape(answer.content.decode())
    assert desk.get(f"/review/{application.pk}/decide/confirm/").status_code == 302
    assert "覆核" in page_of(chief, f"/review/{application.pk}/")
    chief.post(f"/review/{application.pk}/decide/confirm/", {"sure": "1"})
    assert Application.objects.get().state == "signed_off"


def test_what_is_not_open_any_more_leads_back_and_says_so(desk: Client) -> None:
    application = sign(submitted())
    for page in ("supplement", "transfer", "decide/confirm"):
        answer = desk.get(f"/review/{application.pk}/{page}/", follow=True)
        assert "目前狀態為「簽核通過」" in unescape(answer.content.decode())
    assert desk.get(f"/review/{application.pk}/decide/anything/").status_code == 404


def test_a_transfer_on_itspage_of(desk: Client) -> None:
    application = submitted()
    address = f"/review/{application.pk}/transfer/"
    assert "請選擇縣市" in unescape(desk.post(address, {"reason": ""}).content.decode())
    desk.post(address, {"county": "63000", "unit": "health", "reason": "機構在臺北市"})
    assert Transfer.objects.get().to_county == "63000"
    assert desk.get(f"/review/{application.pk}/").status_code == 404


def test_findings_are_confirmed_or_overruled_with_a_reason(desk: Client, me: User, acting: None) -> None:
    application = submitted()
    found = note(application, "applications:code_unread", subject="x", document="機構介接承諾書")
    address = f"/review/{application.pk}/findings/{found.pk}/"
    answer = desk.post(address, {"overruled": ""}, follow=True).content.decode()
    assert "請填寫原因" in answer
    desk.post(address, {"overruled": "", "reason": "條碼被印章蓋住"})
    assert (Verdict.objects.get().holds, Verdict.objects.get().by) == (False, me)
    assert "條碼被印章蓋住" in page_of(desk, f"/review/{application.pk}/")
    desk.post(address, {"holds": ""})
    assert Verdict.objects.get().holds


def test_notes_stay_inside_the_desk(desk: Client, client: Client) -> None:
    application = submitted()
    desk.post(f"/review/{application.pk}/note/", {"words": "已電話聯絡院長"})
    assert "已電話聯絡院長" in page_of(desk, f"/review/{application.pk}/")
    visitor = Client()
    open_case(visitor, application)
    assert "已電話聯絡院長" not in page_of(visitor, "/application/")


def test_the_timeline_tells_every_act_with_its_person(desk: Client, me: User) -> None:
    application = supplement(submitted())
    desk.post(f"/review/{application.pk}/note/", {"words": "x"})
    desk.post(f"/review/{application.pk}/unmask/")
    page = page_of(desk, f"/review/{application.pk}/")
    timeline = page[page.index('id="timeline"') :]
    for words in ("送出申請", "上傳文件", "通知補件", "內部註記", "檢視完整身分證號", me.name, "機構"):
        assert words in timeline
    assert str(ANSWERS["person_id"]) not in timeline
    assert not re.search(r'timeline__title">[\w.]+\.\w+<', timeline), "an act without words"


def test_a_case_is_exported_whole_and_recorded(desk: Client) -> None:
    application = sign(submitted())
    answer = desk.post(f"/review/{application.pk}/export/")
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    names = archive.namelist()
    assert {"case.pdf", "case.json", "SHA256SUMS"} < set(names)
    assert any(name.startswith("documents/01-institution_commitment") for name in names)
    assert archive.read("case.pdf").startswith(b"%PDF")
    sums = archive.read("SHA256SUMS").decode()
    assert application.documents.get().sha256 in sums
    assert str(ANSWERS["person_id"]) not in archive.read("case.json").decode()
    assert CaseExport.objects.get().application == application


def test_a_page_is_turned_and_enlarged_by_links(desk: Client) -> None:
    from careward.applications.jobs import render_pages

    document = submitted().documents.get()
    render_pages(document_id=str(document.pk))
    page = page_of(desk, f"/review/documents/{document.pk}/1/look/?turn=90&size=150")
    assert "turn=180&size=150" in page
    assert "turn=90&size=200" in page
    turned = desk.get(f"/review/documents/{document.pk}/1/?turn=90")
    assert b"".join(turned).startswith(b"\xff\xd8\xff")
    assert "sandbox" in turned.headers["Content-Security-Policy"]


def test_the_case_page_asks_the_database_a_bounded_number_of_questions(desk: Client) -> None:
    application = submitted()
    with CaptureQueriesContext(connection) as queries:
        desk.get(f"/review/{application.pk}/")
    assert len(queries) <= 80


def test_the_second_step_is_shown_to_officers(desk: Client) -> None:
    second_step(supervisor(), on=True)
    assert "已啟用" in page_of(desk, "/review/desk/")
    assert actor(officer()).role == "officer"


def test_after_signing_the_next_case_of_the_same_list_follows(desk: Client, me: User) -> None:
    made = [
        submitted(
            DURING + timedelta(minutes=n), institution_code=f"11310000{n}", institution_name=f"甲{n}護理之家"
        )
        for n in (27, 36, 45)
    ]
    other = submitted(institution_code="1131000054", institution_name="乙護理之家")
    first, second, third = (cleared(one) for one in made)
    page_of(desk, "/review/?q=甲")
    assert "下一件：甲45護理之家" in page_of(desk, f"/review/{second.pk}/")
    assert "下一件：甲27護理之家" in page_of(desk, f"/review/{third.pk}/"), "behind the last the first again"
    answer = desk.post(f"/review/{first.pk}/", {"ticked": every_item(first), "next": "1"})
    assert answer.headers["Location"] == f"/review/{second.pk}/"
    desk.post(f"/review/{second.pk}/", {"ticked": every_item(second), "next": "1"})
    page = page_of(desk, f"/review/{third.pk}/")
    assert "下一件" not in page, "no other is left in this list"
    answer = desk.post(f"/review/{third.pk}/", {"ticked": every_item(third), "next": "1"})
    assert answer.headers["Location"].startswith("/review/?")
    assert Application.objects.get(pk=other.pk).state == "submitted"


def test_a_supervisor_confirms_one_case_after_the_other(client: Client) -> None:
    second_step()
    first, second = (
        sign(submitted(DURING + timedelta(minutes=n), institution_code=f"11310000{n}")) for n in (27, 36)
    )
    chief = sign_in(client, supervisor())
    page_of(chief, "/review/?shown=second")
    assert "確認覆核，看下一件" in page_of(chief, f"/review/{first.pk}/decide/confirm/")
    answer = chief.post(f"/review/{first.pk}/decide/confirm/", {"sure": "1", "next": "1"})
    assert answer.headers["Location"] == f"/review/{second.pk}/"
    assert "看下一件" not in page_of(chief, f"/review/{second.pk}/decide/confirm/")
