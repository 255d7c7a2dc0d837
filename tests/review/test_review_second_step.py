"""A second person, taking a signature back, and handing a case over."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from careward.applications.models import Application
from careward.correspondence.models import Letter
from careward.flow import NotPermitted, Refused
from careward.journal import Actor
from careward.kernel.clock import frozen
from careward.provisioning import acts as provisioning
from careward.provisioning.models import UploadAccount
from careward.registry.models import Institution
from careward.review import acts, moving, supplementing
from careward.review.assigning import CannotTake, assign
from careward.review.models import SignOff, Transfer
from review.deciding import (
    LATEST,
    REVIEW,
    actor,
    every_item,
    officer,
    second_step,
    sign,
    supervisor,
    supplement,
)
from support.applying import submitted
from support.signing_in import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def two_steps(db: None) -> None:
    second_step()


@pytest.mark.usefixtures("two_steps")
def test_with_the_second_step_a_signature_waits_and_nothing_follows_yet() -> None:
    application = sign(submitted())
    assert application.state == "awaiting_second"
    assert not UploadAccount.objects.exists()
    assert not Institution.objects.exists()
    assert not Letter.objects.about(application).filter(kind="application_signed_off").exists()
    application = acts.confirm(application, actor(supervisor()))
    assert application.state == "signed_off"
    signed = SignOff.objects.get()
    assert (signed.officer, signed.second, signed.second_at) == (officer(), supervisor(), REVIEW)
    assert UploadAccount.objects.get().state == "requested"
    assert Letter.objects.about(application).filter(kind="application_signed_off").exists()


@pytest.mark.usefixtures("two_steps")
def test_nobody_confirms_the_own_signature_and_no_officer_confirms() -> None:
    application = sign(submitted(), supervisor())
    with pytest.raises(Refused, match="second_person_needed"):
        acts.confirm(application, actor(supervisor()))
    with pytest.raises(NotPermitted):
        acts.confirm(application, actor(officer()))
    assert acts.confirm(application, actor(supervisor("other@county.example"))).state == "signed_off"


@pytest.mark.usefixtures("two_steps")
def test_a_supervisor_returns_a_case_with_a_reason_and_the_signature_is_void() -> None:
    application = sign(submitted())
    with pytest.raises(Refused, match="reason_missing"):
        acts.return_to_officer(application, actor(supervisor()), reason="")
    application = acts.return_to_officer(application, actor(supervisor()), reason="印章不清楚")
    assert application.state == "submitted"
    assert SignOff.objects.get().void_reason == "印章不清楚"
    assert sign(application).state == "awaiting_second"
    assert SignOff.objects.count() == 2
    assert SignOff.objects.in_force().count() == 1


@pytest.mark.usefixtures("two_steps")
def test_not_mended_waits_for_the_second_person_too() -> None:
    application, other = supplement(submitted()), supplement(submitted(institution_code="1131000010"))
    with frozen(LATEST):
        application = acts.mark_not_mended(application, actor(officer()), remark="")
        assert application.state == "awaiting_second"
        assert acts.confirm(application, actor(supervisor())).state == "not_mended"
        assert Letter.objects.about(application).filter(kind="application_not_mended").exists()
        other = acts.mark_not_mended(other, actor(officer()), remark="")
        other = acts.return_to_officer(other, actor(supervisor()), reason="再等一天")
    assert other.state == "supplement"
    assert other.supplements.running().exists()
    assert not UploadAccount.objects.exists()


def test_the_second_step_is_the_desks_own() -> None:
    second_step(supervisor("s@social.example", unit="social"), on=True)
    second_step(supervisor("s@other.example", county="63000"), on=True)
    assert sign(submitted()).state == "signed_off"


def test_switched_off_again_one_signature_is_enough() -> None:
    second_step(supervisor(), on=True)
    second_step(supervisor(), on=False)
    assert sign(submitted()).state == "signed_off"


def test_what_was_signed_is_kept_and_a_later_change_shows() -> None:
    application = sign(submitted())
    signed = SignOff.objects.get()
    assert application.person_id is not None
    assert application.person_id in (signed.signed_answers or "")
    assert signed.signed_data == acts.digest(application)
    application.contact_phone = "04-7654321"
    assert signed.signed_data != acts.digest(application)
    event = signed.events.get()
    assert (event.signed_data, event.signed_documents) == (signed.signed_data, signed.signed_documents)


def test_a_sign_off_is_revoked_with_a_reason_until_the_vendor_begins() -> None:
    application = sign(submitted())
    with pytest.raises(Refused, match="reason_missing"):
        acts.revoke(application, actor(officer()), reason=" ")
    application = acts.revoke(application, actor(officer()), reason="文件是別家機構的")
    assert application.state == "submitted"
    assert UploadAccount.objects.get().state == "held"
    assert SignOff.objects.get().void_reason == "文件是別家機構的"
    letter = Letter.objects.about(application).get(kind="sign_off_revoked")
    assert "別家機構" not in letter.body
    application = sign(application)
    account = UploadAccount.objects.get()
    assert account.state == "requested"
    provisioning.create(
        account, Actor("vendor", "1"), username="cw115-1", sources=["168.95.1.1"], allow_loopback=False
    )
    with pytest.raises(Refused, match="provisioning_not_begun"):
        acts.revoke(application, actor(officer()), reason="太晚了")
    assert Application.objects.get().state == "signed_off"


def _transfer(
    application: Application, county: str, unit: str, reason: str = "機構設在該縣市"
) -> Application:
    return moving.transfer(application, actor(officer()), county=county, unit=unit, reason=reason)


def test_a_case_moves_to_another_county_and_its_old_desk_sees_it_no_more() -> None:
    application = submitted()
    there = officer("there@county.example", county="63000")
    application = _transfer(application, "63000", "health")
    assert not Application.objects.visible_to(officer()).exists()
    assert Application.objects.visible_to(there).get() == application
    moved = Transfer.objects.get()
    assert (moved.from_county, moved.to_county, moved.reason) == ("10007", "63000", "機構設在該縣市")
    letter = Letter.objects.about(application).get(kind="application_transferred")
    assert "臺北市衛生局" in letter.body
    assert sign(application, there).state == "signed_off"


def test_a_case_moves_to_the_other_unit_of_the_county_and_is_signed_there() -> None:
    acts.revoke(sign(submitted()), actor(officer()), reason="由社會局處主管")
    application = _transfer(Application.objects.get(), "10007", "social")
    there = officer("social@county.example", unit="social")
    assert not Application.objects.visible_to(officer()).exists()
    assert Application.objects.visible_to(there).get() == application
    assert sign(application, there).state == "signed_off"
    assert Application.objects.visible_to(there).exists()


def test_a_known_institution_is_signed_elsewhere_only_when_its_own_desk_handed_it_over() -> None:
    acts.revoke(sign(submitted()), actor(officer()), reason="測試")
    stolen = submitted(county="63000")
    there, third = officer("there@county.example", county="63000"), officer("t@x.example", county="64000")
    with pytest.raises(Refused, match="institution_elsewhere"):
        sign(stolen, there)
    moving.transfer(stolen, actor(there), county="64000", unit="health", reason="轉給同謀")
    with pytest.raises(Refused, match="institution_elsewhere"):
        sign(Application.objects.get(pk=stolen.pk), third)


@pytest.mark.parametrize(
    ("county", "unit", "reason", "code"),
    [
        ("10007", "health", "同一個單位", "desk_unchanged"),
        ("99999", "health", "沒有這個縣市", "desk_unknown"),
        ("63000", "police", "沒有這個單位", "desk_unknown"),
        ("63000", "health", "", "reason_missing"),
    ],
)
def test_a_transfer_needs_another_desk_and_a_reason(county: str, unit: str, reason: str, code: str) -> None:
    application = submitted()
    with pytest.raises(Refused, match=code):
        _transfer(application, county, unit, reason)
    assert not Transfer.objects.exists()


def test_a_case_in_supplement_moves_with_its_round() -> None:
    application = _transfer(supplement(submitted()), "63000", "health")
    assert application.state == "supplement"
    assert application.supplements.running().exists()
    there = officer("there@county.example", county="63000")
    assert supplementing.close_supplement(application, actor(there), reason="接手").state == "submitted"


def test_a_case_is_given_only_to_who_sees_it() -> None:
    application, me = submitted(), officer()
    assign(application, me, me)
    assert application.assignment.officer == me
    assign(application, supervisor(), me)
    assign(application, None, me)
    application.refresh_from_db()
    assert application.assignment.officer is None
    stranger: Any = person("officer", "far@county.example", county="63000", unit="health")
    with pytest.raises(CannotTake):
        assign(application, stranger, me)
    assert [event.officer_id for event in application.assignment.events.order_by("pgh_id")] == [
        me.pk,
        supervisor().pk,
        None,
    ]


@pytest.mark.usefixtures("acting")
def test_the_database_itself_wants_two_people() -> None:
    application = sign(submitted())
    with pytest.raises(IntegrityError, match="two_people_sign"), transaction.atomic():
        application.sign_offs.update(second=officer())


def test_every_item_is_still_demanded_from_a_supervisor() -> None:
    application = submitted()
    with pytest.raises(Refused, match="checklist_incomplete"):
        acts.sign_off(application, actor(supervisor()), ticked=every_item(application)[1:], remark="")
