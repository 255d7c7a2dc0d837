"""A correction after sign-off: the sign-off is void, no account comes of it until the county signs anew."""

from collections.abc import Callable

import pytest
from django.test import Client

from careward.accounts.models import MailedLink, User
from careward.accounts.seats import seats_of
from careward.applications import acts as applying
from careward.applications import proofs
from careward.correspondence import links
from careward.flow import NotPermitted, Refused
from careward.journal import Actor
from careward.kernel.clock import frozen
from careward.members import acts as members
from careward.provisioning import acts
from careward.provisioning.models import UploadAccount
from careward.review.models import SignOff
from provisioning.making import SOURCES, VENDOR, created, letters, notified, requested
from review.deciding import sign
from support import delivering
from support.applying import APPLICANT, DURING, submitted
from support.signing_in import person, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _signed_while_the_window_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("provisioning.making.REVIEW", DURING)
    monkeypatch.setattr("provisioning.making.VENDOR_AT_WORK", DURING)


@pytest.mark.parametrize("make", [requested, created, notified])
@pytest.mark.parametrize("act", ["correct", "withdraw"])
def test_a_void_sign_off_carries_no_account(make: Callable[[], UploadAccount], act: str) -> None:
    account = make()
    links = MailedLink.objects.not_revoked().filter(purpose="secret")
    if act == "correct":
        applying.correct(
            account.application, APPLICANT, changes={"sources": ["168.95.9.0/28"]}, arrived_at=DURING
        )
    else:
        applying.withdraw(account.application, APPLICANT, arrived_at=DURING)
    account.refresh_from_db()
    assert (account.state, account.password_hash, account.username) == ("held", "", "")
    assert not links.exists()
    assert SignOff.objects.get().voided_at is not None
    assert not UploadAccount.objects.waiting_for_the_vendor().exists()
    with pytest.raises(NotPermitted):
        acts.create(account, VENDOR, username="cw115-x", sources=SOURCES, allow_loopback=False)


def test_institution_and_vendor_read_that_the_account_is_held_and_what_puts_it_right(client: Client) -> None:
    account = notified()
    applying.withdraw(account.application, APPLICANT, arrived_at=DURING)
    here = sign_in(client, person("institution", institution_code=account.institution.code))
    vendor = sign_in(Client(), person("vendor"))
    with frozen(DURING):
        own = here.get("/my/").content.decode()
        theirs = vendor.get(f"/provisioning/{account.pk}/").content.decode()
    assert "先前的密碼與金鑰都不能再用" in own
    assert "現在可以上傳" not in own
    assert "縣市重新簽核通過後，會回到「待建立」" in theirs


def test_who_was_named_by_a_wrong_code_reads_nothing_of_the_held_account(client: Client) -> None:
    account = notified()
    applying.correct(
        account.application, APPLICANT, changes={"institution_code": "1131000018"}, arrived_at=DURING
    )
    here = sign_in(client, person("institution", institution_code=account.institution.code))
    with frozen(DURING):
        assert "暫停辦理" not in here.get("/my/").content.decode()


def test_the_next_sign_off_puts_the_account_into_the_queue_with_the_corrected_addresses() -> None:
    account = notified()
    corrected = applying.correct(
        account.application, APPLICANT, changes={"sources": ["168.95.9.0/28"]}, arrived_at=DURING
    )
    with frozen(DURING):
        sign(corrected)
    account.refresh_from_db()
    assert (account.state, account.networks) == ("requested", ["168.95.9.0/28"])
    assert SignOff.objects.count() == 2
    assert SignOff.objects.in_force().count() == 1


def test_the_letter_of_an_account_created_again_says_that_earlier_password_and_keys_are_over() -> None:
    account = created()
    corrected = applying.correct(
        account.application, APPLICANT, changes={"sources": ["168.95.9.0/28"]}, arrived_at=DURING
    )
    with frozen(DURING):
        sign(corrected)
    account.refresh_from_db()
    created(account, DURING)
    told = ["先前寄出的密碼信" in one.body for one in letters(account, "account_created")]
    assert sorted(told) == [False, True]


def test_whoever_is_told_of_an_account_for_the_first_time_reads_nothing_of_an_earlier_password() -> None:
    account = created()
    corrected = applying.correct(
        account.application, APPLICANT, changes={"institution_code": "1131000018"}, arrived_at=DURING
    )
    with frozen(DURING):
        sign(corrected)
    account.refresh_from_db()
    created(account, DURING)
    of_both = [(one.institution_code, "先前寄出" in one.body) for one in letters(account, "account_created")]
    assert sorted(of_both) == [("1131000009", False), ("1131000018", False)]


def test_a_held_account_does_not_come_back_when_another_application_was_signed_meanwhile() -> None:
    first = requested().application
    corrected = applying.correct(
        first, APPLICANT, changes={"contact_phone": "02-23456789"}, arrived_at=DURING
    )
    requested(submitted())
    with frozen(DURING), pytest.raises(Refused) as refused:
        sign(corrected)
    assert refused.value.code == "institution_has_account"


def test_who_reads_the_former_mailbox_signs_in_no_more() -> None:
    account = created()
    former = User.objects.get(email=account.application.mailbox)
    newest = proofs.ask(account.application, "new@example.org", APPLICANT)
    proofs.prove(account.application, "new@example.org", links.code(newest.seed), APPLICANT)
    corrected = applying.correct(
        account.application, APPLICANT, changes={"mailbox": "new@example.org"}, arrived_at=DURING
    )
    assert seats_of(former) == ()
    with frozen(DURING):
        sign(corrected)
    account.refresh_from_db()
    created(account, DURING)
    (seat,) = seats_of(User.objects.get(email="new@example.org"))
    assert (seat.position, seat.institution_code) == ("head", account.institution.code)
    assert seats_of(former) == ()


def test_a_mailbox_on_which_another_account_stands_stays_at_that_institution() -> None:
    account = created()
    former = User.objects.get(email=account.application.mailbox)
    other = delivering.institution("1131000018")
    members.let_in(other, former.email, Actor.system("test"))
    newest = proofs.ask(account.application, "new@example.org", APPLICANT)
    proofs.prove(account.application, "new@example.org", links.code(newest.seed), APPLICANT)
    applying.correct(
        account.application, APPLICANT, changes={"mailbox": "new@example.org"}, arrived_at=DURING
    )
    assert [seat.institution_code for seat in seats_of(former)] == ["1131000018"]
