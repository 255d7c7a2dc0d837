"""Who signs in with a browser not used before is written to, once; the letter says nothing of anybody else."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client

from careward import rulebook
from careward.accounts import devices
from careward.accounts.models import Device, User
from careward.correspondence.models import Letter
from careward.kernel import clock
from support.delivering import OPEN
from support.signing_in import by_mailed_code, person

pytestmark = pytest.mark.django_db
OFFICE = "Mozilla/5.0 (Windows NT 10.0) Chrome/142.0 Safari/537.36"
PHONE = "Mozilla/5.0 (iPhone) Version/19.0 Safari/604.1"
HERE, ELSEWHERE = "203.0.113.5", "198.51.100.9"


@pytest.fixture
def clerk() -> User:
    return person("institution", "home@example.org")


def comes(user: User, client: Client | None = None, *, browser: str = OFFICE, source: str = HERE) -> Client:
    """Sign in; with a browser that kept its cookie, or with one that has none."""
    cache.clear()  # one mailbox is sent three codes a minute
    fresh = Client(REMOTE_ADDR=source, HTTP_USER_AGENT=browser)
    if client is not None:
        fresh.cookies[devices.COOKIE] = client.cookies[devices.COOKIE].value
    return by_mailed_code(fresh, user)


def told(user: User) -> int:
    return Letter.objects.about(user).filter(kind="device_new").count()


def test_the_first_browser_of_an_account_is_noted_and_the_second_is_told(clerk: User) -> None:
    comes(clerk)
    assert told(clerk) == 0
    comes(clerk, browser=PHONE, source=ELSEWHERE)
    assert told(clerk) == 1
    body = Letter.objects.about(clerk).get(kind="device_new").body
    assert "Safari（iPhone／iPad）" in body
    assert ELSEWHERE not in body
    assert clerk.email not in body


def test_a_browser_is_told_once_however_often_it_signs_in_and_wherever_it_goes(clerk: User) -> None:
    comes(clerk)
    phone = comes(clerk, browser=PHONE, source=ELSEWHERE)
    for source in (HERE, ELSEWHERE, "192.0.2.1"):
        comes(clerk, phone, browser=PHONE, source=source)
    assert told(clerk) == 1
    assert Device.objects.count() == 2


def test_a_browser_of_the_same_kind_elsewhere_is_a_new_one(clerk: User) -> None:
    comes(clerk)
    comes(clerk, source=ELSEWHERE)
    assert told(clerk) == 1


def test_a_browser_that_forgets_its_cookies_where_it_was_before_is_no_new_one(clerk: User) -> None:
    for _ in range(3):
        comes(clerk)
    assert told(clerk) == 0


def test_what_one_account_knows_is_new_to_another(clerk: User) -> None:
    other = person("institution", "other@example.org", institution_code="1101010023")
    comes(other, browser=PHONE)
    shared = comes(clerk)
    comes(other, shared)
    assert (told(clerk), told(other)) == (0, 1)
    assert len(set(Device.objects.values_list("digest", flat=True))) == 3


def test_a_browser_not_used_for_longer_than_the_rule_is_new_again(clerk: User) -> None:
    remembered = rulebook.current().policies.sign_in.device_remembered
    with clock.frozen(OPEN):
        comes(clerk)
    with clock.frozen(OPEN + timedelta(minutes=1)):
        phone = comes(clerk, browser=PHONE)
    with clock.frozen(OPEN + remembered):
        comes(clerk, phone, browser=PHONE)
        assert told(clerk) == 1
    with clock.frozen(OPEN + 2 * remembered + timedelta(seconds=1)):
        comes(clerk, phone, browser=PHONE)
        assert told(clerk) == 2
        assert devices.forget(clock.now()) == 1
        assert Device.objects.get().browser == "safari/ios"


def test_the_cookie_says_nothing_and_cannot_be_read_by_a_script(clerk: User) -> None:
    cookie = comes(clerk).cookies[devices.COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert len(cookie.value) == 43
    assert not Device.objects.filter(digest__contains=cookie.value).exists()
    assert devices.COOKIE not in Client().get("/accounts/sign-in/").cookies


def test_a_cookie_that_is_no_token_of_ours_is_replaced(clerk: User) -> None:
    client = Client()
    client.cookies[devices.COOKIE] = "x" * 5000
    assert len(by_mailed_code(client, clerk).cookies[devices.COOKIE].value) == 43
