"""The pages of a change: behind the mailed link, at the county's desk, of the month's list."""

import csv
from html import unescape

import pytest
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from careward.accounts.models import Deputyship
from careward.applications.models import Application
from careward.changes.importing import RESULTS
from careward.changes.models import PURPOSE, ConnectionChange
from careward.correspondence.models import Letter
from careward.flow.importing import carry_out, plan
from careward.journal import Actor, acting
from careward.kernel.clock import frozen
from careward.kernel.identifiers import make_national_id
from careward.provisioning.models import UploadAccount
from careward.review.models import Unmasking
from careward.store.spreadsheets import write_table
from support import changing, delivering
from support.changing import ASKED, FROZEN, NEW_SOURCES
from support.signing_in import person, sign_in

pytestmark = pytest.mark.django_db
LIST_PAGE = "/changes/lists/115/11501/"
NUMBER = make_national_id(77)


def text_of(client: Client, address: str) -> str:
    return unescape(client.get(address).content.decode())


def desk(client: Client, **fields: str) -> Client:
    return sign_in(client, person("officer", county="10007", unit="health", **fields))


def ask_for_both(client: Client, application: Application) -> None:
    changing.open_link(client, application)
    client.post("/changes/mine/sources/", {"sources": "168.95.9.9"})
    client.post("/changes/mine/person/", {"person_name": "周大安", "person_id": NUMBER})
    client.post("/changes/mine/send/", {"code": application.institution_code})


def test_an_institution_asks_behind_its_link_and_sees_old_beside_new(client: Client) -> None:
    application = delivering.account("test").application
    with frozen(ASKED):
        changing.open_link(client, application)
        assert "168.95.1.1" in text_of(client, "/changes/mine/")
        client.post("/changes/mine/sources/", {"sources": "168.95.9.9\n"})
        client.post("/changes/mine/person/", {"person_name": "周大安", "person_id": NUMBER})
        page = text_of(client, "/changes/mine/")
        assert "168.95.9.9" in page
        assert "周○○" in page
        assert "周大安" not in page
        assert NUMBER not in page
        assert ConnectionChange.objects.get().state == "draft"
        wrong = unescape(client.post("/changes/mine/send/", {"code": "x"}).content.decode())
        assert "機構代碼" in wrong
        client.post("/changes/mine/send/", {"code": application.institution_code})
        assert "待審查" in text_of(client, "/changes/mine/")
    change = ConnectionChange.objects.get()
    assert (change.state, change.sources, change.person_name) == ("requested", NEW_SOURCES, "周大安")


def test_the_address_list_is_checked_as_on_the_application_form(client: Client) -> None:
    application = delivering.account().application
    with frozen(ASKED):
        changing.open_link(client, application)
        page = unescape(client.post("/changes/mine/sources/", {"sources": "10.0.0.1"}).content.decode())
    assert "第 1 行" in page
    assert not ConnectionChange.objects.exists()


def test_a_new_applicants_person_is_identified_by_number_a_continuing_ones_by_name(client: Client) -> None:
    new, continuing = (
        delivering.account("test").application,
        delivering.account(code="1131000018").application,
    )
    with frozen(ASKED):
        changing.open_link(client, new)
        page = unescape(client.post("/changes/mine/person/", {"person_name": "周大安"}).content.decode())
        assert "身分證號" in page
        assert not ConnectionChange.objects.exists()
        changing.open_link(client, continuing)
        assert "身分證號" not in text_of(client, "/changes/mine/person/")
        client.post("/changes/mine/person/", {"person_name": "周大安"})
    assert ConnectionChange.objects.get().person_id is None


def test_a_part_is_left_as_it_is_and_a_draft_is_dropped(client: Client) -> None:
    application = delivering.account("test").application
    with frozen(ASKED):
        changing.open_link(client, application)
        client.post("/changes/mine/sources/", {"sources": "168.95.9.9"})
        client.post("/changes/mine/sources/keep/")
        assert ConnectionChange.objects.get().sources is None
        assert client.get("/changes/mine/send/").status_code == 302
        client.post("/changes/mine/cancel/", {"code": application.institution_code})
        assert ConnectionChange.objects.get().state == "cancelled"
        assert "先前的異動" not in text_of(client, "/changes/mine/")


def test_known_and_unknown_codes_get_the_same_answer(client: Client) -> None:
    known = delivering.account().institution.code
    with frozen(ASKED):
        answers = [
            client.post("/changes/link/", {"institution_code": code}) for code in (known, "9999999999")
        ]
    assert {answer.headers["Location"] for answer in answers} == {"/changes/link/sent/"}
    assert ProcrastinateJob.objects.filter(task_name="changes.send_link").count() == 2
    assert not Letter.objects.exists()


def test_links_for_one_institution_are_not_asked_for_without_end(client: Client) -> None:
    for _ in range(8):
        client.post("/changes/link/", {"institution_code": "1131000009"})
    assert ProcrastinateJob.objects.filter(task_name="changes.send_link").count() == 5


def test_looking_at_the_link_and_its_pages_changes_nothing(client: Client) -> None:
    application = delivering.account().application
    with frozen(ASKED):
        changing.open_link(client, application)
        for page in ("", "sources/", "person/", "send/", "cancel/"):
            client.get(f"/changes/mine/{page}")
        client.post("/changes/mine/send/")
        client.post("/changes/mine/cancel/")
        client.post("/changes/mine/sources/keep/")
    assert not ConnectionChange.objects.exists()
    assert not Letter.objects.exists()


def test_an_institution_signed_in_is_led_to_the_link_with_its_code(client: Client) -> None:
    account = delivering.account()
    sign_in(client, person("institution", institution_code=account.institution.code))
    with frozen(ASKED):
        assert "/changes/link/" in text_of(client, "/my/")
        assert account.institution.code in text_of(client, "/changes/link/")


def test_the_desk_sees_the_oldest_first_and_approves(client: Client) -> None:
    change = changing.requested(person_name="周大安", person_id=NUMBER)
    changing.requested(delivering.account(code="1131000018"), ASKED.replace(day=10))
    desk(client)
    with frozen(ASKED.replace(day=15)):
        page = text_of(client, "/changes/review/")
        assert page.index("已等候 5 天") < page.index("已等候 3 天")
        case = text_of(client, f"/changes/item/{change.pk}/")
        assert "周大安" in case
        assert NUMBER not in case
        client.post(f"/changes/item/{change.pk}/unmask/")
        assert NUMBER in text_of(client, f"/changes/item/{change.pk}/")
        assert NUMBER not in text_of(client, f"/changes/item/{change.pk}/")
        client.post(f"/changes/item/{change.pk}/", {"act": "approve"})
    change.refresh_from_db()
    assert change.state == "approved"
    assert Unmasking.objects.count() == 1


def test_the_desk_gives_back_with_a_reason(client: Client) -> None:
    change = changing.requested()
    desk(client)
    address = f"/changes/item/{change.pk}/give_back/"
    assert "請填寫原因" in unescape(client.post(address, {"reason": ""}).content.decode())
    client.post(address, {"reason": "請附上網路業者的證明"})
    change.refresh_from_db()
    assert (change.state, change.reason) == ("returned", "請附上網路業者的證明")


def test_another_countys_desk_has_no_such_change(client: Client) -> None:
    change = changing.requested()
    sign_in(client, person("officer", county="63000"))
    assert client.get(f"/changes/item/{change.pk}/").status_code == 404
    assert client.post(f"/changes/item/{change.pk}/", {"act": "approve"}).status_code == 404


def test_a_deputy_approves_in_the_place_of_a_colleague(client: Client) -> None:
    change = changing.requested()
    here = person("officer", "here@example.org", county="10007", unit="health")
    deputy = person("officer", "there@example.org", county="63000")
    with acting(Actor.system("test"), "prepare"):
        Deputyship.objects.create(
            person=here, deputy=deputy, first_day=ASKED.date(), last_day=ASKED.date()
        )  # fmt: skip
    sign_in(client, deputy)
    with frozen(ASKED):
        client.post(f"/changes/item/{change.pk}/", {"act": "approve"})
    change.refresh_from_db()
    assert change.state == "approved"
    events = ConnectionChange._meta.get_field("events").related_model._base_manager
    last = events.filter(pgh_obj_id=change.pk).latest("pgh_id")
    assert last.pgh_context["deputy_for"] == str(here.pk)


def test_the_ministry_releases_and_the_vendor_processes_the_batch(client: Client) -> None:
    first = changing.approved(delivering.account())
    second = changing.approved(delivering.account(code="1131000018"), sources=["168.95.8.8/32"])
    closed = changing.approved(delivering.account(code="1131000027"), sources=["168.95.8.7/32"])
    with acting(Actor.system("test"), "prepare"):
        UploadAccount.objects.filter(application=closed.application).update(state="closed")
    vendor = sign_in(Client(), person("vendor"))
    with frozen(FROZEN):
        assert "待本部放行" in text_of(vendor, LIST_PAGE)
        assert "勾選的都處理完成" not in text_of(vendor, LIST_PAGE)
        sign_in(client, person("ministry"))
        assert "放行照護司的部分" in text_of(client, LIST_PAGE)
        client.post(f"{LIST_PAGE}release/", {"unit": "nursing"})
        chosen = [str(one.pk) for one in (first, second, closed)]
        results = unescape(vendor.post(f"{LIST_PAGE}process/", {"chosen": chosen}).content.decode())
    assert "選取 3 件，生效 2 件" in results
    assert "沒有使用中的上傳帳號" in results
    states = {one.pk: one.state for one in ConnectionChange.objects.all()}
    assert [states[one.pk] for one in (first, second, closed)] == ["processed", "processed", "approved"]


def test_results_of_another_system_are_imported(client: Client) -> None:
    done = changing.released(delivering.account())
    cannot = changing.approved(delivering.account(code="1131000018"), sources=["168.95.8.8/32"])
    rows = [(done.reference, "完成", ""), (cannot.reference, "無法處理", "主機已停用")]
    content = write_table("ods", "x", ["異動編號", "處理結果", "原因"], rows)
    vendor = sign_in(client, person("vendor"))
    with frozen(FROZEN):
        from django.core.files.uploadedfile import SimpleUploadedFile

        vendor.post("/changes/lists/results/", {"file": SimpleUploadedFile("r.ods", content)})
        digest = plan(RESULTS, content).digest
        vendor.post("/changes/lists/results/?preview", {"shown": digest})
        assert plan(RESULTS, content).counts == {"new": 0, "changed": 0, "same": 2}
    done.refresh_from_db()
    cannot.refresh_from_db()
    assert (done.state, cannot.state, cannot.reason) == ("processed", "failed", "主機已停用")


def test_the_list_comes_back_with_its_results_filled_in_and_what_is_left_empty_waits(client: Client) -> None:
    done = changing.released(delivering.account())
    cannot = changing.approved(delivering.account(code="1131000018"), sources=["168.95.8.8/32"])
    later = changing.approved(delivering.account(code="1131000027"), sources=["168.95.9.9/32"])
    vendor = sign_in(client, person("vendor"))
    with frozen(FROZEN):
        heading, *rows = csv.reader(
            vendor.get(f"{LIST_PAGE}list.csv").content.decode("utf-8-sig").splitlines()
        )
        result, reason = heading.index("處理結果"), heading.index("原因")
        said = {done.reference: ("完成", ""), cannot.reference: ("無法處理", "浮動位址，請確認。")}
        for row in rows:
            assert row[result] == ""
            row[result], row[reason] = said.get(row[0], ("", ""))
        content = write_table("ods", "x", heading, rows)
        made = plan(RESULTS, content)
        told = {line.subject.pk: [detail.new for detail in line.details] for line in made.lines}
        assert told == {done.pk: ["完成"], cannot.pk: ["無法處理", "浮動位址，請確認。"], later.pk: []}
        carry_out(RESULTS, content, Actor("vendor", "test"), shown=made.digest)
        again = vendor.get(f"{LIST_PAGE}list.csv").content
        assert plan(RESULTS, again).counts == {"new": 0, "changed": 0, "same": 3}
    states = {one.pk: (one.state, one.reason) for one in ConnectionChange.objects.all()}
    assert states[cannot.pk] == ("failed", "浮動位址，請確認。")
    assert [states[one.pk][0] for one in (done, later)] == ["processed", "approved"]


def test_a_table_of_results_says_what_is_wrong_with_which_row() -> None:
    waiting = changing.approved()
    rows = [
        (waiting.reference, "完成", ""), ("115-XXXX-X-1", "完成", ""), (waiting.reference[:-1] + "9", "也許", ""),
    ]  # fmt: skip
    with frozen(FROZEN):
        made = plan(RESULTS, write_table("csv", "x", ["異動編號", "處理結果", "原因"], rows))
    told = [(fault.row, fault.says) for fault in made.faults]
    assert [row for row, _ in told] == [2, 3, 4]
    assert "已同意" in told[0][1]
    assert "沒有編號" in told[1][1]


@pytest.mark.parametrize("kind", ["ods", "xlsx", "csv", "pdf"])
def test_the_list_is_printed_and_exported_without_full_names(client: Client, kind: str) -> None:
    changing.approved(person_name="周大安", person_id=NUMBER)
    sign_in(client, person("vendor"))
    with frozen(FROZEN):
        answer = client.get(f"{LIST_PAGE}list.{kind}")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    if kind == "csv":
        told = answer.content.decode("utf-8-sig")
        assert "周○○" in told
        assert "周大安" not in told
    if kind == "pdf":
        assert answer.content.startswith(b"%PDF-")


def test_an_auditor_looks_and_changes_nothing(client: Client) -> None:
    change = changing.requested()
    sign_in(client, person("auditor"))
    for address in ("/changes/review/", f"/changes/item/{change.pk}/", "/changes/lists/", LIST_PAGE):
        page = client.get(address)
        assert page.status_code == 200
        assert 'name="act"' not in page.content.decode()
    assert client.post(f"/changes/item/{change.pk}/", {"act": "approve"}).status_code == 404


def test_the_case_of_the_application_tells_of_its_changes(client: Client) -> None:
    change = changing.approved()
    desk(client)
    page = text_of(client, f"/review/{change.application_id}/")
    assert change.reference in page
    assert "連線資料異動（第 1 件）：已同意" in page


def test_a_link_is_about_one_application_only(client: Client) -> None:
    application = delivering.account().application
    other = changing.requested(delivering.account(code="1131000018"))
    with frozen(ASKED):
        changing.open_link(client, application)
        assert other.reference not in text_of(client, "/changes/mine/")
        client.post("/changes/mine/cancel/", {"code": other.application.institution_code})
    other.refresh_from_db()
    assert other.state == "requested"
    assert PURPOSE == "connection_change"
