"""The boards: whose month stands where, within one's reach, with a constant number of queries; and the reminders."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from careward.correspondence.models import Letter
from careward.journal import Actor
from careward.kernel import clock
from careward.kernel.roc import RocMonth
from careward.monthly.models import MonthReminder
from careward.monthly.reminding import remind_due
from careward.provisioning import acts as provisioning
from careward.provisioning.models import UploadAccount
from careward.rulebook import current
from support.delivering import (
    CODE,
    account,
    checked,
    delivered,
    publishing,
    sample_forms,
    samples,
    staff_csv,
    work,
)
from support.signing_in import person, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("uploads_open")]
MINISTRY = Actor("ministry", "1")
JANUARY = RocMonth.parse("11501")
DUE = current().written_seasons["115"].due_at(JANUARY)


def _institution_month() -> bytes:
    spec = publishing.specification_in_force()
    dataset = spec.dataset("institution_month")
    rows = samples.good_rows(spec, dataset, institution_code=CODE, period=JANUARY, n=1, seed=1)
    return sample_forms.as_csv(dataset, rows)


def _whole_month(of: UploadAccount) -> None:
    assert checked(of, staff_csv()).state == "accepted"
    assert checked(of, _institution_month(), "institution_month-11501.csv").state == "accepted"


def _words(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return unescape(re.sub(r"<[^>]+>", " ", answer.content.decode().partition("<main")[2]))


@pytest.fixture
def officer(client: Client) -> Client:
    return sign_in(client, person("officer", county="10007", unit="health"))


def test_a_month_is_in_time_once_every_required_dataset_was_received_in_time_and_accepted(
    officer: Client,
) -> None:
    of = account("live")
    assert "還沒收齊 1" in " ".join(_words(officer, "/months/").split())
    checked(of, staff_csv())
    assert "還沒收齊 1" in " ".join(_words(officer, "/months/").split())
    checked(of, _institution_month(), "institution_month-11501.csv")
    assert "準時 1" in " ".join(_words(officer, "/months/").split())


def test_a_file_received_in_time_counts_though_its_check_ends_after_the_due_moment(officer: Client) -> None:
    of = account("live")
    waiting = [delivered(of, staff_csv()), delivered(of, _institution_month(), "institution_month-11501.csv")]
    assert "檢核中" in _words(officer, "/months/")
    with clock.frozen(DUE + timedelta(hours=3)):
        for delivery in waiting:
            work(delivery)
        assert "準時 1" in " ".join(_words(officer, "/months/?month=11501").split())


def test_a_correction_sent_after_the_due_moment_takes_nothing_away(officer: Client) -> None:
    of = account("live")
    _whole_month(of)
    with clock.frozen(DUE + timedelta(days=2)):
        assert checked(of, staff_csv(seed=9)).state == "accepted"
        assert checked(of, staff_csv(seed=10, name="")).state == "rejected"
        assert "準時 1" in " ".join(_words(officer, "/months/?month=11501").split())


def test_a_test_upload_never_counts(officer: Client) -> None:
    checked(account("test"))
    assert "沒有符合的機構" in _words(officer, "/months/")


def test_an_institution_whose_account_began_to_deliver_in_february_is_not_asked_for_january(
    client: Client,
) -> None:
    of = account("test")
    provisioning.record_indicator(of, MINISTRY)
    institution = sign_in(client, person("institution", institution_code=CODE))
    words = " ".join(_words(institution, "/institution/months/").split())
    assert "11501 不用上傳" in words
    assert "應送 11 個月" in words


def test_the_year_proposes_the_result_and_the_file_holds_the_same(officer: Client) -> None:
    _whole_month(account("live"))
    words = " ".join(_words(officer, "/months/year/").split())
    assert "尚未確定 1" in words
    assert "1／12" in words
    file = officer.get("/months/year/?as=csv").content.decode("utf-8-sig")
    assert "尚未確定" in file
    assert CODE in file
    assert CODE not in officer.get("/months/year/?as=csv&result=met").content.decode("utf-8-sig")


def test_what_lies_outside_ones_reach_is_on_no_board(client: Client) -> None:
    account("live")
    elsewhere = sign_in(client, person("officer", county="63000", unit="health"))
    assert "沒有符合的機構" in _words(elsewhere, "/months/")
    assert elsewhere.get(f"/months/institution/{CODE}/").status_code == 404


@pytest.mark.parametrize("address", ["/months/", "/months/year/"])
def test_a_board_asks_as_many_questions_for_thirty_institutions_as_for_one(
    officer: Client, address: str
) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert officer.get(address).status_code == 200
        return len(queries)

    account("live", "1131000100")
    officer.get(address)
    one = asked()
    for number in range(101, 130):
        account("live", f"1131000{number}")
    assert asked() == one


@pytest.mark.parametrize(
    "query", ["?month=99999", "?standing=x&result=y", "?page=zzz", "?type=x&county=y&q=%7F"]
)
def test_nonsense_in_the_address_shows_a_board_all_the_same(officer: Client, query: str) -> None:
    assert officer.get(f"/months/{query}").status_code == 200


def test_who_lacks_a_dataset_is_reminded_once_a_step_and_told_which() -> None:
    of = account("live")
    checked(of, staff_csv())
    assert remind_due(DUE - timedelta(days=5) - timedelta(seconds=1)) == 0
    with clock.frozen(DUE - timedelta(days=5)):
        assert remind_due(clock.now()) == 1
        assert remind_due(clock.now()) == 0
    letter = Letter.objects.get(kind="month_due")
    assert letter.to == [of.application.mailbox]
    assert "115 年 1 月的資料" in letter.subject
    title = publishing.specification_in_force().dataset("institution_month").title
    assert f"{title}：還沒上傳" in letter.body
    assert publishing.specification_in_force().dataset("staff").title not in letter.body
    with clock.frozen(DUE + timedelta(days=1)):
        assert remind_due(clock.now()) == 1
    assert list(MonthReminder.objects.order_by("days").values_list("period", "days")) == [
        ("11501", -5),
        ("11501", 1),
    ]
    assert "已經逾期" in Letter.objects.filter(kind="month_due").latest("created_at", "pk").subject


def test_nobody_is_reminded_of_what_is_accepted_not_asked_or_only_tested() -> None:
    _whole_month(account("live"))
    account("test", "1131000200")
    provisioning.record_indicator(account("test", "1131000201"), MINISTRY)
    account("live", "1131000202", state="suspended")
    assert remind_due(DUE - timedelta(days=1)) == 0


def test_a_reminder_missed_while_nothing_ran_is_not_caught_up() -> None:
    account("live")
    assert remind_due(DUE + timedelta(days=7) + timedelta(days=3)) == 0


@pytest.mark.parametrize("rejected", [True, False])
def test_the_institutions_page_shows_the_pressing_months(client: Client, rejected: bool) -> None:
    of = account("live")
    if rejected:
        checked(of, staff_csv(name=""))
    institution = sign_in(client, person("institution", institution_code=CODE))
    words = " ".join(_words(institution, "/my/").split())
    assert "11501 還沒收齊" in words
    assert ("看未通過檢核的回條" in words) == rejected
