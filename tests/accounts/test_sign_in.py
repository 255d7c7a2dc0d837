"""Signing in: password and second factor for staff, mailed code for institutions, nothing else."""

import re
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime

import pytest
from allauth.account.forms import RequestLoginCodeForm
from django.contrib.sessions.models import Session
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from careward.accounts import second_factor
from careward.accounts.forms import RequestCodeForm
from careward.accounts.models import User
from careward.correspondence.models import Letter
from careward.journal import Actor, acting
from support.signing_in import PASSWORD, SECRET, mailed_code, person, sign_in

Committing = Callable[..., AbstractContextManager[object]]

SIGN_IN = "/accounts/sign-in/"
CODE = "/accounts/sign-in/code/"
CONFIRM = "/accounts/sign-in/code/confirm/"
SECOND = "/accounts/sign-in/second-factor/"
SET_UP = "/accounts/second-factor/set-up/"


pytestmark = [pytest.mark.django_db, pytest.mark.urls("accounts.desk")]


@pytest.fixture
def officer() -> User:
    user = person("officer", password=PASSWORD)
    second_factor.enrol(user, SECRET)
    return user


def code() -> str:
    return second_factor.current_code(SECRET, datetime.now(UTC))


def by_password(
    client: Client, email: str = "officer@example.org", password: str = PASSWORD, source: str = "127.0.0.1"
) -> HttpResponse:
    return client.post(SIGN_IN, {"login": email, "password": password}, REMOTE_ADDR=source)  # type: ignore[return-value]


def shown(answer: HttpResponse) -> str:
    """The page without what differs by itself: the form token."""
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", answer.content.decode())


def test_staff_reach_no_page_before_the_second_factor(client: Client, officer: User) -> None:
    assert by_password(client)["Location"] == SECOND
    assert client.get("/desk/")["Location"] == f"{SIGN_IN}?next=/desk/"
    answer = client.post(SECOND, {"code": code()})
    assert answer.status_code == 302
    assert client.get("/desk/").content == b"desk"


def test_signing_in_leads_back_to_the_page_asked_for(client: Client, officer: User) -> None:
    client.post(f"{SIGN_IN}?next=/desk/", {"login": officer.email, "password": PASSWORD})
    assert client.post(SECOND, {"code": code()})["Location"] == "/desk/"


def test_an_address_elsewhere_is_not_followed(client: Client, officer: User) -> None:
    client.post(f"{SIGN_IN}?next=https://example.org/", {"login": officer.email, "password": PASSWORD})
    assert "example.org" not in client.post(SECOND, {"code": code()})["Location"]


def test_a_wrong_second_factor_signs_nobody_in(client: Client, officer: User) -> None:
    by_password(client)
    assert "驗證碼不正確" in client.post(SECOND, {"code": "000000"}).content.decode()
    assert client.get("/desk/").status_code == 302


def test_one_code_signs_in_once(client: Client, officer: User) -> None:
    used = code()
    by_password(client)
    client.post(SECOND, {"code": used})
    other = Client()
    by_password(other)
    assert other.post(SECOND, {"code": used}).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_staff_without_an_app_are_led_to_set_it_up_and_get_recovery_codes_once(client: Client) -> None:
    user = person("officer", password=PASSWORD)
    by_password(client)
    assert client.get("/desk/")["Location"] == SET_UP
    assert client.get("/accounts/")["Location"] == SET_UP
    page = client.get(SET_UP).content.decode()
    assert "<svg" in page
    assert "style=" not in page
    secret = client.session["mfa.totp.secret"]
    wrong = client.post(SET_UP, {"code": "000000"})
    assert "驗證碼不正確" in wrong.content.decode()
    done = client.post(SET_UP, {"code": second_factor.current_code(secret, datetime.now(UTC))})
    assert done["Location"] == "/accounts/recovery-codes/"
    first = client.get("/accounts/recovery-codes/").content.decode()
    again = client.get("/accounts/recovery-codes/", follow=True).content.decode()
    assert len(re.findall(r">\d{8}<", first)) == 10
    assert re.findall(r">\d{8}<", again) == []
    assert client.get("/desk/").content == b"desk"
    assert Letter.objects.about(user).filter(kind="second_factor_set_up").exists()


def test_a_session_older_than_the_second_factor_ends(client: Client) -> None:
    user = person("officer", password=PASSWORD)
    by_password(client)
    second_factor.enrol(user, SECRET)
    assert client.get("/desk/")["Location"] == SIGN_IN
    assert client.get(SET_UP)["Location"].startswith(SIGN_IN)


def test_a_recovery_code_replaces_the_app_once(
    client: Client, officer: User, django_capture_on_commit_callbacks: Committing
) -> None:
    sign_in(client, officer)
    client.post("/accounts/confirm/", {"password": PASSWORD})
    # On the platform the callback runs within the request; here only after it.
    with acting(Actor.system("test"), "prepare"), django_capture_on_commit_callbacks(execute=True):
        client.post("/accounts/recovery-codes/new/")
    page = client.get("/accounts/recovery-codes/").content.decode()
    recovery = re.findall(r">(\d{8})<", page)[0]
    for expected in (302, 200):
        fresh = Client()
        by_password(fresh)
        assert fresh.post(SECOND, {"code": recovery}).status_code == expected
    assert Letter.objects.about(officer).filter(kind="recovery_codes_made").exists()


def test_five_failures_lock_the_account_for_that_source_only(client: Client, officer: User) -> None:
    for _ in range(5):
        by_password(client, password="wrong", source="203.0.113.5")
    locked = by_password(client, source="203.0.113.5")
    assert "錯誤次數太多" in locked.content.decode()
    assert by_password(client, source="203.0.113.6")["Location"] == SECOND


@pytest.mark.parametrize(("later", "opens"), [(15 * 60 - 1, False), (15 * 60 + 1, True)])
def test_the_lock_lasts_fifteen_minutes(
    client: Client, officer: User, monkeypatch: pytest.MonkeyPatch, later: int, opens: bool
) -> None:
    start = time.time()
    monkeypatch.setattr(time, "time", lambda: start)
    for _ in range(5):
        by_password(client, password="wrong")
    monkeypatch.setattr(time, "time", lambda: start + later)
    assert (by_password(client).status_code == 302) is opens


def test_unknown_accounts_get_the_answer_of_known_ones(client: Client, officer: User) -> None:
    known = by_password(client, password="wrong wrong wrong")
    unknown = by_password(Client(), email="nobody1@example.org", password="wrong wrong wrong")
    assert shown(known) == shown(unknown).replace("nobody1@", "officer@")
    assert "電子信箱或密碼不正確" in shown(known)


def test_an_inactive_account_cannot_sign_in_and_its_session_ends_at_once(
    client: Client, officer: User, acting: None
) -> None:
    sign_in(client, officer)
    assert client.get("/desk/").status_code == 200
    officer.is_active = False
    officer.save()
    assert client.get("/desk/")["Location"].startswith(SIGN_IN)
    assert by_password(client)["Location"] == "/accounts/inactive/"


def test_an_institution_signs_in_by_a_mailed_code(client: Client) -> None:
    user = person("institution", "home@example.org")
    assert client.post(CODE, {"email": "Home@Example.org"})["Location"] == CONFIRM
    assert "10 分鐘內有效" in client.get(CONFIRM).content.decode()
    sent = mailed_code(user.email)
    assert not set(sent) & set("O0I1")
    client.post(CONFIRM, {"code": sent.lower()})
    assert client.get("/desk/").content == b"desk"


def test_a_mailed_code_works_only_where_it_was_asked_for(client: Client) -> None:
    person("institution", "home@example.org")
    person("institution", "other@example.org", institution_code="1101010023")
    client.post(CODE, {"email": "home@example.org"})
    stranger = Client()
    stranger.post(CODE, {"email": "other@example.org"})
    assert (
        "驗證碼不正確" in stranger.post(CONFIRM, {"code": mailed_code("home@example.org")}).content.decode()
    )


def test_three_wrong_codes_end_the_attempt(client: Client) -> None:
    person("institution", "home@example.org")
    client.post(CODE, {"email": "home@example.org"})
    for _ in range(2):
        assert client.post(CONFIRM, {"code": "BBBB-BBBB"}).status_code == 200
    assert client.post(CONFIRM, {"code": "BBBB-BBBB"})["Location"] == CODE
    client.post(CONFIRM, {"code": mailed_code("home@example.org")})
    assert client.get("/desk/").status_code == 302


@pytest.mark.parametrize("email", ["officer@example.org", "nobody@example.org"])
def test_staff_and_strangers_get_the_institutions_answer_but_no_letter(
    client: Client, officer: User, email: str
) -> None:
    person("institution", "home@example.org")
    known = Client()
    answers = [known.post(CODE, {"email": "home@example.org"}), client.post(CODE, {"email": email})]
    assert {(answer.status_code, answer["Location"]) for answer in answers} == {(302, CONFIRM)}
    assert shown(client.get(CONFIRM)).replace(email, "home@example.org") == shown(known.get(CONFIRM))  # type: ignore[arg-type]
    assert list(Letter.objects.values_list("to", flat=True)) == [["home@example.org"]]


def test_staff_are_refused_a_mailed_code_even_when_the_form_would_let_them(
    client: Client, officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RequestCodeForm, "clean_email", RequestLoginCodeForm.clean_email)
    client.post(CODE, {"email": officer.email})
    answer = client.post(CONFIRM, {"code": mailed_code(officer.email)}, follow=True)
    assert "請用電子信箱與密碼登入" in answer.content.decode()
    assert client.get("/desk/").status_code == 302


def test_signing_out_needs_a_press_of_the_button(client: Client, officer: User) -> None:
    sign_in(client, officer)
    assert "確定要登出嗎" in client.get("/accounts/sign-out/").content.decode()
    assert client.get("/desk/").status_code == 200
    client.post("/accounts/sign-out/")
    assert client.get("/desk/").status_code == 302


@pytest.mark.parametrize(
    "address", ["/accounts/signup/", "/accounts/sign-up/", "/accounts/email/", "/accounts/login/"]
)
def test_ways_we_do_not_offer_have_no_address(client: Client, address: str) -> None:
    assert client.get(address).status_code == 404


def test_an_idle_session_ends_after_thirty_minutes_on_the_server(client: Client, officer: User) -> None:
    sign_in(client, officer)
    client.get("/desk/")
    row = Session.objects.get()
    left = (row.expire_date - timezone.now()).total_seconds()
    assert 1790 < left <= 1800
    row.expire_date = timezone.now()
    row.save()
    assert client.get("/desk/")["Location"].startswith(SIGN_IN)


def test_secrets_stand_in_no_table_in_clear(
    client: Client, stands_somewhere: Callable[[str], list[str]]
) -> None:
    person("officer", password=PASSWORD)
    by_password(client)
    client.get(SET_UP)
    secret = client.session["mfa.totp.secret"]
    assert stands_somewhere(secret) == []
    client.post(SET_UP, {"code": second_factor.current_code(secret, datetime.now(UTC))})
    assert second_factor.is_set_up(User.objects.get())
    assert stands_somewhere(secret) == []
    assert stands_somewhere(PASSWORD) == []


def test_the_account_page_tells_who_and_how(client: Client, officer: User) -> None:
    page = sign_in(client, officer).get("/accounts/").content.decode()
    for expected in (
        "王小明",
        "officer@example.org",
        "縣市承辦人",
        "臺北市衛生局",
        "驗證應用程式，已啟用",
        "還有 0 組",
    ):
        assert expected in page


def test_the_institutions_account_page_offers_no_password(client: Client) -> None:
    page = sign_in(client, person("institution")).get("/accounts/").content.decode()
    assert "1101010012" in page
    assert "/accounts/password/change/" not in page
    assert client.get("/accounts/password/change/").status_code == 404
