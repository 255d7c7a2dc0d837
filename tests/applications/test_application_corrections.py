"""Correcting, withdrawing and taking back what was sent, while the window is open."""

from datetime import timedelta

import pytest
from django.db import connection

from careward.accounts.models import MailedLink
from careward.applications import acts, proofs
from careward.applications.models import Application, Correction
from careward.correspondence import links
from careward.correspondence.models import Letter
from careward.flow import NotPermitted, Refused
from careward.kernel.identifiers import make_national_id
from support.applying import ANSWERS, APPLICANT, CLOSES, DURING, lacking, submitted

pytestmark = pytest.mark.django_db


def _correct(application: Application, **changes: object) -> Application:
    return acts.correct(application, APPLICANT, changes=changes, arrived_at=DURING)


def test_a_corrected_case_stays_where_it_was_and_keeps_what_stood_before() -> None:
    application = submitted()
    after = _correct(application, contact_phone="02-23456789", county="10007")
    assert (after.state, after.completed_at) == ("submitted", application.completed_at)
    assert after.data_version == application.data_version + 1
    made = Correction.objects.made().get()
    assert made.changes == {"contact_phone": "02-23456789"}
    assert made.replaced == {"contact_phone": ANSWERS["contact_phone"]}
    assert (made.from_state, made.version, made.voided_sign_off) == ("submitted", after.data_version, False)
    assert _correct(lacking(institution_code="1131000018"), contact_phone="02-23456789").state == "lacking"


def test_a_correction_that_asks_for_other_documents_makes_the_case_lack_them() -> None:
    after = _correct(submitted(), mode="nursing_home_system")
    assert (after.state, after.completed_at, after.sources) == ("lacking", None, [])
    assert [document.id for document in after.missing_documents] == ["intent"]


def test_a_correction_that_leaves_a_page_empty_or_changes_nothing_is_refused() -> None:
    application = submitted(mode="own", institution_type="general_nursing")
    for changes, code in (
        ({"contact_phone": ANSWERS["contact_phone"]}, "nothing_changes"),
        ({"contact_phone": ""}, "form_incomplete"),
    ):
        with pytest.raises(Refused) as refused:
            _correct(application, **changes)
        assert refused.value.code == code
    assert Application.objects.get().data_version == application.data_version
    assert not Correction.objects.exists()


def test_a_continuing_institution_keeps_its_mailbox() -> None:
    with pytest.raises(Refused) as refused:
        _correct(submitted(kind_of="continuing"), mailbox="other@example.org")
    assert refused.value.code == "mailbox_fixed"


def test_a_corrected_mailbox_gets_its_own_link_and_the_old_one_is_dead() -> None:
    application = submitted()
    with pytest.raises(Refused) as refused:
        _correct(application, mailbox="new@example.org")
    assert refused.value.code == "form_incomplete"
    newest = proofs.ask(application, "new@example.org", APPLICANT)
    assert proofs.prove(application, "new@example.org", links.code(newest.seed), APPLICANT) == "proved"
    application = _correct(application, mailbox="new@example.org")
    assert Letter.objects.filter(kind="application_corrected").get().to == ["new@example.org"]
    assert MailedLink.objects.not_revoked().get(subject_id=str(application.pk)).mailbox == "new@example.org"


def test_the_correction_letter_names_what_changed_and_never_the_answers() -> None:
    number = make_national_id(77)
    application = _correct(submitted(), person_id=number, contact_name="王大同")
    body = Letter.objects.about(application).filter(kind="application_corrected").get().body
    assert "負責人身分證號" in body
    assert "聯絡人姓名" in body
    assert number not in body
    assert "王大同" not in body
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM applications_correction")
        assert number not in repr(cursor.fetchall())


@pytest.mark.parametrize("act", ["correct", "withdraw", "restore"])
def test_after_the_window_nothing_is_corrected_or_withdrawn(act: str) -> None:
    application = submitted()
    if act == "restore":
        application = acts.withdraw(application, APPLICANT, arrived_at=CLOSES)
    facts = {"changes": {"contact_phone": "02-23456789"}} if act == "correct" else {}
    with pytest.raises(Refused) as refused:
        getattr(acts, act)(application, APPLICANT, arrived_at=CLOSES + timedelta(milliseconds=1), **facts)
    assert refused.value.code.startswith("window_closed")


def test_a_withdrawn_case_waits_for_nobody_and_can_be_taken_back() -> None:
    application = acts.withdraw(submitted(), APPLICANT, arrived_at=DURING)
    assert (application.state, application.withdrawn_at) == ("withdrawn", DURING)
    assert not Application.objects.waiting_for_review().exists()
    with pytest.raises(NotPermitted):
        _correct(application, contact_phone="02-23456789")
    restored = acts.restore(application, APPLICANT, arrived_at=DURING)
    assert (restored.state, restored.withdrawn_at) == ("submitted", None)
    kinds = set(Letter.objects.about(application).values_list("kind", flat=True))
    assert {"application_withdrawn", "application_restored"} <= kinds


def test_a_case_withdrawn_while_lacking_comes_back_lacking() -> None:
    application = acts.withdraw(lacking(), APPLICANT, arrived_at=DURING)
    assert acts.restore(application, APPLICANT, arrived_at=DURING).state == "lacking"


def test_removing_the_last_file_of_a_submitted_case_makes_it_lack_documents_again() -> None:
    application = submitted()
    document = application.documents.get()
    after = acts.remove_document(application, APPLICANT, document=document.pk, arrived_at=DURING)
    assert (after.state, after.completed_at) == ("lacking", None)
