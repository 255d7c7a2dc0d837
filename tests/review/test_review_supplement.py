"""補件: what is asked for, what is open, until when, and what comes of it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from careward import rulebook
from careward.applications import acts as applying
from careward.applications.models import Application
from careward.applications.opening import NOTHING, open_parts
from careward.applications.rules import sections
from careward.correspondence.models import Letter
from careward.flow import NotPermitted, Refused
from careward.journal import Actor
from careward.kernel.clock import frozen, taipei
from careward.review import acts, supplementing
from careward.review.models import SignOff, Supplement
from careward.review.supplementing import Wanted
from careward.rulebook.season import SECTIONS
from careward.seasons import acts as moments
from careward.seasons.models import MomentMove
from review.deciding import DEFAULT_DUE, LATEST, REVIEW, actor, answered, officer, sign, supplement
from support.applying import APPLICANT, lacking, submitted, with_scan

pytestmark = pytest.mark.django_db

MILLISECOND = timedelta(milliseconds=1)
CONTACT = Wanted("form_complete", "contact_unreachable")
SEAL = Wanted("institution_commitment_ok", "seal_missing")


def _mend(application: Application, at: Any = REVIEW, **changes: object) -> Application:
    return applying.mend(application, APPLICANT, changes=changes, arrived_at=at)


def test_the_parts_a_supplement_may_open_are_pages_of_the_form() -> None:
    answered = {section.id for section in sections(None)} - {"mailbox"}  # proved, not answered
    assert answered <= set(SECTIONS)


def test_every_phrase_of_the_season_is_a_whole_sentence() -> None:
    for item in rulebook.current().written_seasons["115"].checklist.values():
        assert item.phrases, item.id
        assert all(phrase.text.endswith("。") for phrase in item.phrases.values())


def test_the_letter_lists_exactly_what_to_mend_and_until_when() -> None:
    application = supplement(submitted(), SEAL, Wanted("licensed", words="請附設立許可的全名。"))
    letter = Letter.objects.about(application).get(kind="supplement_asked")
    asked = application.supplements.get()
    assert [item.reason for item in asked.items.all()] == [
        "機構介接承諾書缺少應蓋的大章或小章，請補蓋後重新上傳。",
        "請附設立許可的全名。",
    ]
    for item in asked.items.all():
        assert item.label in letter.body
        assert item.reason in letter.body
    assert letter.body.count("請補蓋") == 1
    assert "114 年 12 月 11 日（四）17:00" in letter.body
    assert application.state == "supplement"


def test_only_what_was_asked_for_is_open() -> None:
    application = supplement(submitted(), CONTACT)
    opened = open_parts(application, REVIEW)
    assert (opened.sections, opened.documents, opened.until) == ({"contact"}, frozenset(), DEFAULT_DUE)
    assert _mend(application, contact_phone="04-7654321").contact_phone == "04-7654321"
    for closed in (
        {"person_name": "別人"},
        {"mailbox": "new@example.org"},
        {"contact_name": "甲", "mode": "rented"},
    ):
        with pytest.raises(Refused, match="part_closed"):
            _mend(application, **closed)
    with pytest.raises(Refused, match="part_closed"):
        with_scan(application, REVIEW)
    document = application.documents.in_force().get()
    with pytest.raises(Refused, match="part_closed"):
        applying.remove_document(application, APPLICANT, document=document.pk, arrived_at=REVIEW)


def test_a_document_that_was_asked_for_can_be_replaced() -> None:
    application = supplement(submitted(), SEAL)
    old = application.documents.in_force().get()
    applying.remove_document(application, APPLICANT, document=old.pk, arrived_at=REVIEW)
    with pytest.raises(Refused, match="documents_missing"):
        answered(application)
    with_scan(application, REVIEW)
    assert answered(application).state == "submitted"
    assert open_parts(Application.objects.get(), REVIEW) == NOTHING


def test_with_the_mode_all_its_documents_are_open() -> None:
    application = supplement(submitted(), Wanted("form_complete", "mode_differs"))
    application = _mend(application, mode="rented")
    opened = open_parts(application, REVIEW)
    assert opened.documents == {"mandate", "vendor_commitment"}
    assert "person" not in opened.sections


def test_a_mode_its_type_may_not_have_is_refused() -> None:
    application = supplement(submitted(), Wanted("form_complete", words="請更正。"))
    application = _mend(application, mode="nursing_home_system")
    with pytest.raises(Refused, match="mode_not_for_type"):
        _mend(application, institution_type="elderly")


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ((), "supplement_without_item"),
        ((Wanted("mandate_ok", "missing"),), "supplement_without_item"),
        ((SEAL, Wanted("licensed")), "supplement_without_reason"),
        ((Wanted("licensed", words=" \n"),), "supplement_without_reason"),
        ((Wanted("licensed", "seal_missing"),), "supplement_without_reason"),
    ],
)
def test_a_supplement_without_item_or_reason_is_refused(wanted: tuple[Wanted, ...], code: str) -> None:
    application = submitted()
    with pytest.raises(Refused, match=code):
        supplementing.ask_supplement(application, actor(officer()), wanted=wanted, due=DEFAULT_DUE)
    assert not Supplement.objects.exists()


@pytest.mark.parametrize("due", [REVIEW, REVIEW - MILLISECOND, LATEST + MILLISECOND])
def test_the_due_time_lies_ahead_and_not_beyond_the_seasons_latest(due: Any) -> None:
    with pytest.raises(Refused, match="supplement_due_outside"):
        supplement(submitted(), due=due)


def test_at_the_latest_due_time_nothing_more_is_asked_for() -> None:
    application = submitted()
    with frozen(LATEST), pytest.raises(Refused, match="supplement_too_late"):
        supplement(application, due=LATEST + MILLISECOND)


def test_what_lacks_documents_is_asked_for_after_the_window_and_not_before() -> None:
    application = lacking()
    closes = taipei(2025, 12, 8, 17)
    with frozen(closes), pytest.raises(Refused, match="window_still_open"):
        supplement(application)
    with frozen(closes + MILLISECOND):
        application = supplement(application, Wanted("institution_commitment_ok", "missing"))
    with_scan(application, REVIEW)
    application = answered(application)
    assert (application.state, application.completed_at) == ("submitted", REVIEW)


def test_the_answer_counts_until_its_due_time_and_not_later() -> None:
    application = supplement(submitted(), CONTACT)
    with pytest.raises(Refused, match="supplement_over"):
        _mend(application, DEFAULT_DUE + MILLISECOND, contact_phone="04-7654321")
    with pytest.raises(Refused, match="supplement_over"):
        answered(application, DEFAULT_DUE + MILLISECOND)
    assert open_parts(application, DEFAULT_DUE + MILLISECOND) == NOTHING
    assert answered(application, DEFAULT_DUE).state == "submitted"


def test_not_mended_becomes_available_after_the_due_time_and_not_before() -> None:
    application, by = supplement(submitted()), actor(officer())
    with frozen(DEFAULT_DUE), pytest.raises(Refused, match="supplement_not_over"):
        acts.mark_not_mended(application, by, remark="")
    with frozen(DEFAULT_DUE + MILLISECOND):
        application = acts.mark_not_mended(application, by, remark="沒有回覆")
    assert application.state == "not_mended"
    signed = SignOff.objects.get()
    assert (signed.outcome, signed.ticked, signed.remark) == ("not_mended", [], "沒有回覆")
    assert not application.supplements.running().exists()
    letter = Letter.objects.about(application).get(kind="application_not_mended")
    assert "未依限補正" in letter.subject
    assert "請補蓋" in letter.body
    assert "沒有回覆" not in letter.body


def test_not_mended_can_be_signed_until_accounts_are_due() -> None:
    application = supplement(submitted())
    with frozen(taipei(2025, 12, 20) + MILLISECOND), pytest.raises(Refused, match="signing_closed"):
        acts.mark_not_mended(application, actor(officer()), remark="")


def test_several_rounds_are_counted_and_each_keeps_what_stood_before() -> None:
    application = supplement(submitted(), CONTACT)
    application = answered(_mend(application, contact_phone="04-7654321"))
    application = supplement(application, SEAL)
    first, second = application.supplements.order_by("number")
    assert "04-7123456#12" in first.before
    assert "04-7654321" in second.before
    assert (first.number, second.number) == (1, 2)
    assert open_parts(application, REVIEW).documents == {"institution_commitment"}
    assert sign(answered(application)).state == "signed_off"


def test_the_county_takes_a_case_back_with_a_reason() -> None:
    application, by = supplement(submitted()), actor(officer())
    with pytest.raises(Refused, match="reason_missing"):
        supplementing.close_supplement(application, by, reason=" ")
    application = supplementing.close_supplement(application, by, reason="文件其實有蓋章")
    assert application.state == "submitted"
    assert application.supplements.get().closing == "文件其實有蓋章"
    assert Letter.objects.about(application).filter(kind="supplement_closed").exists()


def test_withdrawing_ends_the_round() -> None:
    during = taipei(2025, 12, 5, 9)
    with frozen(during):
        application = supplement(submitted())
    applying.withdraw(application, APPLICANT, arrived_at=during)
    assert not Supplement.objects.running().exists()


def test_a_case_in_supplement_is_not_signed_as_passed() -> None:
    with pytest.raises(NotPermitted):
        sign(supplement(submitted()))


@pytest.mark.usefixtures("acting")
def test_the_database_itself_knows_one_running_round() -> None:
    application = supplement(submitted())
    facts = {"application": application, "asked_by": officer(), "asked_at": REVIEW, "before": "{}"}
    with pytest.raises(IntegrityError, match="one_supplement_is_open"), transaction.atomic():
        Supplement.objects.create(number=2, due_at=LATEST, **facts)
    with pytest.raises(IntegrityError, match="supplement_is_due_later"), transaction.atomic():
        Supplement.objects.create(number=2, due_at=REVIEW, closed_at=REVIEW, **facts)


def test_the_answers_before_lie_in_clear_nowhere(stands_somewhere: Any) -> None:
    application = supplement(submitted())
    assert application.person_id is not None
    assert application.person_id in application.supplements.get().before
    assert stands_somewhere(application.person_id) == []


def test_a_round_due_at_a_moved_moment_follows_it_and_a_time_of_ones_own_stays() -> None:
    own = DEFAULT_DUE - timedelta(hours=3)
    here = supplement(submitted())
    chosen = supplement(submitted(institution_code="1131000010"), due=own)
    there = submitted(institution_code="1131000011", county="63000")
    there = supplement(there, by=officer("there@county.example", county="63000"))
    later = LATEST - timedelta(hours=1)
    moved = moments.move(
        MomentMove(season="115", code="supplement_default_due", county="10007", at=later, reason="颱風"),
        Actor("ministry", "test"),
    )
    assert here.supplements.get().due_at == later
    assert chosen.supplements.get().due_at == own
    assert there.supplements.get().due_at == DEFAULT_DUE
    assert answered(here, later).state == "submitted"
    again = supplement(Application.objects.get(pk=here.pk), due=later)
    moments.take_back(moved, Actor("ministry", "test"))
    assert again.supplements.get(number=2).due_at == DEFAULT_DUE


def test_what_was_mended_is_compared_anew_with_other_applications() -> None:
    submitted(institution_code="1131000010", sources=["168.95.1.7/32"])
    application = supplement(submitted(sources=["168.95.1.8/32"]), Wanted("addresses_plausible", "shared"))
    shared = application.findings.in_force().filter(kind="applications:address_shared")
    assert not shared.exists()
    application = _mend(application, sources=["168.95.1.7/32"])
    assert shared.exists()
    _mend(application, sources=["168.95.1.9/32"])
    assert not shared.exists()
