"""An upload account from the sign-off to its end, by its acts."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import argon2
import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from careward import rulebook
from careward.accounts.models import MailedLink, User
from careward.applications.models import Application
from careward.correspondence import jobs
from careward.correspondence.models import Letter
from careward.flow import NotPermitted, Refused
from careward.journal import Actor
from careward.kernel.clock import frozen, taipei
from careward.kernel.networks import RefusedSource
from careward.provisioning import acts, hostkeys
from careward.provisioning.models import Lane, UploadAccount
from careward.provisioning.rules import Right, lane_for, upload_right
from careward.registry.models import Institution
from careward.review.models import SignOff
from provisioning.making import (
    MINISTRY,
    SOURCES,
    VENDOR,
    VENDOR_AT_WORK,
    created,
    letters,
    notified,
    owner_of,
    requested,
    send_all,
)
from review.deciding import REVIEW, officer, sign
from support.applying import submitted
from support.signing_in import person

pytestmark = pytest.mark.django_db

SEASON = rulebook.current().written_seasons["115"]
OPENS = taipei(2025, 12, 22)
TEST_ENDS = taipei(2026, 5, 1)
MS = timedelta(milliseconds=1)


def test_a_sign_off_asks_the_vendor_for_an_account() -> None:
    application = submitted()
    assert not UploadAccount.objects.exists()
    by = officer()
    with frozen(REVIEW):
        sign(application, by)
    account = UploadAccount.objects.get()
    assert (account.state, account.lane, account.season) == ("requested", "test", "115")
    assert account.institution == Institution.objects.get(code=application.institution_code)
    assert account.networks == application.sources == ["168.95.1.1/32"]
    assert account.requested_at == REVIEW
    assert account.proposed_username == "cw115-1131000009"
    assert account.events.get().pgh_context["actor"] == str(by.pk)
    assert list(UploadAccount.objects.waiting_for_the_vendor()) == [account]


def test_when_the_request_fails_nothing_was_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    application, by = submitted(), officer()
    before = Letter.objects.count()

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the request failed")

    monkeypatch.setattr(acts, "request", fail)
    with frozen(REVIEW), pytest.raises(RuntimeError, match="the request failed"):
        sign(application, by)
    assert Application.objects.get().state == "submitted"
    assert not SignOff.objects.exists()
    assert not Institution.objects.exists()
    assert Letter.objects.count() == before
    monkeypatch.undo()
    with frozen(REVIEW):
        assert sign(application, by).state == "signed_off"


def test_a_new_applicant_tests_and_a_continuing_one_delivers() -> None:
    assert lane_for("new") is Lane.TEST
    assert lane_for("continuing") is Lane.LIVE
    assert requested(kind_of="continuing", person_id=None).lane == "live"


def test_creating_sends_the_account_to_institution_and_county_and_the_secret_to_nobody_else(
    host_keys: list[str],
) -> None:
    account = requested()
    officer("b.health@county.example")
    person("officer", "social@county.example", county="10007", unit="social")
    person("officer", "elsewhere@county.example", county="63000", unit="health")
    person("officer", "gone@county.example", county="10007", unit="health", is_active=False)
    created(account)
    (told,), (secret,) = letters(account, "account_created"), letters(account, "account_secret")
    assert told.to == ["office@example.org"]
    assert told.cc == ["b.health@county.example", "health@county.example"]
    for words in (
        "cw115-1131000009",
        "127.0.0.1",
        "168.95.1.1、168.95.2.0/28",
        "/test/inbox",
        "114 年 12 月 22 日（一）00:00",
        "115 年 4 月 30 日",
        "02-85907137",
        *host_keys,
    ):
        assert words in told.body, words
    assert "⟦link:" not in told.body
    assert secret.to == ["office@example.org"]
    assert secret.cc == []
    assert "⟦link:" in secret.body
    assert account.proposed_username not in secret.body


def test_without_host_keys_no_account_letter_and_so_no_account(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = requested()
    monkeypatch.setattr(hostkeys, "settings", type("Nowhere", (), {"HOME": tmp_path}))
    with pytest.raises(hostkeys.NoHostKeys):
        created(account)
    account.refresh_from_db()
    assert account.state == "requested"
    assert not Letter.objects.about(account).exists()


def test_creating_lets_the_institutions_people_sign_in() -> None:
    created(mailbox="Office@Example.ORG")
    user = User.objects.get(role="institution")
    assert (user.email, user.institution_code) == ("office@example.org", "1131000009")
    assert not user.has_usable_password()


@pytest.mark.parametrize(
    ("source", "code"),
    [("10.0.0.1", "private"), ("127.0.0.1", "loopback"), ("0.0.0.0/0", "too_wide"), ("x", "unreadable")],
)
def test_a_source_that_cannot_be_listed_makes_no_account(source: str, code: str) -> None:
    account = requested()
    with pytest.raises(RefusedSource) as refused:
        acts.create(account, VENDOR, username="cw115-x", sources=[*SOURCES, source], allow_loopback=False)
    assert refused.value.code in {code, "reserved"}
    account.refresh_from_db()
    assert account.state == "requested"
    assert not Letter.objects.about(account).exists()


def test_notified_is_said_when_the_account_letter_has_left_and_not_before() -> None:
    account = created()
    (told,), (secret,) = letters(account, "account_created"), letters(account, "account_secret")
    jobs.send(letter_id=str(secret.pk))
    account.refresh_from_db()
    assert account.state == "created"
    jobs.send(letter_id=str(told.pk))
    account.refresh_from_db()
    assert account.state == "notified"
    assert account.events.latest("pgh_id").pgh_context["actor"] == "worker"
    acts.note_that_letter_left(str(account.pk))
    account.refresh_from_db()
    assert account.state == "notified"


def test_a_letter_that_leaves_after_a_suspension_does_not_lift_it() -> None:
    account = created()
    acts.suspend(account, VENDOR, reason="帳號外洩")
    send_all()
    account.refresh_from_db()
    assert account.state == "suspended"


CLEAR = "abcdefghjkmnpqrstuvwxyz23456789"


@given(st.integers(min_value=1, max_value=20))
def test_a_password_has_five_groups_of_letters_nobody_confuses(count: int) -> None:
    made = {acts.new_password() for _ in range(count)}
    assert len(made) == count
    for password in made:
        assert re.fullmatch(rf"[{CLEAR}]{{5}}(-[{CLEAR}]{{5}}){{4}}", password)


def test_every_letter_of_the_alphabet_comes_about_as_often_as_any_other() -> None:
    letters_seen = "".join(acts.new_password() for _ in range(800)).replace("-", "")
    counts = [letters_seen.count(letter) for letter in CLEAR]
    expected = len(letters_seen) / len(CLEAR)
    assert all(0.7 * expected < count < 1.3 * expected for count in counts)
    assert len(CLEAR) ** 25 > 2**123


def test_the_password_is_made_once_and_only_its_hash_is_kept() -> None:
    account = notified()
    password = acts.new_password()
    account = acts.reveal(account, owner_of(account), password=password)
    assert account.password_hash.startswith("$argon2id$")
    assert argon2.PasswordHasher().verify(account.password_hash, password)
    assert account.secret_revealed_at == VENDOR_AT_WORK
    kept = account.password_hash
    with pytest.raises(Refused) as refused:
        acts.reveal(account, owner_of(account), password=acts.new_password())
    assert refused.value.code == "secret_already_made"
    assert "只能顯示一次" in refused.value.message
    account.refresh_from_db()
    assert account.password_hash == kept


def test_the_password_stands_in_clear_in_no_table_and_no_mail(
    stands_somewhere: Callable[[str], list[str]],
) -> None:
    account = notified()
    password = acts.new_password()
    acts.reveal(account, owner_of(account), password=password)
    send_all()
    assert stands_somewhere("cw115-1131000009") != []
    assert stands_somewhere(password) == []
    assert len(mail.outbox) > 2
    assert all(password not in str(sent.message()) for sent in mail.outbox)


@pytest.mark.parametrize(
    ("sent_at", "until"),
    [
        (VENDOR_AT_WORK, taipei(2026, 1, 5)),
        (OPENS, taipei(2026, 1, 5)),
        (OPENS + timedelta(days=3, hours=7), taipei(2026, 1, 8, 7)),
    ],
    ids=["before uploads open", "as they open", "afterwards"],
)
def test_a_secret_waits_fourteen_days_from_the_letter_or_the_opening_whichever_is_later(
    sent_at: datetime, until: datetime
) -> None:
    account = created(at=sent_at)
    assert account.secret_sent_at == sent_at
    assert account.secret_expires_at == until
    link = MailedLink.objects.not_revoked().get(purpose="secret", subject_id=str(account.pk))
    assert link.expires_at == until
    with frozen(until + MS):
        assert not link.is_open(until + MS)
        with pytest.raises(Refused) as refused:
            acts.reveal(account, owner_of(account), password="x")
    assert refused.value.code == "secret_expired"
    with frozen(until):
        assert acts.reveal(account, owner_of(account), password="x").password_hash


def test_a_reissue_kills_the_old_password_and_the_old_link() -> None:
    account = notified()
    account = acts.reveal(account, owner_of(account), password=acts.new_password())
    (old,) = MailedLink.objects.filter(purpose="secret")
    later = OPENS + timedelta(days=2)
    with frozen(later):
        account = acts.reissue(account, VENDOR)
        assert account.password_hash == ""
        assert account.secret_revealed_at is None
        assert account.secret_expires_at == later + timedelta(days=14)
        old.refresh_from_db()
        assert not old.is_open(later)
        fresh = MailedLink.objects.not_revoked().get(purpose="secret")
        assert fresh.is_open(later)
        assert acts.reveal(account, owner_of(account), password=acts.new_password()).password_hash
    assert [letter.cc for letter in letters(account, "account_secret")] == [[], []]
    assert account.state == "notified"


@pytest.mark.parametrize("by", [VENDOR, MINISTRY])
def test_suspended_resumed_and_closed(by: Actor) -> None:
    account = notified()
    account = acts.reveal(account, owner_of(account), password="x")
    kept = account.password_hash
    account = acts.suspend(account, by, reason="帳號外洩")
    assert not upload_right(account, SEASON).holds(OPENS)
    with pytest.raises(NotPermitted):
        acts.reissue(account, VENDOR)
    account = acts.resume(account, by)
    assert account.password_hash == kept
    assert upload_right(account, SEASON).holds(OPENS)
    account = acts.close(account, by)
    assert (account.state, account.password_hash) == ("closed", "")
    for act in (acts.resume, acts.suspend, acts.reissue, acts.close):
        with pytest.raises(NotPermitted):
            act(account, VENDOR)


@pytest.mark.parametrize("role", ["applicant", "officer", "institution", "system", "ministry"])
def test_only_the_vendor_creates(role: str) -> None:
    account = requested()
    with pytest.raises(NotPermitted):
        acts.create(account, Actor(role, "1"), username="x", sources=SOURCES, allow_loopback=False)
    account.refresh_from_db()
    assert account.state == "requested"


def test_the_ministry_makes_no_secret_and_the_vendor_reads_none() -> None:
    account = notified()
    for by in (VENDOR, MINISTRY, Actor("officer", "1"), Actor.system("worker")):
        with pytest.raises(NotPermitted):
            acts.reveal(account, by, password="x")


@pytest.mark.usefixtures("acting")
def test_the_database_itself_keeps_account_names_apart() -> None:
    first = created()
    second = requested(institution_code="1131000010")
    with pytest.raises(IntegrityError, match="username_is_used_once"), transaction.atomic():
        acts.create(second, VENDOR, username=first.username, sources=SOURCES, allow_loopback=False)
    with pytest.raises(IntegrityError, match="created_account_has"), transaction.atomic():
        acts.create(second, VENDOR, username="cw115-y", sources=[], allow_loopback=False)


def _account(state: str = "notified", lane: str = "test") -> UploadAccount:
    return UploadAccount(state=state, lane=lane, season="115")


OFFSETS = st.integers(min_value=-(10**13), max_value=10**13) | st.sampled_from([-1, 0, 1])


@given(offset=OFFSETS)
def test_test_and_live_open_together_to_the_microsecond(offset: int) -> None:
    at = OPENS + timedelta(microseconds=offset)
    for lane in ("test", "live"):
        expected = offset >= 0 and (lane == "live" or at < TEST_ENDS)
        assert upload_right(_account(lane=lane), SEASON).holds(at) is expected


@given(offset=OFFSETS)
def test_the_test_right_ends_with_the_last_of_april_and_the_live_right_goes_on(offset: int) -> None:
    at = TEST_ENDS + timedelta(microseconds=offset)
    assert upload_right(_account(lane="test"), SEASON).holds(at) is (OPENS <= at < TEST_ENDS)
    assert upload_right(_account(lane="live"), SEASON).holds(at) is (at >= OPENS)


@pytest.mark.parametrize("state", ["requested", "suspended", "closed"])
@pytest.mark.parametrize("lane", ["test", "live"])
def test_an_account_not_handed_over_or_stopped_may_do_nothing_at_any_time(state: str, lane: str) -> None:
    right = upload_right(_account(state, lane), SEASON)
    assert right == Right((), OPENS, TEST_ENDS if lane == "test" else None)
    assert not any(right.holds(OPENS + timedelta(days=days)) for days in range(-30, 300))


@pytest.mark.parametrize("state", ["created", "notified"])
@pytest.mark.parametrize("lane", ["test", "live"])
def test_an_account_handed_over_has_its_lane_and_no_other(state: str, lane: str) -> None:
    assert upload_right(_account(state, lane), SEASON).lanes == (lane,)


@pytest.mark.parametrize(
    ("address", "admitted"),
    [("168.95.1.1", True), ("::ffff:168.95.1.1", True), ("168.95.1.2", False), ("168.95.2.15", True),
     ("168.95.2.16", False), ("not an address", False)],
)  # fmt: skip
def test_the_list_admits_its_addresses_only(address: str, admitted: bool) -> None:
    assert UploadAccount(networks=["168.95.1.1/32", "168.95.2.0/28"]).admits(address) is admitted
