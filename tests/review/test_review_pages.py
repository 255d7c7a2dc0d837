"""The desk's pages: supplement and its answer, decisions, hand-over, the queue's filters, many cases at once."""

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

from careward.accounts.models import ListExport, User
from careward.applications.findings import note
from careward.applications.models import Application
from careward.kernel.clock import frozen
from careward.review import acts, bulk
from careward.review.models import CaseExport, SavedView, SignOff, Transfer, Verdict
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
from support.applying import ANSWERS, DURING, lacking, submitted
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


def _names(client: Client, query: str) -> set[str]:
    page = page_of(client, f"/review/?{query}")
    return {name for name in ("甲護理之家", "乙護理之家", "丙護理之家") if name in page}


def test_the_queue_keeps_its_filters_in_the_address(desk: Client, me: User, acting: None) -> None:
    first = cleared(
        submitted(institution_name="甲護理之家", institution_code="1131000019", sources=["168.95.1.9/32"])
    )
    second = submitted(
        institution_name="乙護理之家", institution_code="1131000029", sources=["168.95.1.2/32"]
    )
    lacking(institution_name="丙護理之家", institution_code="1131000039", sources=["168.95.1.3/32"])
    note(second, "applications:code_unread", subject="x", document="x")
    desk.post(f"/review/{first.pk}/assign/", {"officer": str(me.pk)})
    assert _names(desk, "") == {"甲護理之家", "乙護理之家"}
    assert _names(desk, "shown=all") == {"甲護理之家", "乙護理之家", "丙護理之家"}
    assert _names(desk, "shown=lacking") == {"丙護理之家"}
    assert _names(desk, "q=乙護") == {"乙護理之家"}
    assert _names(desk, "q=1131000019") == {"甲護理之家"}
    assert _names(desk, f"q={second.reference}") == {"乙護理之家"}
    assert _names(desk, "assignee=me") == {"甲護理之家"}
    assert _names(desk, "assignee=none") == {"乙護理之家"}
    assert _names(desk, f"assignee={me.email}") == {"甲護理之家"}
    assert _names(desk, "findings=with") == {"乙護理之家"}
    assert _names(desk, "mode=rented") == set()
    assert _names(desk, "kind=new&type=general_nursing") == {"甲護理之家", "乙護理之家"}
    assert _names(desk, "overdue=yes") == set()
    assert _names(desk, "waited=9") == {"甲護理之家", "乙護理之家"}
    with frozen(DURING + timedelta(days=1, microseconds=-1)):
        assert _names(desk, "waited=1") == set()
    with frozen(DURING + timedelta(days=1)):
        assert _names(desk, "waited=1") == {"甲護理之家", "乙護理之家"}
        assert _names(desk, "waited=2") == set()
    with frozen(LATEST.replace(minute=1)):
        assert _names(desk, "overdue=yes") == {"甲護理之家", "乙護理之家"}


@pytest.mark.parametrize("kind", ["ods", "xlsx", "csv"])
def test_the_queue_is_taken_away_as_it_is_filtered_and_that_is_recorded(desk: Client, kind: str) -> None:
    for number, name in ((1, "甲護理之家"), (2, "乙護理之家")):
        submitted(
            institution_name=name, institution_code=f"11310000{number}9", sources=[f"168.95.1.{number}/32"]
        )
    assert "format=csv" in page_of(desk, "/review/?q=甲")
    answer = desk.get(f"/review/?q=甲&type=general_nursing&format={kind}")
    assert f".{kind}" in answer.headers["Content-Disposition"]
    if kind == "csv":
        told = answer.content.decode("utf-8-sig")
        assert "甲護理之家" in told
        assert "待審查" in told
        assert "乙護理之家" not in told
        assert str(ANSWERS["person_name"]) not in told
    taken = ListExport.objects.get()
    assert (taken.rows, taken.format, taken.listing) == (1, kind, "review:queue")
    assert "甲" in taken.filters
    assert "一般護理之家" in taken.filters


def test_a_view_is_kept_under_a_name_and_given_up(desk: Client, me: User) -> None:
    desk.post("/review/views/", {"name": "我的", "query": "shown=all&assignee=me&next=//evil"})
    kept = SavedView.objects.get()
    assert (kept.owner, kept.query) == (me, "shown=all&assignee=me")
    assert "我的" in page_of(desk, "/review/")
    desk.post("/review/views/", {"forget": "我的", "query": ""})
    assert not SavedView.objects.exists()


def _three(me: User) -> list[Application]:
    return [
        cleared(submitted(institution_code=f"11310000{n}9", sources=[f"168.95.1.{n}/32"])) for n in (1, 2, 3)
    ]


def test_many_are_signed_each_with_its_own_answer(desk: Client, me: User, acting: None) -> None:
    first, second, third = _three(me)
    note(second, "applications:code_unread", subject="x", document="x")
    sign(third)
    chosen = [str(one.pk) for one in (first, second, third)]
    asked = unescape(desk.post("/review/many/", {"act": "sign_off", "selected": chosen}).content.decode())
    assert "共 3 件" in asked
    assert not first.sign_offs.exists()
    answer = desk.post("/review/many/", {"act": "sign_off", "selected": chosen, "sure": "1"})
    told = unescape(answer.content.decode())
    assert "3 件中完成 1 件" in told
    assert "1 則系統提示還沒處理" in told
    assert "目前狀態為「簽核通過」" in told
    assert SignOff.objects.count() == 2


def test_a_supervisor_confirms_many_each_with_its_own_answer(client: Client, me: User, acting: None) -> None:
    second_step()
    first, second, third = _three(me)
    sign(first)
    sign(second, supervisor())
    asked_for = supplement(third)
    with frozen(LATEST):
        acts.mark_not_mended(asked_for, actor(me), remark="")
        chief = sign_in(client, supervisor())
        assert "覆核選取的案件" in page_of(chief, "/review/?shown=second")
        chosen = [str(one.pk) for one in (first, second, third)]
        asked = unescape(chief.post("/review/many/", {"act": "confirm", "selected": chosen}).content.decode())
        for words in ("共 3 件", "審查通過", "未依限補正", me.name, "自己簽核的案件不能自己覆核"):
            assert words in asked
        assert 'name="reason"' not in asked, "a confirmation keeps no remark"
        answer = chief.post("/review/many/", {"act": "confirm", "selected": chosen, "sure": "1"})
    told = unescape(answer.content.decode())
    assert "3 件中完成 2 件" in told
    assert "簽核的人不能覆核" in told
    states = {one.pk: one.state for one in Application.objects.all()}
    assert [states[one.pk] for one in (first, second, third)] == [
        "signed_off", "awaiting_second", "not_mended",
    ]  # fmt: skip


def test_an_officer_is_not_offered_to_confirm_and_cannot(desk: Client, me: User, acting: None) -> None:
    second_step()
    signed = sign(submitted(), officer("colleague@county.example"))
    page = page_of(desk, "/review/?shown=second")
    assert "覆核選取的案件" not in page
    assert "選取的案件由我承辦" in page
    answer = desk.post("/review/many/", {"act": "confirm", "selected": [str(signed.pk)], "sure": "1"})
    assert "1 件中完成 0 件" in unescape(answer.content.decode())
    assert Application.objects.get().state == "awaiting_second"


@pytest.mark.parametrize("shown", ["signed", "not_mended", "withdrawn"])
def test_decided_cases_are_offered_no_act_for_many(desk: Client, shown: str) -> None:
    sign(submitted())
    assert 'name="act"' not in page_of(desk, f"/review/?shown={shown}")


def test_nothing_chosen_is_said_and_a_stranger_is_answered_for(desk: Client, me: User) -> None:
    elsewhere = submitted(county="63000")
    answer = desk.post("/review/many/", {"act": "sign_off"}, follow=True)
    assert "請先勾選案件" in unescape(answer.content.decode())
    told = desk.post("/review/many/", {"act": "take", "selected": [str(elsewhere.pk)]}).content.decode()
    assert "找不到這件案件" in told
    assert ANSWERS["institution_name"] not in told


def test_one_that_breaks_stops_none_of_the_others(me: User, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, third = _three(me)
    whole = bulk.ACTS["take"]

    def breaks(application: Application, user: User, remark: str) -> str:
        if application == second:
            raise RuntimeError("a disk is full")
        return whole(application, user, remark)

    monkeypatch.setattr(bulk, "ACTS", {"take": breaks})
    results = bulk.perform("take", [first.pk, second.pk, third.pk], me, "")
    assert [one.done for one in results] == [True, False, True]
    assert "沒有完成這件" in results[1].says


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
