"""登入中的裝置: seen by whose they are, ended from elsewhere, and really over then."""

import re
from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from accounts.desk import is_in
from careward.accounts import browsers, open_sessions
from careward.accounts.acts import close_account
from careward.accounts.models import User
from careward.journal import Actor
from support.signing_in import by_mailed_code, person

PAGE = "/accounts/sessions/"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/142.0.0.0 Safari/537.36"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0) AppleWebKit/605.1.15 Version/19.0 Mobile/15E148 Safari/604.1"
)


pytestmark = [pytest.mark.django_db, pytest.mark.urls("accounts.desk")]


def browser(user_agent: str = WINDOWS, source: str = "203.0.113.5") -> Client:
    return Client(REMOTE_ADDR=source, HTTP_USER_AGENT=user_agent)


@pytest.fixture
def clerk() -> User:
    return person("institution", "home@example.org")


@pytest.fixture
def office(clerk: User) -> Client:
    return by_mailed_code(browser(), clerk)


@pytest.fixture
def phone(clerk: User) -> Client:
    return by_mailed_code(browser(PHONE, "198.51.100.9"), clerk)


def number_of(client: Client) -> int:
    return int(UserSession.objects.get(session_key=client.session.session_key).pk)


def history(number: int) -> list[tuple[str, str, str]]:
    kept = apps.get_model("accounts", "OpenSessionEvent").objects.filter(pgh_obj=number).order_by("pgh_id")
    return [(one.pgh_label, one.pgh_context["act"], one.ip) for one in kept]


def test_the_page_tells_browser_source_and_which_one_is_at_hand(office: Client, phone: Client) -> None:
    page = phone.get(PAGE).content.decode()
    rows = re.findall(r'<tr class="govuk-table__row"><th scope="row".*?</tr>', page, re.DOTALL)
    assert len(rows) == 2
    assert [found in rows[0] for found in ("Safari（iPhone／iPad）", "198.51.100.9", "這個裝置")] == [
        True
    ] * 3
    assert [found in rows[1] for found in ("Chrome（Windows）", "203.0.113.5", "這個裝置")] == [
        True,
        True,
        False,
    ]


def test_what_is_signed_out_elsewhere_is_over_at_once_and_stays_over(office: Client, phone: Client) -> None:
    cookie, number = office.cookies["sessionid"].value, number_of(office)
    assert phone.post(PAGE, {"session": str(number)})["Location"] == PAGE
    assert not is_in(office)
    assert is_in(phone)
    office.cookies["sessionid"] = cookie
    assert not is_in(office)
    assert not Session.objects.filter(session_key=cookie).exists()
    assert [label for label, _, _ in history(number)] == ["insert", "delete"]
    assert history(number)[1] == ("delete", "session.end", "203.0.113.5")


def test_everywhere_else_is_signed_out_but_not_here_and_nobody_else(
    clerk: User, office: Client, phone: Client
) -> None:
    third = by_mailed_code(browser(), clerk)
    other = by_mailed_code(
        browser(), person("institution", "other@example.org", institution_code="1101010023")
    )
    page = phone.post(PAGE, {"session": "others"}, follow=True).content.decode()
    assert "已登出其他 2 個裝置" in page
    assert [is_in(one) for one in (office, third, phone, other)] == [False, False, True, True]


@pytest.mark.parametrize("number", ["other", "own", "0", "x", "9" * 40, ""])
def test_nothing_of_anybody_else_is_ended_and_not_the_session_at_hand(office: Client, number: str) -> None:
    other = by_mailed_code(
        browser(), person("institution", "other@example.org", institution_code="1101010023")
    )
    named = {"other": str(number_of(other)), "own": str(number_of(office))}.get(number, number)
    assert "已經登出" in office.post(PAGE, {"session": named}, follow=True).content.decode()
    assert is_in(other)
    assert is_in(office)


def test_signing_out_takes_the_session_off_the_list_and_the_journal_knows(
    office: Client, phone: Client
) -> None:
    number = number_of(office)
    office.post("/accounts/sign-out/")
    assert [act for _, act, _ in history(number)] == ["account.sign-in.code.confirm", "session.sign_out"]
    assert "共 1 個" in phone.get(PAGE).content.decode()


def test_a_session_idle_too_long_is_not_listed_and_is_let_go(
    clerk: User, office: Client, phone: Client
) -> None:
    number = number_of(office)
    Session.objects.filter(session_key=office.session.session_key).update(expire_date=timezone.now())
    assert open_sessions.forget() == 1
    assert not Session.objects.filter(expire_date__lte=timezone.now()).exists()
    assert history(number)[1][:2] == ("delete", "session.over")
    assert "共 1 個" in phone.get(PAGE).content.decode()


def test_when_it_was_used_last_is_told_by_the_sessions_own_end(office: Client, phone: Client) -> None:
    Session.objects.filter(session_key=office.session.session_key).update(
        expire_date=timezone.now() + timedelta(minutes=30 - 12)
    )
    page = phone.get(PAGE).content.decode()
    assert "12 分鐘前" in page
    assert "剛剛" in page


def test_a_session_that_got_a_fresh_key_can_still_be_ended(office: Client, phone: Client) -> None:
    session = office.session
    session.cycle_key()
    session.save()
    office.cookies["sessionid"] = session.session_key
    assert is_in(office)
    phone.post(PAGE, {"session": "others"})
    assert not is_in(office)


def test_a_closed_account_has_no_session_left(clerk: User, office: Client, phone: Client) -> None:
    close_account(clerk, Actor.system("test"))
    assert not is_in(office)
    assert not UserSession.objects.exists()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (WINDOWS, "chrome/windows"),
        (PHONE, "safari/ios"),
        (f"{WINDOWS} Edg/142.0", "edge/windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", "firefox/linux"),
        (f"{PHONE} Line/15.0", "line/ios"),
        (
            "Mozilla/5.0 (Linux; Android 16) SamsungBrowser/29.0 Chrome/136.0 Mobile Safari/537.36",
            "samsung/android",
        ),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/19.0 Safari/605.1.15", "safari/mac"),
        ("curl/8.9", "other/other"),
        ("", "other/other"),
    ],
)
def test_a_browser_is_told_by_family_and_system_alone(line: str, expected: str) -> None:
    assert str(browsers.told_by(line)) == expected
    assert browsers.told_by(line).label
