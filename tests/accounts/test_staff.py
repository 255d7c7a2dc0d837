"""Accounts of staff: imported, made one by one, closed, unused, gone through."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from careward import rulebook
from careward.accounts import acts, staff
from careward.accounts.importing import STAFF
from careward.accounts.models import AccountReview, User
from careward.correspondence import jobs
from careward.correspondence.models import Letter
from careward.flow import Refused
from careward.flow.importing import Plan, carry_out, plan
from careward.journal import Actor
from careward.kernel import clock
from careward.kernel.clock import frozen
from support.signing_in import PASSWORD, person, sign_in

pytestmark = pytest.mark.django_db
BY = Actor.system("test")
HEAD = "電子信箱,姓名,角色,縣市,單位,啟用\n"
ROSTER = (
    "a@county.example,王小明,縣市承辦人,台北市,衛生局,是\n"
    "b@county.example,李大同,縣市主管,臺北市,社會局處,\n"
    "c@ministry.example,陳美玉,本部權責單位,,照護司,是\n"
    "d@ministry.example,林小華,稽核人員,,,\n"
)


def _file(rows: str, head: str = HEAD) -> bytes:
    return (head + rows).encode()


def _import(rows: str) -> Plan:
    content = _file(rows)
    return carry_out(STAFF, content, BY, shown=plan(STAFF, content).digest)


def test_a_dry_run_says_what_would_change_and_changes_nothing() -> None:
    assert plan(STAFF, _file(ROSTER)).counts == {"new": 4, "changed": 0, "same": 0}
    assert not User.objects.exists()
    assert not Letter.objects.exists()


def test_importing_makes_accounts_without_password_and_writes_to_each() -> None:
    _import(ROSTER)
    officer = User.objects.get(email="a@county.example")
    assert (officer.role, officer.county, officer.unit) == ("officer", "63000", "health")
    assert User.objects.get(email="c@ministry.example").unit == "nursing"
    assert not any(user.has_usable_password() for user in User.objects.all())
    assert sorted(to for (to,) in Letter.objects.filter(kind="account_opened").values_list("to", flat=True)) == [
        "a@county.example", "b@county.example", "c@ministry.example", "d@ministry.example",
    ]  # fmt: skip


def test_a_second_time_nothing_happens() -> None:
    _import(ROSTER)
    again = _import(ROSTER)
    assert again.counts == {"new": 0, "changed": 0, "same": 4}
    assert Letter.objects.count() == 4


def test_a_changed_row_changes_the_account_and_writes_no_letter() -> None:
    _import(ROSTER)
    made = _import("a@county.example,王小明,縣市主管,臺北市,衛生局,是\n")
    assert made.counts == {"new": 0, "changed": 1, "same": 0}
    assert User.objects.get(email="a@county.example").role == "supervisor"
    assert Letter.objects.count() == 4


def test_no_in_the_column_closes_the_account_and_ends_its_sessions(client: Client) -> None:
    _import(ROSTER)
    user = User.objects.get(email="a@county.example")
    sign_in(client, user)
    assert client.get("/accounts/").status_code == 200
    _import("a@county.example,王小明,縣市承辦人,臺北市,衛生局,否\n")
    assert client.get("/accounts/").status_code == 302
    assert not User.objects.get(pk=user.pk).is_active
    _import("a@county.example,王小明,縣市承辦人,臺北市,衛生局,是\n")
    assert User.objects.get(pk=user.pk).is_active


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("a@x.example,王小明,縣市承辦人,,衛生局,", "要有所屬縣市"),
        ("a@x.example,王小明,縣市承辦人,臺北市,照護司,", "要有所屬單位"),
        ("a@x.example,王小明,本部權責單位,,衛生局,", "要有所屬單位"),
        ("a@x.example,王小明,稽核人員,臺北市,,", "沒有所屬縣市"),
        ("a@x.example,王小明,稽核人員,,照護司,", "沒有所屬單位"),
        ("a@x.example,王小明,機構,,,", "機構"),
        ("a@x.example,王小明,縣市承辦人,臺北市,衛生局,否", "不用停用"),
        ("home@x.example,王小明,稽核人員,,,", "機構的帳號"),
        ("a@x.example,,稽核人員,,,", ""),
        ("不是信箱,王小明,稽核人員,,,", "電子郵件"),
    ],
)
def test_a_wrong_row_is_named_and_nothing_at_all_is_imported(row: str, says: str) -> None:
    person("institution", "home@x.example")
    made = plan(STAFF, _file(ROSTER + row + "\n"))
    (fault,) = made.faults
    assert fault.row == 6
    assert says in fault.says or says == "電子郵件"
    with pytest.raises(ValueError, match="faults"):
        carry_out(STAFF, _file(ROSTER + row + "\n"), BY, shown=made.digest)
    assert User.objects.count() == 1


def _press(client: Client, address: str, **answers: Any) -> str:
    return client.post(address, answers, follow=True).content.decode()


def test_the_owner_sets_a_password_by_mail_and_comes_in(client: Client) -> None:
    user = acts.open_account(BY, email="New@County.example", name="王小明", role="administrator")
    jobs.send(letter_id=str(Letter.objects.get().pk))
    assert "/accounts/password/reset/" in mail.outbox[-1].body
    _press(client, "/accounts/password/reset/", email=user.email)
    code_letter = Letter.objects.get(kind="password_reset_code")
    code = re.search(r"^  (\S+)$", code_letter.body, re.MULTILINE)
    assert code
    _press(client, "/accounts/password/reset/code/", code=code[1])
    _press(client, "/accounts/password/reset/new/", password1=PASSWORD, password2=PASSWORD)
    page = _press(client, "/accounts/sign-in/", login=user.email, password=PASSWORD)
    assert "驗證應用程式" in page


def test_an_address_has_one_account() -> None:
    acts.open_account(BY, email="a@x.example", name="王小明", role="auditor")
    with pytest.raises(Refused, match="address_taken"):
        acts.open_account(BY, email="A@x.example", name="李大同", role="auditor")


def test_the_last_administrator_and_the_own_account_cannot_be_closed() -> None:
    only = person("administrator")
    with pytest.raises(Refused, match="last_administrator"):
        acts.close_account(only, BY)
    other = person("administrator", "other@example.org")
    with pytest.raises(Refused, match="own_account"):
        acts.close_account(other, Actor("administrator", str(other.pk)))
    acts.close_account(other, Actor("administrator", str(only.pk)))
    assert not User.objects.get(pk=other.pk).is_active


def test_an_account_nobody_used_for_long_opens_no_more_until_it_is_enabled_again(client: Client) -> None:
    unused = rulebook.current().policies.sign_in.unused
    user = person("auditor", password=PASSWORD)
    with frozen(user.opened_at + unused):
        assert not user.idle(clock.now())
    with frozen(user.opened_at + unused + timedelta(seconds=1)):
        assert user.idle(clock.now())
        page = _press(client, "/accounts/sign-in/", login=user.email, password=PASSWORD)
        assert "重新啟用" in page
        assert client.get("/accounts/").status_code == 302
        acts.reopen_account(user, BY)
        page = _press(client, "/accounts/sign-in/", login=user.email, password=PASSWORD)
        assert "重新啟用" not in page


def test_the_list_is_searched_and_its_states_are_told_apart() -> None:
    _import(ROSTER)
    closed = User.objects.get(email="d@ministry.example")
    acts.close_account(closed, BY)
    used = User.objects.get(email="a@county.example")
    User.objects.filter(pk=used.pk).update(last_login=clock.now())
    assert [u.email for u in staff.listed(state="closed")] == ["d@ministry.example"]
    assert [u.email for u in staff.listed(state="open")] == ["a@county.example"]
    assert staff.listed(state="never").count() == 2
    assert [u.email for u in staff.listed(words="李")] == ["b@county.example"]
    for user in staff.listed():
        assert user in staff.listed(state=staff.state_of(user, clock.now()))


@pytest.mark.parametrize("kind", ["ods", "xlsx", "csv"])
def test_the_account_review_takes_the_list_away_and_notes_that_it_was_done(client: Client, kind: str) -> None:
    _import(ROSTER)
    me = person("administrator")
    sign_in(client, me)
    answer = client.get("/staff/", {"format": kind})
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "已記錄" in _press(client, "/staff/review/", remark="都還需要")
    review = AccountReview.objects.get()
    assert (review.by, review.accounts, review.remark) == (me, 5, "都還需要")
    assert "都還需要" in client.get("/staff/").content.decode()


def test_the_administrator_imports_by_the_page(client: Client) -> None:
    sign_in(client, person("administrator"))
    upload = SimpleUploadedFile("人員.csv", _file(ROSTER))
    page = client.post("/staff/import/", {"file": upload}, follow=True).content.decode()
    shown = re.search(r'name="shown" value="(\w+)"', page)
    assert shown
    assert "a@county.example" in page
    client.post("/staff/import/?preview", {"shown": shown[1]})
    assert User.objects.filter(email="a@county.example").exists()


def test_the_list_of_accounts_costs_the_same_whatever_its_length(
    client: Client, django_assert_num_queries: Any
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    sign_in(client, person("administrator"))
    client.get("/staff/")
    with CaptureQueriesContext(connection) as few:
        client.get("/staff/")
    _import(ROSTER)
    with django_assert_num_queries(len(few)):
        client.get("/staff/")
