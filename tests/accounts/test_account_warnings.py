"""Accounts long unused and a review that is overdue: shown to the administrator, and written about once."""

from datetime import datetime, timedelta

import pytest
from django.test import Client

from careward.accounts import acts, warning
from careward.accounts.models import User
from careward.correspondence.models import Letter
from careward.journal import Actor, acting
from careward.kernel.clock import frozen, taipei
from careward.rulebook import current
from support.signing_in import person, sign_in

pytestmark = pytest.mark.django_db

OPENED = taipei(2025, 1, 6, 9)
RULE = current().policies.sign_in
SOON, GONE = RULE.unused_warning, RULE.unused


@pytest.fixture
def administrator() -> User:
    return _opened("administrator")


@pytest.fixture
def officer(administrator: User) -> User:
    return _opened("officer")


def _opened(role: str) -> User:
    with frozen(OPENED):
        return person(role)


def _used(user: User, at: datetime) -> None:
    with acting(Actor.system("test"), "prepare"):
        User.objects.filter(pk=user.pk).update(last_login=at)


def _letters(kind: str) -> int:
    return Letter.objects.filter(kind=kind).count()


def _run(at: datetime) -> int:
    with frozen(at):
        return warning.send_warnings(at)


@pytest.mark.parametrize(
    ("unused", "soon"),
    [(SOON, False), (SOON + timedelta(seconds=1), True), (GONE, True), (GONE + timedelta(seconds=1), False)],
)
def test_an_account_is_asked_about_after_the_days_and_until_it_no_longer_opens(
    officer: User, administrator: User, unused: timedelta, soon: bool
) -> None:
    now = OPENED + unused
    _used(administrator, now)
    assert (officer in warning.soon_unused(now)) is soon


def test_each_account_is_written_about_once_for_each_time_it_falls_out_of_use(
    officer: User, administrator: User
) -> None:
    first = OPENED + SOON + timedelta(days=1)
    _used(administrator, first)
    acts.review_accounts(administrator, "")
    _run(first)
    _run(first + timedelta(days=3))
    assert _letters("accounts_unused") == 1
    _used(officer, first + timedelta(days=4))
    again = first + timedelta(days=5) + SOON
    _used(administrator, again)
    _run(again)
    assert _letters("accounts_unused") == 2


def test_the_letter_counts_and_names_nobody(officer: User, administrator: User) -> None:
    now = OPENED + SOON + timedelta(days=1)
    _used(administrator, now)
    _run(now)
    letter = Letter.objects.get(kind="accounts_unused")
    assert letter.to == [administrator.email]
    assert "1 個人員帳號" in letter.subject
    assert officer.name not in letter.body
    assert officer.email not in letter.body


@pytest.mark.parametrize(
    ("after", "overdue"),
    [(RULE.review_every, False), (RULE.review_every + timedelta(seconds=1), True)],
)
def test_a_review_is_overdue_after_its_days_counted_from_the_last_or_from_the_first_account(
    officer: User, administrator: User, after: timedelta, overdue: bool
) -> None:
    assert warning.review_overdue(OPENED + after) is overdue
    with frozen(OPENED + timedelta(days=90)):
        acts.review_accounts(administrator, "")
    assert not warning.review_overdue(OPENED + after)
    assert warning.review_overdue(OPENED + timedelta(days=90) + after) is overdue


def test_an_overdue_review_is_written_about_once_until_it_was_done(
    officer: User, administrator: User
) -> None:
    late = OPENED + RULE.review_every + timedelta(days=1)
    assert [_run(late), _run(late + timedelta(days=1))] == [1, 0]
    with frozen(late + timedelta(days=2)):
        acts.review_accounts(administrator, "")
    assert _run(late + timedelta(days=3)) == 0
    _run(late + timedelta(days=3) + RULE.review_every)
    assert _letters("accounts_review") == 2


def test_both_stand_on_the_page_and_in_the_filter(officer: User, administrator: User, client: Client) -> None:
    now = OPENED + SOON + timedelta(days=1)
    _used(administrator, now)
    with frozen(now):
        page = sign_in(client, administrator).get("/staff/").content.decode()
        assert "1 個帳號超過 365 天沒有登入" in page
        assert "帳號清查已逾期" in page
        listed = client.get("/staff/", {"state": "soon"}).content.decode()
        assert officer.email in listed
        assert administrator.email not in listed
        acts.review_accounts(administrator, "")
        assert "帳號清查已逾期" not in client.get("/staff/").content.decode()


def test_the_last_sign_in_is_noted_by_the_platforms_clock(officer: User, client: Client) -> None:
    with frozen(OPENED + timedelta(days=9)):
        client.force_login(officer)
    officer.refresh_from_db()
    assert officer.last_login == OPENED + timedelta(days=9)


def test_without_an_administrator_nothing_is_posted_and_nothing_counts_as_told(officer: User) -> None:
    with acting(Actor.system("test"), "prepare"):
        User.objects.filter(role="administrator").update(is_active=False)
    assert _run(OPENED + RULE.review_every + timedelta(days=1)) == 0
    assert not Letter.objects.exists()
