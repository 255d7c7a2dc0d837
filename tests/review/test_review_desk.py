"""The officer's pages: who gets in, what is shown, and how much it asks of the database."""

import re
import uuid
import zlib
from html import unescape
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.signing import b64_decode
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from careward.accounts.models import User
from careward.applications.jobs import render_pages
from careward.applications.models import Application
from careward.journal import Actor
from careward.kernel.clock import frozen, taipei
from careward.kernel.identifiers import make_national_id
from careward.review import acts
from careward.review.models import SignOff, Unmasking
from review.deciding import REVIEW, every_item, officer, sign
from support.applying import ANSWERS, lacking, pdf_scan, submitted
from support.crowd import rows
from support.signing_in import person, sign_in

pytestmark = pytest.mark.django_db

FULL, MASKED = ANSWERS["person_id"], f"{ANSWERS['person_id'][:3]}****{ANSWERS['person_id'][-3:]}"


def _doors(application: Application) -> list[tuple[str, str]]:
    """Every page about one case, with the method that opens it."""
    document = application.documents.get()
    render_pages(document_id=str(document.pk))
    case = f"/review/{application.pk}/"
    return [
        ("get", case),
        ("post", case),
        ("post", f"{case}unmask/"),
        ("get", f"/review/documents/{document.pk}/"),
        ("get", f"/review/documents/{document.pk}/1/"),
    ]


def _codes(client: Client, doors: list[tuple[str, str]]) -> list[int]:
    codes = []
    for method, address in doors:
        answer = getattr(client, method)(address)
        if answer.streaming:
            assert b"".join(answer)
        codes.append(answer.status_code)
    return codes


def test_the_officer_in_charge_opens_every_page_of_the_case(desk: Client) -> None:
    assert _codes(desk, _doors(submitted())) == [200, 200, 302, 200, 200]


@pytest.mark.parametrize(
    ("county", "unit"),
    [("63000", "health"), ("63000", "social"), ("10007", "social")],
    ids=["another county", "another county, other unit", "the other unit of the same county"],
)
def test_for_any_other_officer_the_case_is_not_there(client: Client, county: str, unit: str) -> None:
    doors = _doors(submitted())
    sign_in(client, officer("other@county.example", county, unit))
    assert _codes(client, doors) == [404] * 5
    assert ANSWERS["institution_name"] not in client.get("/review/").content.decode()
    assert not Unmasking.objects.exists()


@pytest.mark.parametrize("role", ["ministry", "vendor", "administrator", "institution"])
def test_for_other_roles_there_is_no_desk(client: Client, role: str) -> None:
    doors = [("get", "/review/"), *_doors(submitted())]
    sign_in(client, person(role))
    assert _codes(client, doors) == [404] * 6
    assert not Unmasking.objects.exists()


def test_an_auditor_sees_the_desk_and_presses_nothing(client: Client) -> None:
    application = submitted()
    doors = [("get", "/review/"), *_doors(application)]
    sign_in(client, person("auditor"))
    assert _codes(client, doors) == [200 if method == "get" else 404 for method, _ in doors]
    shown = client.get(f"/review/{application.pk}/").content.decode()
    assert "簽核通過" not in shown
    assert "檢視完整號碼" not in shown
    assert not Unmasking.objects.exists()


def test_who_is_not_signed_in_is_sent_to_sign_in(client: Client) -> None:
    for method, address in [("get", "/review/"), *_doors(submitted())]:
        answer = getattr(client, method)(address)
        assert answer.status_code == 302, address
        assert answer.headers["Location"].startswith("/accounts/sign-in/?next=/review/"), address


def test_a_draft_is_nobodys_case(desk: Client) -> None:
    from support.applying import draft

    assert desk.get(f"/review/{draft().pk}/").status_code == 404
    assert desk.get(f"/review/{uuid.uuid4()}/").status_code == 404


def test_the_document_comes_as_a_download_and_its_pictures_never_run(desk: Client) -> None:
    application = submitted()
    *_, original, picture = (desk.get(address) for _, address in _doors(application))
    assert b"".join(original) == pdf_scan()
    assert original.headers["Content-Disposition"].startswith("attachment")
    assert picture.headers["Content-Type"] == "image/jpeg"
    assert b"".join(picture).startswith(b"\xff\xd8\xff")
    for answer in (original, picture):
        assert "sandbox" in answer.headers["Content-Security-Policy"]
    number = application.documents.get().pk
    assert desk.get(f"/review/documents/{number}/2/").status_code == 404
    assert desk.get(f"/review/documents/{number}/0/").status_code == 404


def test_the_id_is_masked_until_somebody_asks_and_then_shown_once(desk: Client, me: User) -> None:
    application = submitted()
    address = f"/review/{application.pk}/"
    page = desk.get(address).content.decode()
    assert MASKED in page
    assert FULL not in page
    assert not Unmasking.objects.exists()
    assert desk.post(f"{address}unmask/").headers["Location"] == address
    assert FULL in desk.get(address).content.decode()
    again = desk.get(address).content.decode()
    assert MASKED in again
    assert FULL not in again
    look = Unmasking.objects.get()
    assert (look.application, look.by, look.at) == (application, me, REVIEW)
    assert look.events.get().pgh_context["actor"] == str(me.pk)
    assert look.events.get().pgh_context["act"] == "application.unmask"


def test_every_look_is_a_row_and_reading_the_page_is_none(desk: Client) -> None:
    address = f"/review/{submitted().pk}/"
    for looks in range(1, 4):
        desk.post(f"{address}unmask/")
        assert Unmasking.objects.count() == looks
        for _ in range(3):
            desk.get(address)
        assert Unmasking.objects.count() == looks
    assert desk.get(f"{address}unmask/").status_code == 405


def test_the_full_id_lies_in_clear_in_no_table(desk: Client) -> None:
    address = f"/review/{submitted().pk}/"
    desk.post(f"{address}unmask/")
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT count(*) FROM "{table}" t WHERE position(%s in t::text) > 0', [FULL])
            assert cursor.fetchone() == (0,), table
    for session in Session.objects.all():
        assert FULL.encode() not in _unpacked(session.session_data)
    assert FULL in desk.get(address).content.decode()


def _unpacked(session_data: str) -> bytes:
    """What a signed session holds for somebody who reads the table and has no key."""
    packed = session_data.split(":")[0]
    raw = b64_decode(packed.lstrip(".").encode())
    return zlib.decompress(raw) if packed.startswith(".") else raw


def test_a_look_at_one_case_does_not_unmask_another(desk: Client) -> None:
    first = submitted()
    second = submitted(institution_code="1131000010", person_id=make_national_id(5))
    desk.post(f"/review/{first.pk}/unmask/")
    assert make_national_id(5) not in desk.get(f"/review/{second.pk}/").content.decode()
    assert FULL in desk.get(f"/review/{first.pk}/").content.decode()


def test_signing_on_the_page_tells_what_comes_next(desk: Client) -> None:
    application = submitted()
    answer = desk.post(
        f"/review/{application.pk}/", {"ticked": every_item(application), "remark": "已核對"}, follow=True
    )
    assert answer.redirect_chain == [("/review/", 302)]
    assert "範例護理之家 已簽核通過" in answer.content.decode()
    page = desk.get(f"/review/{application.pk}/").content.decode()
    for words in ("簽核通過", "審查通過", "已核對", "待建立"):
        assert words in page
    assert 'name="ticked"' not in page
    assert "範例護理之家" in desk.get("/review/?shown=signed").content.decode()


def test_every_item_says_what_to_look_at_and_where_it_is_written(desk: Client) -> None:
    application = submitted()
    page = unescape(desk.get(f"/review/{application.pk}/").content.decode())
    for item in application.rules.checklist_for(application.mode, application.kind):
        assert f"看：{item.look_at}<br>依據：{item.where}" in page
        assert item.text in page


def test_an_unticked_item_is_named_and_the_summary_leads_to_the_checklist(desk: Client) -> None:
    application = submitted()
    items = every_item(application)
    page = desk.post(f"/review/{application.pk}/", {"ticked": items[:-1]}).content.decode()
    assert "還有 1 項沒有勾選" in page
    assert page.count(" checked") == len(items) - 1
    target = re.search(r'govuk-error-summary.*?<a href="#([^"]+)"', page, re.DOTALL)
    assert target is not None
    assert f'id="{target[1]}"' in page
    assert not SignOff.objects.exists()


@pytest.mark.parametrize("extra", [["everything"], ["intent_ok"], ["\x00"], ["<script>"]])
def test_a_tick_the_page_does_not_offer_signs_nothing(desk: Client, extra: list[str]) -> None:
    application = submitted()
    answer = desk.post(f"/review/{application.pk}/", {"ticked": every_item(application)[1:] + extra})
    assert answer.status_code == 200
    assert "govuk-error-summary" in answer.content.decode()
    assert Application.objects.get().state == "submitted"


def test_who_comes_second_reads_that_it_is_signed(desk: Client) -> None:
    application = submitted()
    sign(application, officer("second@county.example"))
    answer = desk.post(f"/review/{application.pk}/", {"ticked": every_item(application)})
    page = unescape(answer.content.decode())
    assert "目前狀態為「簽核通過」，不能「簽核」" in page
    assert "審查通過" in page
    assert 'name="ticked"' not in page
    assert SignOff.objects.count() == 1


def test_who_is_overtaken_while_pressing_sees_the_case_as_it_now_stands(
    desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    application, quicker = submitted(), officer("second@county.example")
    press = acts.sign_off

    def overtaken(subject: Application, by: Actor, **facts: Any) -> Application:
        sign(Application.objects.get(pk=subject.pk), quicker)
        return press(subject, by, **facts)

    with monkeypatch.context() as patched:
        patched.setattr("careward.review.views.acts.sign_off", overtaken)
        patched.setattr("review.deciding.acts", SimpleNamespace(sign_off=press))
        answer = desk.post(f"/review/{application.pk}/", {"ticked": every_item(application)})
    page = unescape(answer.content.decode())
    assert "目前狀態為「簽核通過」，不能「簽核」" in page
    assert 'name="ticked"' not in page
    assert "審查通過" in page
    assert SignOff.objects.get().officer == quicker


def test_a_remark_beyond_measure_is_an_error_and_signs_nothing(desk: Client) -> None:
    application = submitted()
    page = desk.post(
        f"/review/{application.pk}/", {"ticked": every_item(application), "remark": "長" * 2001}
    ).content.decode()
    assert "最多 2000 個字" in page
    assert Application.objects.get().state == "submitted"


def test_too_late_to_sign_is_said_on_the_page(desk: Client) -> None:
    application = submitted()
    with frozen(taipei(2025, 12, 20, 0, 0, 1)):
        page = desk.post(f"/review/{application.pk}/", {"ticked": every_item(application)}).content.decode()
    assert "簽核已於帳號建立期限截止" in page


def test_what_waits_for_documents_can_be_read_but_not_signed(desk: Client) -> None:
    application = lacking()
    page = desk.get(f"/review/{application.pk}/").content.decode()
    assert "文件還沒備齊" in page
    assert 'name="ticked"' not in page
    assert "範例護理之家" in desk.get("/review/?shown=lacking").content.decode()
    assert "範例護理之家" not in desk.get("/review/").content.decode()


def test_the_queue_says_how_long_there_is_and_that_it_is_overdue(desk: Client) -> None:
    assert "還有 2 天" in desk.get("/review/").content.decode()
    assert "已逾期" not in desk.get("/review/").content.decode()
    with frozen(taipei(2025, 12, 12, 17)):
        assert "已逾期" not in desk.get("/review/").content.decode()
    with frozen(taipei(2025, 12, 12, 17, 0, 1)):
        assert "已逾期，仍可簽核" in desk.get("/review/").content.decode()


@pytest.mark.usefixtures("acting")
@pytest.mark.slow
@pytest.mark.parametrize(
    "address",
    [
        "/review/",
        "/review/?page=40",
        "/review/?shown=lacking",
        "/review/?shown=all&q=T-&findings=without",
    ],
)
def test_a_queue_of_two_thousand_asks_no_more_of_the_database_than_one_of_five(
    desk: Client, address: str
) -> None:
    def asked() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert desk.get(address).status_code == 200
        return len(queries)

    for state in ("submitted", "lacking"):
        rows(5, state=state)
    few = asked()
    rows(1995)
    rows(995, state="lacking")
    assert asked() == few
    assert few <= 20
    assert "共 2,000 件" in desk.get("/review/").content.decode()


@pytest.mark.usefixtures("acting")
def test_the_longest_waiting_comes_first(desk: Client) -> None:
    rows(1, completed_at=taipei(2025, 12, 3), institution_name="後到的")
    rows(1, completed_at=taipei(2025, 12, 2), institution_name="先到的")
    page = desk.get("/review/").content.decode()
    assert page.index("先到的") < page.index("後到的")
