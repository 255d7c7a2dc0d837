"""連線自我檢測: what happened at which step, in plain Chinese, for the institution and for the vendor."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from careward.gateway.backend import Attempt, Outcome, Step
from careward.gateway.checklist import STEPS, checklist
from careward.gateway.django_backend import DjangoBackend
from careward.journal import Actor
from careward.kernel import clock
from careward.kernel.texts import known, text
from careward.provisioning import acts
from careward.provisioning.models import UploadAccount
from careward.rulebook import current
from support import delivering
from support.signing_in import person, sign_in

OF_NOBODY = {Outcome.ACCOUNT_UNKNOWN}


@dataclass
class Was:
    outcome: str
    detail: str = ""
    at: datetime = delivering.OPEN
    source: str = "203.0.113.9"


def states(*newest_first: Was) -> list[str]:
    return [line.state for line in checklist(newest_first)]


def test_before_anybody_came_every_step_waits() -> None:
    assert states() == ["waiting"] * 5


@pytest.mark.parametrize("outcome", [o for o in Outcome if o not in OF_NOBODY])
def test_steps_before_the_last_one_reached_have_passed_and_later_ones_wait(outcome: Outcome) -> None:
    found = states(Was(outcome))
    reached = max(number for number, state in enumerate(found) if state != "waiting")
    assert found[:reached] == ["passed"] * reached
    assert set(found[reached + 1 :]) <= {"waiting"}
    assert known(f"gateway:outcomes.{outcome}")


def test_the_newest_that_came_so_far_tells_and_older_ones_stand_for_later_steps() -> None:
    received, listed = Was(Outcome.RECEIVED), Was(Outcome.ADDRESS_NOT_LISTED)
    assert states(listed, received) == ["failed", *["passed"] * 4]
    assert states(received, listed) == ["passed"] * 5
    assert states(Was(Outcome.PASSWORD_WRONG), received) == ["passed", "passed", "failed", "passed", "passed"]


def test_a_file_in_the_wrong_folder_fails_at_the_folder() -> None:
    assert states(Was(Outcome.FILE_REFUSED, "not_found")) == [*["passed"] * 3, "failed", "waiting"]
    assert states(Was(Outcome.FILE_REFUSED, "too_large")) == [*["passed"] * 4, "failed"]


def test_every_line_has_its_words() -> None:
    for step in STEPS:
        for state in ("passed", "waiting"):
            assert text(f"gateway:checklist.{step}.{state}")


@pytest.fixture
def client() -> Client:
    """A browser, not an SFTP client."""
    return Client()


@pytest.fixture
def of(db: None) -> Iterator[UploadAccount]:
    with clock.frozen(delivering.OPEN):
        yield delivering.account(username="cw115-own")


def happened(
    of: UploadAccount,
    step: Step,
    outcome: Outcome,
    detail: str = "",
    number: int = 0,
    source: str = "203.0.113.9",
) -> None:
    at = delivering.OPEN + timedelta(seconds=number)
    attempt = Attempt(at, source, of.username, str(of.pk), step, outcome, detail)
    DjangoBackend.attempt.__wrapped__(DjangoBackend(), attempt)  # type: ignore[attr-defined]


def owner(of: UploadAccount, client: Client) -> Client:
    user = person("institution", "owner@example.org", institution_code=of.institution.code)
    return sign_in(client, user)


def test_the_institution_reads_where_it_came_from_and_what_happened(
    of: UploadAccount, client: Client
) -> None:
    happened(of, Step.ADDRESS, Outcome.ADDRESS_NOT_LISTED)
    happened(of, Step.FILE, Outcome.FILE_REFUSED, "too_large", 1)
    owner(of, client)
    page = client.get(reverse("gateway:own")).content.decode()
    for words in ("203.0.113.9", "不在這個帳號的白名單內", "檔案太大", of.username):
        assert words in page
    assert reverse("gateway:own") in client.get(reverse("intake:home")).content.decode()


def test_who_was_cut_off_reads_of_the_cut_and_after_coming_back_that_all_is_well(
    of: UploadAccount, client: Client
) -> None:
    happened(of, Step.KEY, Outcome.SIGNED_IN)
    happened(of, Step.SESSION, Outcome.RIGHT_ENDED, number=1)
    owner(of, client)
    page = client.get(reverse("gateway:own")).content.decode()
    assert page.count("連線已中止。請重新連線") == 3, (
        "the check-list, the newest below it, the last connections"
    )
    happened(of, Step.KEY, Outcome.SIGNED_IN, number=2)
    assert client.get(reverse("gateway:own")).content.decode().count("連線已中止。請重新連線") == 1


def test_fifty_attempts_are_shown_the_newest_first(of: UploadAccount, client: Client) -> None:
    for number in range(55):
        happened(of, Step.PASSWORD, Outcome.PASSWORD_WRONG, number=number, source=f"192.0.2.{number}")
    page = owner(of, client).get(reverse("gateway:own")).content.decode()
    assert page.count("密碼不正確") == 52  # each of fifty, the check-list, and the newest below it
    shown = [int(number) for number in re.findall(r"192\.0\.2\.(\d+)", page)]
    assert shown[-50:] == list(range(54, 4, -1))


def test_another_institution_sees_nothing_of_it_by_any_name(of: UploadAccount, client: Client) -> None:
    happened(of, Step.PASSWORD, Outcome.PASSWORD_WRONG)
    other = delivering.account(code="1131000018")
    page = owner(other, client).get(reverse("gateway:own"), {"account": of.username}).content.decode()
    assert "密碼不正確" not in page
    assert other.username in page
    assert client.get(reverse("gateway:of_account", args=[of.pk])).status_code == 404


def test_the_vendor_finds_every_account_and_sees_the_strangers(of: UploadAccount, client: Client) -> None:
    happened(of, Step.PASSWORD, Outcome.PASSWORD_WRONG)
    stranger = Attempt(delivering.OPEN, "198.51.100.9", "root", None, Step.ACCOUNT, Outcome.ACCOUNT_UNKNOWN)
    DjangoBackend.attempt.__wrapped__(DjangoBackend(), stranger)  # type: ignore[attr-defined]
    sign_in(client, person("vendor"))
    page = client.get(reverse("gateway:connections"), {"search": of.institution.code}).content.decode()
    for words in (of.username, "198.51.100.9", "root"):
        assert words in page
    assert of.username not in client.get(reverse("gateway:connections"), {"search": "0000"}).content.decode()
    shown = client.get(reverse("gateway:of_account", args=[of.pk])).content.decode()
    assert "密碼不正確" in shown


def test_who_connected_last_stands_before_who_never_did(of: UploadAccount, client: Client) -> None:
    never = delivering.account(code="1131000018", username="a-first-by-name")
    happened(of, Step.PASSWORD, Outcome.SIGNED_IN)
    sign_in(client, person("vendor"))
    page = client.get(reverse("gateway:connections")).content.decode()
    assert page.index(of.username) < page.index(never.username)


def _tried(name: str, source: str) -> None:
    stranger = Attempt(clock.now(), source, name, None, Step.ACCOUNT, Outcome.ACCOUNT_UNKNOWN)
    DjangoBackend.attempt.__wrapped__(DjangoBackend(), stranger)  # type: ignore[attr-defined]


def test_a_name_written_wrong_is_seen_from_the_institutions_own_addresses_and_no_others(
    of: UploadAccount, client: Client
) -> None:
    _tried("cw115-0wn", "168.95.1.1")
    _tried("somebody", "168.95.1.2")
    page = owner(of, client).get(reverse("gateway:own")).content.decode()
    assert "輸入的帳號名稱是「cw115-0wn」" in page
    assert "somebody" not in page
    delivering.account(code="1131000018")  # from the same address
    assert "cw115-0wn" not in client.get(reverse("gateway:own")).content.decode()


def test_a_name_written_wrong_is_seen_for_a_day(of: UploadAccount, client: Client) -> None:
    _tried("cw115-0wn", "168.95.1.1")
    owner(of, client)
    with clock.frozen(delivering.OPEN + timedelta(days=1)):
        assert "cw115-0wn" not in client.get(reverse("gateway:own")).content.decode()


def test_who_was_suspended_reads_why(of: UploadAccount, client: Client) -> None:
    acts.suspend(of, Actor("vendor", "test"), reason="金鑰外洩")
    happened(of, Step.ACCOUNT, Outcome.WITHOUT_RIGHT)
    page = owner(of, client).get(reverse("gateway:own")).content.decode()
    assert "暫停使用的原因：金鑰外洩" in page


def test_the_minutes_of_a_lock_are_those_of_the_rules(of: UploadAccount, client: Client) -> None:
    happened(of, Step.ACCOUNT, Outcome.LOCKED)
    page = owner(of, client).get(reverse("gateway:own")).content.decode()
    assert f"最後一次失敗的 {current().policies.sign_in.lock_minutes.value} 分鐘後自動解除" in page


def test_without_an_account_the_page_says_so(client: Client, db: None) -> None:
    sign_in(client, person("institution"))
    assert "還沒有上傳帳號" in client.get(reverse("gateway:own")).content.decode()


def failed_five_times(of: UploadAccount, source: str = "168.95.1.9") -> None:
    for number in range(5):
        at = delivering.OPEN + timedelta(seconds=number)
        wrong = Attempt(at, source, of.username, str(of.pk), Step.PASSWORD, Outcome.PASSWORD_WRONG)
        DjangoBackend.attempt.__wrapped__(DjangoBackend(), wrong)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("seconds", "locked"), [(15 * 60 + 3, True), (15 * 60 + 4, False)], ids=["within", "after"]
)
def test_a_locked_source_is_named_with_the_end_of_its_lock_and_no_longer_than_that(
    client: Client, seconds: int, locked: bool, db: None
) -> None:
    with clock.frozen(delivering.OPEN):
        of = delivering.account(username="cw115-own", networks=["168.95.1.0/28"])
    failed_five_times(of)
    with clock.frozen(delivering.OPEN + timedelta(seconds=seconds)):
        page = owner(of, client).get(reverse("gateway:own")).content.decode()
    assert ("鎖定到" in page) is locked
    assert ("10:15" in page) is locked
    assert ("其他來源不受影響" in page) is locked


def test_a_success_clears_the_lock_and_a_source_beside_the_list_is_not_named(
    client: Client, db: None
) -> None:
    with clock.frozen(delivering.OPEN):
        of = delivering.account(username="cw115-own", networks=["168.95.1.0/28"])
        failed_five_times(of, "198.51.100.9")
        failed_five_times(of)
        came_in = Attempt(
            delivering.OPEN, "168.95.1.9", of.username, str(of.pk), Step.PASSWORD, Outcome.SIGNED_IN
        )
        DjangoBackend.attempt.__wrapped__(DjangoBackend(), came_in)  # type: ignore[attr-defined]
        assert "鎖定到" not in owner(of, client).get(reverse("gateway:own")).content.decode()
