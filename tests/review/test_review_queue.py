"""The desk's list: its filters, what is taken away of it, views kept, many cases at once."""

from datetime import timedelta
from html import unescape

import pytest
from django.test import Client

from careward.accounts.models import ListExport, User
from careward.applications.findings import note
from careward.applications.models import Application
from careward.kernel.clock import frozen
from careward.review import acts, bulk
from careward.review.models import SavedView, SignOff
from review.deciding import (
    LATEST,
    actor,
    cleared,
    officer,
    second_step,
    sign,
    supervisor,
    supplement,
)
from review.reading import page_of
from support.applying import ANSWERS, DURING, lacking, submitted
from support.signing_in import sign_in

pytestmark = pytest.mark.django_db


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
