"""A change from asking to taking effect: what each act does, refuses and tells."""

from datetime import timedelta

import pytest

from careward.accounts.models import MailedLink
from careward.changes import acts, jobs, releasing
from careward.changes.data import person_now
from careward.changes.findings import noticed
from careward.changes.models import PURPOSE, ConnectionChange, ListRelease
from careward.continuing.carrying import carry_over
from careward.continuing.models import Invitation
from careward.correspondence.models import Letter
from careward.flow import NotPermitted, Refused
from careward.journal import Actor, acting
from careward.kernel.clock import frozen, taipei
from careward.kernel.identifiers import make_national_id
from careward.provisioning import acts as provisioning
from careward.provisioning.models import UploadAccount
from careward.registry.models import PersonInCharge
from support import changing, delivering
from support.changing import ASKED, FROZEN, HOLDER, NEW_SOURCES, OFFICER, VENDOR
from support.signing_in import person

pytestmark = pytest.mark.django_db


def kinds() -> list[str]:
    return [letter.kind for letter in Letter.objects.order_by("created_at", "pk")]


def test_processed_addresses_are_the_accounts_list_from_that_moment() -> None:
    account = delivering.account()
    change = changing.released(account)
    with frozen(FROZEN):
        acts.process(change, VENDOR)
    account.refresh_from_db()
    assert account.networks == NEW_SOURCES
    assert account.admits("168.95.9.9")
    assert not account.admits("168.95.1.1")
    assert change.former_sources == ["168.95.1.1/32"]
    assert "change_processed" in kinds()


def test_a_processed_person_is_in_the_registry_and_carried_over() -> None:
    account = delivering.account()
    number = make_national_id(77)
    change = changing.released(account, taipei(2026, 2, 10), person_name="周大安", person_id=number)
    assert person_now(account.application) == "林小明"
    at = taipei(2026, 3, 2)
    with frozen(at):
        acts.process(change, VENDOR)
    entered = PersonInCharge.objects.get()
    assert (entered.name, entered.number, entered.since, entered.until) == ("周大安", number, at, None)
    assert person_now(account.application) == "周大安"
    assert account.application.person_name == "林小明"
    second = changing.released(account, taipei(2026, 3, 10), person_name="吳小安", person_id=number)
    with frozen(taipei(2026, 4, 2)):
        acts.process(second, VENDOR)
    assert [(one.name, one.until is None) for one in PersonInCharge.objects.order_by("since", "pk")] == [
        ("周大安", False),
        ("吳小安", True),
    ]
    with frozen(taipei(2026, 11, 17, 9)):
        carry_over("116", Actor("ministry", "test"))
    assert Invitation.objects.get().person_name == "吳小安"


def test_nothing_is_in_force_before_it_is_processed() -> None:
    account = delivering.account()
    changing.released(account)
    account.refresh_from_db()
    assert account.networks == ["168.95.1.1/32"]


def test_letters_of_a_change_that_goes_through() -> None:
    person("officer", "desk@county.example", county="10007", unit="health")
    person("vendor", "vendor@ministry.example")
    change = changing.released()
    with frozen(FROZEN):
        acts.process(change, VENDOR)
    assert set(kinds()) == {
        "change_arrived", "change_received", "change_approved", "change_list_released", "change_processed",
    }  # fmt: skip
    by_kind = {letter.kind: letter for letter in Letter.objects.all()}
    assert by_kind["change_arrived"].to == ["desk@county.example"]
    assert by_kind["change_list_released"].to == ["vendor@ministry.example"]
    done = by_kind["change_processed"]
    assert (done.to, done.cc) == (["office@example.org"], ["desk@county.example"])
    assert "168.95.9.9" in done.body
    assert "115 年 1 月異動名單" in by_kind["change_approved"].body


def test_no_letter_names_a_person() -> None:
    change = changing.released(person_name="周大安", person_id=make_national_id(77))
    with frozen(FROZEN):
        acts.process(change, VENDOR)
    for letter in Letter.objects.all():
        assert "周大安" not in letter.body
        assert make_national_id(77) not in letter.body


def test_a_failed_item_tells_why_and_may_be_processed_after_all() -> None:
    account = delivering.account()
    change = changing.released(account)
    with frozen(FROZEN):
        failed = acts.fail(change, VENDOR, reason="防火牆廠商尚未設定")
        assert "防火牆廠商尚未設定" in Letter.objects.get(kind="change_failed").body
        assert UploadAccount.objects.get(pk=account.pk).networks == ["168.95.1.1/32"]
        done = acts.process(failed, VENDOR)
    assert (done.state, done.reason) == ("processed", "")


def test_given_back_it_is_mended_and_sent_again() -> None:
    change = changing.requested()
    with frozen(ASKED + timedelta(days=1)):
        back = acts.give_back(change, OFFICER, reason="請縮小範圍")
        assert "請縮小範圍" in Letter.objects.get(kind="change_returned").body
        mended = acts.edit(back, HOLDER, changes={"sources": ["168.95.9.8/32"]})
        again = acts.send(mended, HOLDER)
    assert (again.state, again.reason, again.sources) == ("requested", "", ["168.95.9.8/32"])


@pytest.mark.parametrize("act", [acts.give_back, acts.refuse])
def test_who_does_not_agree_says_why(act: object) -> None:
    with pytest.raises(Refused) as refused:
        act(changing.requested(), OFFICER, reason="  ")  # type: ignore[operator]
    assert refused.value.code == "reason_missing"


def test_withdrawn_until_it_is_reviewed_and_not_after() -> None:
    change = changing.requested()
    with frozen(ASKED):
        assert acts.cancel(change, HOLDER).state == "cancelled"
    with pytest.raises(NotPermitted):
        acts.cancel(changing.approved(), HOLDER)


def test_before_the_window_closes_the_form_is_corrected_instead() -> None:
    with frozen(taipei(2025, 12, 8, 17)), pytest.raises(Refused) as refused:
        acts.begin(ConnectionChange(application=delivering.account().application), HOLDER)
    assert refused.value.code == "form_still_open"


def test_a_case_that_is_not_signed_off_has_nothing_to_change() -> None:
    account = delivering.account()
    with acting(Actor.system("test"), "prepare"):
        provisioning.hold(account, Actor.system("test"))
        type(account.application).objects.filter(pk=account.application_id).update(state="submitted")
        account.application.refresh_from_db()
    with frozen(ASKED), pytest.raises(Refused) as refused:
        acts.begin(ConnectionChange(application=account.application), HOLDER)
    assert refused.value.code == "not_signed_off"


def test_one_at_a_time() -> None:
    account = delivering.account()
    changing.requested(account)
    with frozen(ASKED), pytest.raises(Refused) as refused:
        acts.begin(ConnectionChange(application=account.application), HOLDER)
    assert refused.value.code == "one_is_open"


def test_the_same_addresses_are_no_change() -> None:
    with pytest.raises(Refused) as refused:
        changing.requested(sources=["168.95.1.1/32"])
    assert refused.value.code == "nothing_changes"


def test_an_approved_change_does_not_keep_the_next_one_waiting() -> None:
    account = delivering.account()
    first = changing.approved(account)
    second = changing.requested(account, changing.APPROVED + timedelta(days=1), sources=["168.95.7.7/32"])
    assert [first.number, second.number] == [1, 2]
    assert any(first.reference in one.says for one in noticed(second))


def test_a_list_is_processed_only_when_frozen_and_released() -> None:
    change = changing.approved()
    with frozen(change.listed.at), pytest.raises(Refused) as refused:  # type: ignore[union-attr]
        acts.process(change, VENDOR)
    assert refused.value.code == "list_not_frozen"
    with frozen(FROZEN), pytest.raises(Refused) as refused:
        acts.process(change, VENDOR)
    assert refused.value.code == "list_not_released"


def test_an_office_releases_its_own_part_once_the_list_is_frozen() -> None:
    change = changing.approved()
    month = releasing.month_of("115", changing.LIST)
    assert month is not None
    nursing, social = person("ministry"), person("ministry", "sfaa@example.org", unit="social_family")
    with frozen(month.listed.at), pytest.raises(Refused):
        releasing.release(nursing, month, "nursing")
    with frozen(FROZEN):
        with pytest.raises(Refused):
            releasing.release(social, month, "nursing")
        releasing.release(nursing, month, "nursing")
        assert change.released
        with pytest.raises(Refused):
            releasing.release(nursing, month, "nursing")
    assert ListRelease.objects.count() == 1


def test_addresses_of_an_account_that_is_closed_cannot_be_processed() -> None:
    account = delivering.account()
    change = changing.released(account)
    with frozen(FROZEN):
        provisioning.close(account, VENDOR)
        with pytest.raises(Refused) as refused:
            acts.process(change, VENDOR)
        assert refused.value.code == "no_account"
        assert acts.fail(change, VENDOR, reason="帳號已關閉").state == "failed"


def test_what_an_officer_should_look_at() -> None:
    account, other = delivering.account(), delivering.account(code="1131000018", networks=["168.95.9.0/24"])
    change = changing.requested(account, sources=["168.95.9.9/32", "203.0.112.0/24"])
    says = " ".join(one.says for one in noticed(change))
    assert "168.95.9.9 與其他 1 家機構" in says
    assert "203.0.112.0/24 的範圍很大" in says
    with acting(Actor.system("test"), "prepare"):
        for one in (account, other):
            one.application.vendor_business_id = "04595257"
            one.application.save()
    again = ConnectionChange.objects.get(pk=change.pk)
    assert "其他" not in " ".join(one.says for one in noticed(again))


def test_the_link_goes_to_the_registered_mailbox_and_a_second_run_mails_nothing() -> None:
    account = delivering.account()
    with frozen(ASKED):
        jobs.send_link(code=account.institution.code, asked_at=ASKED.isoformat())
        jobs.send_link(code=account.institution.code, asked_at=ASKED.isoformat())
        jobs.send_link(code="unknown", asked_at=ASKED.isoformat())
    assert [(letter.kind, letter.to) for letter in Letter.objects.all()] == [
        ("change_link", ["office@example.org"])
    ]
    link = MailedLink.objects.get(purpose=PURPOSE)
    assert link.expires_at == ASKED + timedelta(days=14)


def test_at_the_turn_of_the_season_the_old_account_can_still_be_changed() -> None:
    with frozen(taipei(2026, 12, 1, 9)):
        assert changing.requested(at=taipei(2026, 12, 1, 9)).state == "requested"
