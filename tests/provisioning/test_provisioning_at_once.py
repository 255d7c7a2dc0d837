"""Many accounts at once, a vendor who works elsewhere, institutions with the indicator on record."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.test import Client
from python_calamine import CalamineWorkbook

from careward.applications import acts as acts_of_applicants
from careward.correspondence.models import Letter
from careward.flow import Refused
from careward.flow.importing import carry_out, plan
from careward.journal import Actor, acting
from careward.kernel.clock import frozen
from careward.provisioning import acts, at_once
from careward.provisioning.at_once import create_each
from careward.provisioning.importing import INDICATOR, RESULTS
from careward.provisioning.models import UploadAccount
from careward.provisioning.rules import right_of, upload_right
from careward.review import acts as reviewing
from provisioning.making import MINISTRY, VENDOR, created, letters, requested, vendor_user
from review.deciding import REVIEW, sign
from support import delivering
from support.applying import APPLICANT, lacking, with_scan
from support.signing_in import person, sign_in

pytestmark = pytest.mark.django_db

CODES = ["1990000011", "1990000012", "1990000013"]


def three() -> list[UploadAccount]:
    return [requested(institution_code=code) for code in CODES]


def test_chosen_accounts_are_created_each_with_its_letters(client: Client) -> None:
    first, second, third = three()
    sign_in(client, vendor_user())
    page = client.post("/provisioning/create/", {"chosen": [first.pk, second.pk]}).content.decode()
    assert "選取 2 件，建立 2 件" in page
    states = {one.pk: one.state for one in UploadAccount.objects.all()}
    assert [states[one.pk] for one in (first, second, third)] == ["created", "created", "requested"]
    assert len(letters(first, "account_created")) == len(letters(second, "account_secret")) == 1


def test_one_that_cannot_be_created_is_named_and_does_not_stop_the_others(client: Client) -> None:
    first, second, third = three()
    created(third)
    UploadAccount.objects.filter(pk=third.pk)
    acts.create(
        second, VENDOR, username=first.proposed_username, sources=["168.95.1.1"], allow_loopback=False
    )
    fourth = requested(institution_code="1990000014")
    sign_in(client, vendor_user())
    chosen = [str(first.pk), str(second.pk), str(fourth.pk), "nonsense"]
    page = client.post("/provisioning/create/", {"chosen": chosen}).content.decode()
    assert "選取 3 件，建立 1 件" in page
    assert page.count("已經有人使用") == page.count("先前已建立") == 1
    fourth.refresh_from_db()
    assert fourth.state == "created"


def test_sent_twice_the_second_answer_says_that_they_are_there(client: Client) -> None:
    chosen = [str(one.pk) for one in three()]
    sign_in(client, vendor_user())
    client.post("/provisioning/create/", {"chosen": chosen})
    page = client.post("/provisioning/create/", {"chosen": chosen}).content.decode()
    assert "選取 3 件，建立 0 件" in page
    assert page.count("先前已建立") == 3
    assert Letter.objects.filter(kind="account_created").count() == 3


def test_one_that_somebody_creates_meanwhile_is_told_as_there() -> None:
    one, *_ = three()
    created(one)
    [result] = create_each([one], VENDOR)
    assert (result.before, result.why, result.made) == (True, "", False)


def test_all_are_created_batch_by_batch_past_those_that_cannot(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(at_once, "MOST", 2)
    first, *_ = three()
    with acting(VENDOR, "prepare"):
        earlier = first.requested_at - timedelta(hours=1)
        UploadAccount.objects.filter(pk=first.pk).update(requested_at=earlier, networks=[])
    sign_in(client, vendor_user())
    page = client.post("/provisioning/create/", {"all": "yes"}).content.decode()
    assert "這一批 2 件，建立 1 件" in page
    assert "還有 2 件待建立" in page
    assert "沒有來源位址" in page
    assert f'name="passed" value="{first.pk}"' in page
    page = client.post("/provisioning/create/", {"all": "yes", "passed": [first.pk]}).content.decode()
    assert "這一批 1 件，建立 1 件" in page
    assert "還有 1 件待建立" in page
    assert "繼續" not in page
    over = client.post("/provisioning/create/", {"all": "yes", "passed": [first.pk]}, follow=True)
    assert "目前沒有其他待建立的帳號" in over.content.decode()
    assert UploadAccount.objects.get(state="requested") == first


def test_who_is_looked_for_is_found_in_either_list(client: Client) -> None:
    first, second, third = three()
    created(third)
    sign_in(client, vendor_user())
    waiting = client.get("/provisioning/", {"q": CODES[0]}).content.decode()
    assert f"/provisioning/{first.pk}/" in waiting
    assert f"/provisioning/{second.pk}/" not in waiting
    for shown in ("waiting", "done"):
        page = client.get("/provisioning/", {"q": CODES[2], "shown": shown}).content.decode()
        assert f"/provisioning/{third.pk}/" in page
    nobody = client.get("/provisioning/", {"q": "nobody"}).content.decode()
    assert "沒有符合的帳號" in nobody


def test_a_page_of_the_queue_is_ticked_at_once(client: Client) -> None:
    three()
    sign_in(client, vendor_user())
    assert client.get("/provisioning/").content.decode().count(" checked>") == 0
    assert client.get("/provisioning/?mark=all").content.decode().count(" checked>") == 3


def test_nothing_chosen_is_said(client: Client) -> None:
    sign_in(client, vendor_user())
    page = client.post("/provisioning/create/", follow=True).content.decode()
    assert "沒有選取任何一件" in page


@pytest.mark.parametrize("kind", ["ods", "xlsx"])
def test_the_list_of_work_is_a_table(client: Client, kind: str) -> None:
    three()
    sign_in(client, vendor_user())
    content = client.get(f"/provisioning/list.{kind}").content
    rows = CalamineWorkbook.from_filelike(BytesIO(content)).get_sheet_by_index(0).to_python()
    assert sorted((row[0], row[5]) for row in rows[1:]) == [(code, f"cw115-{code}") for code in CODES]
    assert client.get("/provisioning/list.exe").status_code == 404


def csv_of(*lines: str) -> bytes:
    return ("機構代碼,帳號名稱,來源位址\r\n" + "\r\n".join(lines)).encode()


def test_accounts_made_elsewhere_are_imported_and_a_second_time_nothing_happens() -> None:
    first, *_ = three()
    content = csv_of(f"{CODES[0]},vendor-1,168.95.9.1 168.95.9.2", f"{CODES[1]},vendor-2,")
    carry_out(RESULTS, content, VENDOR, shown=plan(RESULTS, content).digest)
    first.refresh_from_db()
    assert (first.state, first.username) == ("created", "vendor-1")
    assert first.networks == ["168.95.9.1/32", "168.95.9.2/32"]
    assert len(letters(first, "account_created")) == 1
    again = plan(RESULTS, content)
    assert not again.does_something
    assert again.faults == ()


def test_rows_that_cannot_be_taken_are_named() -> None:
    three()
    told = plan(
        RESULTS,
        csv_of("1990009999,vendor-9,", f"{CODES[0]},Vendor 1,", f"{CODES[1]},vendor-2,10.0.0.1"),
    )
    assert [fault.row for fault in told.faults] == [2, 3, 4]
    assert not told.does_something


def test_with_the_indicator_on_record_a_testing_account_delivers() -> None:
    account = created()
    assert right_of(account).lanes == ("test",)
    acts.record_indicator(account, MINISTRY)
    account.refresh_from_db()
    right = right_of(account)
    assert (right.lanes, right.ends) == (("live",), None)
    assert len(letters(account, "account_live")) == 1
    with pytest.raises(Refused):
        acts.record_indicator(account, MINISTRY)


def test_whose_data_a_system_passes_on_is_told_of_no_folders() -> None:
    own = created()
    passed_on = delivering.account(
        "test", "1131000018", username="", networks=[], through="nursing_home_system"
    )
    for account in (own, passed_on):
        acts.record_indicator(account, MINISTRY)
    told = [letters(account, "account_live")[0].body for account in (own, passed_on)]
    assert ["/inbox" in body or "/receipts" in body for body in told] == [True, False]
    assert "由系統轉送的資料已由測試上傳改為正式上傳" in told[1]


def test_the_ministry_imports_who_applied_for_the_indicator() -> None:
    three()
    content = ("機構代碼\r\n" + "\r\n".join(CODES[:2])).encode()
    carry_out(INDICATOR, content, MINISTRY, shown=plan(INDICATOR, content).digest)
    lanes = dict(UploadAccount.objects.values_list("institution__code", "lane"))
    assert lanes == {CODES[0]: "live", CODES[1]: "live", CODES[2]: "test"}
    assert not plan(INDICATOR, content).does_something
    assert plan(INDICATOR, "機構代碼\r\n1990009999".encode()).faults


def test_only_the_ministry_puts_the_indicator_on_record(client: Client) -> None:
    assert sign_in(client, vendor_user()).get("/provisioning/indicator/").status_code == 404
    assert (
        sign_in(Client(), person("ministry", unit="nursing")).get("/provisioning/indicator/").status_code
        == 200
    )


def test_the_season_after_closes_the_old_accounts() -> None:
    account = created()
    season = account.rules
    closes = season.moment("old_accounts_close").at
    after = season.model_copy(update={"season": season.season.model_copy(update={"code": "116"})})
    assert upload_right(account, season, after).ends == closes
    account.lane = "live"
    right = upload_right(account, season, after)
    assert right.ends == closes
    assert not right.holds(closes)


def test_for_a_nursing_home_through_the_ministrys_system_the_system_uploads() -> None:
    sent = lacking(mode="nursing_home_system", sources=[], institution_code=CODES[0])
    application = acts_of_applicants.complete(
        with_scan(sent, kind="intent"), APPLICANT, arrived_at=sent.submitted_at
    )
    with frozen(REVIEW):
        sign(application)
    through = UploadAccount.objects.get()
    assert (through.through, through.state, through.username, through.networks) == (
        "nursing_home_system", "notified", "", [],
    )  # fmt: skip
    assert not UploadAccount.objects.waiting_for_the_vendor().exists()
    (letter,) = Letter.objects.filter(about__contains=str(application.pk), kind="connected_through_system")
    assert "不需要上傳帳號" in letter.body
    assert not Letter.objects.filter(kind__in=("account_created", "account_secret")).exists()
    with pytest.raises(Refused) as refused:
        acts.reissue(through, VENDOR)
    assert refused.value.code == "uploaded_by_system"
    with frozen(REVIEW):
        assert reviewing.revoke(application, Actor("officer", "test"), reason="看錯文件").state == "submitted"
        through.refresh_from_db()
        assert through.state == "held"
        sign(application)
    through.refresh_from_db()
    assert through.state == "notified"


def test_the_list_of_work_comes_back_as_it_is_and_shows_what_would_be_made(client: Client) -> None:
    three()
    sign_in(client, vendor_user())
    for kind in ("ods", "xlsx", "csv"):
        made = plan(RESULTS, client.get(f"/provisioning/list.{kind}").content)
        assert made.faults == ()
        shown = {
            line.subject.institution.code: [detail.new for detail in line.details] for line in made.lines
        }
        assert shown[CODES[0]] == [f"cw115-{CODES[0]}", "168.95.1.1"]


def test_each_bad_address_is_told_with_its_own_reason() -> None:
    three()
    told = plan(RESULTS, csv_of(f"{CODES[0]},vendor-1,10.0.0.5", f"{CODES[1]},vendor-2,168.95.0.0/16"))
    assert ["內部網路" in told.faults[0].says, "範圍太大" in told.faults[1].says] == [True, True]


def test_a_name_stands_once_in_a_table_and_is_not_a_systems() -> None:
    three()
    delivering.system("cw-system", key=False)
    told = plan(
        RESULTS,
        csv_of(f"{CODES[0]},vendor-1,", f"{CODES[1]},Vendor-1,", f"{CODES[2]},cw-system,"),
    )
    assert [fault.row for fault in told.faults] == [2, 3, 4]
    assert "不只一列" in told.faults[0].says
    assert "已經有人使用" in told.faults[2].says


def test_before_the_indicator_is_recorded_the_ministry_reads_what_it_changes() -> None:
    three()
    (line,) = plan(INDICATOR, f"機構代碼\r\n{CODES[0]}".encode()).lines
    assert [(one.old, one.new) for one in line.details] == [("測試上傳", "正式上傳")]
