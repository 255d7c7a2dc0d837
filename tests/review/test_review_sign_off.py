"""The county's sign-off: what it demands, how long it can be given, and what it leaves behind."""

import hashlib
import json
from contextlib import suppress
from datetime import timedelta
from threading import Barrier, BrokenBarrierError, Thread
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from careward import rulebook
from careward.applications import acts as applying
from careward.applications.models import Application
from careward.correspondence.models import Letter
from careward.flow import NotPermitted, Refusal, Refused, Step
from careward.flow.performing import bound_guards
from careward.journal import Actor
from careward.kernel.clock import frozen, taipei
from careward.registry.acts import register
from careward.registry.models import Institution
from careward.review import acts
from careward.review.models import SignOff
from careward.review.rules import canonical, unticked
from careward.store.secrets import keyed_hash
from review.deciding import REVIEW, every_item, officer, sign
from support.applying import ANSWERS, APPLICANT, DURING, draft, lacking, pdf_scan, submitted, with_scan

pytestmark = pytest.mark.django_db

SEASON = rulebook.current().written_seasons["115"]
OWN_NEW = SEASON.checklist_for("own", "new")
DUE = taipei(2025, 12, 20)
"""114-12-19 24:00, when the accounts are due."""


@pytest.mark.parametrize("left_out", [item.id for item in OWN_NEW])
def test_every_single_item_is_demanded(left_out: str) -> None:
    application = submitted()
    with pytest.raises(Refused) as refused:
        sign(application, without=left_out)
    assert refused.value.code == "checklist_incomplete"
    said = next(item.text for item in OWN_NEW if item.id == left_out)
    assert f"還有 1 項沒有勾選，第一項是「{said}」" in refused.value.message
    assert Application.objects.get().state == "submitted"
    assert not SignOff.objects.exists()


def test_ticks_for_items_the_checklist_does_not_have_count_for_nothing() -> None:
    application, by = submitted(), Actor("officer", str(officer().pk))
    strangers = ["intent_ok", "mandate_ok", "nursing_home_only", "", "everything"]
    some = every_item(application)[1:]
    with pytest.raises(Refused, match="checklist_incomplete"):
        acts.sign_off(application, by, ticked=[*some, *strangers], remark="")
    with pytest.raises(Refused, match="checklist_incomplete"):
        acts.sign_off(application, by, ticked=strangers * 3, remark="")
    assert not SignOff.objects.exists()


@given(ticked=st.lists(st.sampled_from([*(item.id for item in OWN_NEW), "mandate_ok", "x", ""])))
def test_what_is_not_ticked_is_left_in_the_order_of_the_checklist(ticked: list[str]) -> None:
    left = unticked(OWN_NEW, ticked)
    assert [item for item in OWN_NEW if item in left] == list(left)
    assert {item.id for item in left} == {item.id for item in OWN_NEW} - set(ticked)


def test_the_checklist_asks_for_the_id_of_a_new_and_the_name_of_a_continuing_applicant() -> None:
    continuing = {item.id for item in SEASON.checklist_for("own", "continuing")}
    assert {item.id for item in OWN_NEW} ^ continuing == {"person_id_matches", "person_name_matches"}
    assert "person_id_matches" not in continuing


def test_the_sign_off_keeps_what_was_signed() -> None:
    application = with_scan(with_scan(lacking()))
    taken_back, kept = application.documents.in_force()
    applying.remove_document(application, APPLICANT, document=taken_back.pk, arrived_at=DURING)
    application = applying.complete(application, APPLICANT, arrived_at=DURING)
    by = officer()
    sign(application, by, remark="印章較淡，已電話確認。")
    sign_off = SignOff.objects.get()
    plain = json.dumps(dict(application.answers), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert sign_off.signed_data == keyed_hash(plain, domain="signed answers")
    assert sign_off.signed_data != hashlib.sha256(plain.encode()).hexdigest()
    assert sign_off.signed_documents == {str(kept.pk): hashlib.sha256(pdf_scan()).hexdigest()}
    assert sign_off.ticked == sorted(item.id for item in OWN_NEW)
    assert (sign_off.officer, sign_off.signed_at) == (by, REVIEW)
    assert sign_off.remark == "印章較淡，已電話確認。"
    assert Application.objects.get().state == "signed_off"


@pytest.mark.parametrize("field", sorted(ANSWERS))
def test_any_answer_changed_later_shows_in_the_digest(field: str) -> None:
    before = submitted().answers
    assert canonical(dict(reversed(list(before.items())))) == canonical(before)
    assert canonical({**before, field: "changed"}) != canonical(before)


def test_the_journal_names_the_officer_and_the_act() -> None:
    by = officer()
    application = sign(submitted(), by)
    written = SignOff.objects.get().events.get()
    changed = application.events.filter(pgh_label="update").latest("pgh_id")
    for event in (written, changed):
        assert event.pgh_context["role"] == "officer"
        assert event.pgh_context["actor"] == str(by.pk)
        assert event.pgh_context["act"] == "application.sign_off"
        assert event.pgh_context["at"] == REVIEW.isoformat(timespec="milliseconds")
    assert changed.state == "signed_off"


def test_a_sign_off_enters_the_institution_into_the_registry() -> None:
    assert not Institution.objects.exists()
    sign(submitted())
    institution = Institution.objects.get()
    for field, answer in {
        "code": "institution_code",
        "name": "institution_name",
        "type": "institution_type",
        "county": "county",
        "ownership": "ownership",
        "mailbox": "mailbox",
    }.items():
        assert getattr(institution, field) == ANSWERS[answer], field


def test_an_institution_already_known_is_corrected_not_doubled() -> None:
    register(
        Actor.system("test"),
        code=ANSWERS["institution_code"],
        name="舊名",
        type="general_nursing",
        county="10007",
        ownership="public",
    )
    sign(submitted())
    assert Institution.objects.get().name == ANSWERS["institution_name"]
    assert Institution.objects.get().ownership == "private"


def test_the_institution_is_told_and_reads_no_remark() -> None:
    application = sign(submitted(), remark="只給審查人員看的備註")
    letter = Letter.objects.about(application).get(kind="application_signed_off")
    assert (letter.to, letter.cc) == (["office@example.org"], [])
    assert application.reference in letter.subject
    assert "114 年 12 月 22 日（一）00:00" in letter.body
    assert "備註" not in letter.body
    assert ANSWERS["person_id"] not in letter.body


@pytest.mark.parametrize(
    "at",
    [
        taipei(2025, 12, 12, 17) + timedelta(milliseconds=1),
        DUE - timedelta(milliseconds=1),
        DUE,
    ],
)
def test_after_the_review_deadline_an_overdue_case_is_signed_until_accounts_are_due(at: object) -> None:
    application = submitted()
    with frozen(at):  # type: ignore[arg-type]
        assert sign(application).state == "signed_off"
    assert SignOff.objects.get().signed_at == at


@pytest.mark.parametrize("late", [timedelta(milliseconds=1), timedelta(days=100)])
def test_once_accounts_are_due_nobody_signs(late: timedelta) -> None:
    application = submitted()
    with frozen(DUE + late), pytest.raises(Refused) as refused:
        sign(application)
    assert refused.value.code == "signing_closed"
    assert Application.objects.get().state == "submitted"
    assert not Institution.objects.exists()


@pytest.mark.parametrize("make", [draft, lacking])
def test_only_a_complete_application_can_be_signed(make: object) -> None:
    application = make()  # type: ignore[operator]
    with pytest.raises(NotPermitted):
        sign(application)
    assert not SignOff.objects.exists()


@pytest.mark.parametrize("role", ["applicant", "ministry", "vendor", "institution", "system"])
def test_only_an_officer_signs(role: str) -> None:
    application = submitted()
    with pytest.raises(NotPermitted):
        acts.sign_off(application, Actor(role, "1"), ticked=every_item(application), remark="")
    assert Application.objects.get().state == "submitted"


@pytest.mark.usefixtures("acting")
def test_the_database_itself_refuses_a_sign_off_without_ticks() -> None:
    facts = {"signed_at": REVIEW, "signed_data": "0" * 64, "signed_documents": {}}
    with pytest.raises(IntegrityError, match="sign_off_has_ticks"), transaction.atomic():
        SignOff.objects.create(application=submitted(), officer=officer(), ticked=[], **facts)


@pytest.mark.django_db(transaction=True)
def test_two_officers_who_sign_at_once_make_one_sign_off_and_the_other_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    application = submitted()
    officers = [officer(), officer("second@county.example")]
    together, both_found_it_open, outcomes = Barrier(2), Barrier(2), list[str]()
    condition = bound_guards["application", "signing_open"]

    def dawdle(step: Step[Any]) -> Refusal | None:
        """Would let both through at once, if nothing kept the second waiting before."""
        with suppress(BrokenBarrierError):
            both_found_it_open.wait(timeout=0.5)
        return condition(step)

    monkeypatch.setitem(bound_guards, ("application", "signing_open"), dawdle)

    def press(number: int) -> None:
        try:
            together.wait(timeout=60)
            sign(application, officers[number])
            outcomes.append("signed")
        except NotPermitted as refused:
            outcomes.append(refused.message)
        finally:
            connection.close()

    threads = [Thread(target=press, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    told, signed = sorted(outcomes, key=lambda outcome: outcome == "signed")
    assert signed == "signed"
    assert "目前狀態為「簽核通過」" in told
    assert SignOff.objects.count() == 1
    assert Letter.objects.about(application).filter(kind="application_signed_off").count() == 1
