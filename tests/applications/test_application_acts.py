"""What an applicant may do, when, and what it leaves behind."""

from datetime import datetime, timedelta
from threading import Barrier, Thread
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from careward import rulebook
from careward.accounts.models import MailedLink
from careward.applications import acts
from careward.applications.models import Application, Document
from careward.applications.procedure import PROCEDURE
from careward.applications.rules import is_reference
from careward.correspondence.models import Letter
from careward.flow import NotPermitted, Refused
from careward.journal import Actor, acting
from careward.kernel.clock import frozen, taipei
from careward.kernel.procedure import ROLES
from support.applying import ANSWERS, APPLICANT, CLOSES, DURING, draft, lacking, submitted, with_scan

pytestmark = pytest.mark.django_db

MAKERS = {"draft": draft, "lacking": lacking, "submitted": submitted}
OWN_ACTS = ("save", "submit", "add_document", "remove_document", "complete")


def _try(act: str, application: Application, by: Actor) -> Application:
    scan = acts.Scan(f"test/{uuid4()}", "a.pdf", "application/pdf", 1, "0" * 64, 1)
    first = application.documents.in_force().first()
    facts: dict[str, dict[str, Any]] = {
        "save": {"changes": {"contact_phone": "02-23456789"}},
        "submit": {"notice_version": "1"},
        "add_document": {"kind": "institution_commitment", "scan": scan},
        "remove_document": {"document": first.pk if first else uuid4()},
        "complete": {},
    }
    perform = getattr(acts, act)
    result: Application = perform(application, by, arrived_at=DURING, **facts[act])
    return result


@pytest.mark.parametrize("state", MAKERS)
@pytest.mark.parametrize("act", OWN_ACTS)
@pytest.mark.parametrize("role", ROLES)
def test_exactly_the_acts_of_the_table_are_possible(state: str, act: str, role: str) -> None:
    application = MAKERS[state]()
    if state == "lacking":
        application = with_scan(application)
    rows = PROCEDURE.rows(state, act, role)
    if not rows:
        with pytest.raises(NotPermitted):
            _try(act, application, Actor(role, "test"))
        assert Application.objects.get(pk=application.pk).state == state
        return
    after = _try(act, application, Actor(role, "test"))
    assert after.state in {row.next for row in rows}
    assert Application.objects.get(pk=application.pk).state == after.state


@pytest.mark.parametrize("role", [role for role in ROLES if role != "applicant"])
def test_only_an_applicant_begins_an_application(role: str) -> None:
    with pytest.raises(NotPermitted):
        acts.start(Application(season="115", kind="new"), Actor(role, "test"), arrived_at=DURING)
    assert not Application.objects.exists()


@pytest.mark.usefixtures("acting")
def test_the_database_itself_refuses_a_step_the_table_does_not_have() -> None:
    application = submitted()
    with pytest.raises(Exception, match="Invalid transition"), transaction.atomic():
        Application.objects.filter(pk=application.pk).update(state="draft")


def test_the_form_accepts_the_last_millisecond_and_refuses_the_next() -> None:
    in_time = acts.submit(draft(), APPLICANT, notice_version="1", arrived_at=CLOSES)
    assert in_time.state == "lacking"
    assert in_time.submitted_at == CLOSES
    late = draft()
    with pytest.raises(Refused) as refused:
        acts.submit(late, APPLICANT, notice_version="1", arrived_at=CLOSES + timedelta(milliseconds=1))
    assert refused.value.code == "window_closed"
    assert "114 年 12 月 8 日（一）17:00 截止" in refused.value.message
    assert "17:00:00.001" in refused.value.message
    assert "02-85907137" in refused.value.message
    assert Application.objects.get(pk=late.pk).state == "draft"
    assert not Letter.objects.filter(about__contains=str(late.pk)).exists()


def test_what_arrived_in_time_counts_however_late_it_is_dealt_with() -> None:
    application = draft()
    with frozen(CLOSES + timedelta(minutes=3)):
        assert acts.submit(application, APPLICANT, notice_version="1", arrived_at=CLOSES).state == "lacking"


@given(offset=st.integers(min_value=-(10**10), max_value=10**10))
def test_the_window_is_open_from_its_first_to_its_last_moment(offset: int) -> None:
    season = rulebook.current().written_seasons["115"]
    opens, closes = season.moment("applications_open").at, season.moment("institution_window_closes").at
    for edge in (opens, closes):
        at = edge + timedelta(microseconds=offset)
        assert _window_lets(at) is (opens <= at <= closes)


def _window_lets(at: datetime) -> bool:
    try:
        with transaction.atomic():
            acts.start(Application(season="115", kind="new"), APPLICANT, arrived_at=at)
    except Refused as refused:
        return refused.code != ("window_closed" if at > CLOSES else "window_not_open")
    return True


def test_before_the_season_opens_the_refusal_says_when_and_names_every_window() -> None:
    with pytest.raises(Refused) as refused:
        acts.start(
            Application(season="115", kind="new"), APPLICANT, arrived_at=taipei(2025, 11, 17, 8, 59, 59)
        )
    assert "114 年 11 月 17 日（一）09:00" in refused.value.message
    assert "老人福利機構 02-89791196#216" in refused.value.message
    assert "一般護理之家 02-85907137" in refused.value.message


def test_sent_without_documents_is_lacking_and_says_so_in_the_letter() -> None:
    application = lacking()
    assert application.state == "lacking"
    assert is_reference(application.reference)
    assert application.completed_at is None
    letter = Letter.objects.about(application).get()
    assert letter.kind == "application_received_lacking"
    assert letter.to == ["office@example.org"]
    assert "機構介接承諾書" in letter.body
    assert "114 年 12 月 8 日（一）17:00" in letter.body
    assert "⟦link:" in letter.body


def test_sent_with_every_document_goes_straight_to_review() -> None:
    application = draft()
    with acting(APPLICANT, "prepare"):
        application.documents.create(
            kind="institution_commitment", version=1, key="test/one", name="a.pdf",
            media_type="application/pdf", size=1, sha256="0" * 64, pages=1,
        )  # fmt: skip
    sent = acts.submit(application, APPLICANT, notice_version="1", arrived_at=DURING)
    assert sent.state == "submitted"
    assert sent.completed_at == DURING
    assert Letter.objects.about(sent).get().kind == "application_received"


def test_an_unfinished_form_cannot_be_sent() -> None:
    application = draft(person_id=None)
    with pytest.raises(Refused) as refused:
        acts.submit(application, APPLICANT, notice_version="1", arrived_at=DURING)
    assert refused.value.code == "form_incomplete"


def test_completing_needs_every_document_and_tells_which_is_missing() -> None:
    application = lacking()
    with pytest.raises(Refused) as refused:
        acts.complete(application, APPLICANT, arrived_at=DURING)
    assert "機構介接承諾書" in refused.value.message
    assert Application.objects.get(pk=application.pk).state == "lacking"


def test_completed_in_time_waits_for_review_and_both_letters_carry_the_same_link() -> None:
    application = submitted()
    assert list(Application.objects.waiting_for_review()) == [application]
    letters = list(Letter.objects.about(application))
    written = Letter.events.rel.related_model.objects.filter(pgh_label="insert").order_by("pgh_id")
    assert [letter.kind for letter in written] == ["application_received_lacking", "application_completed"]
    link = MailedLink.objects.get(subject_id=str(application.pk))
    assert all(link.seed in letter.body for letter in letters)
    assert link.expires_at == rulebook.current().written_seasons["115"].application_link_expires_at


def test_a_document_after_the_window_is_refused_with_reason_and_whom_to_call() -> None:
    application = lacking()
    late = CLOSES + timedelta(milliseconds=1)
    with pytest.raises(Refused) as refused:
        acts.complete(application, APPLICANT, arrived_at=late)
    assert refused.value.code == "window_closed_lacking"
    assert "補件通知" in refused.value.message
    assert "02-85907137" in refused.value.message


def test_a_document_the_mode_does_not_ask_for_is_not_taken() -> None:
    with pytest.raises(acts.UnknownDocument):
        with_scan(lacking(), kind="mandate")


def test_a_document_may_be_several_files_but_not_any_number() -> None:
    application = lacking()
    most = rulebook.current().written_seasons["115"].limits.uploads_per_document.value
    for _ in range(most):
        _try("add_document", application, APPLICANT)
    with pytest.raises(Refused) as refused:
        _try("add_document", application, APPLICANT)
    assert refused.value.code == "too_many_files"
    scan = acts.Scan("test/instead", "a.pdf", "application/pdf", 1, "0" * 64, 1)
    first = application.documents.in_force().first()
    assert first is not None
    acts.add_document(
        application, APPLICANT, kind="institution_commitment", scan=scan, arrived_at=DURING, replaces=first.pk
    )
    assert application.documents.in_force().count() == most
    assert first.pk not in set(application.documents.in_force().values_list("pk", flat=True))


def test_a_removed_document_is_missing_again_and_cannot_be_removed_twice() -> None:
    application = with_scan(lacking())
    document = application.documents.get()
    acts.remove_document(application, APPLICANT, document=document.pk, arrived_at=DURING)
    assert [kind.id for kind in application.missing_documents] == ["institution_commitment"]
    with pytest.raises(Document.DoesNotExist):
        acts.remove_document(application, APPLICANT, document=document.pk, arrived_at=DURING)


def test_another_applications_document_cannot_be_removed_or_replaced() -> None:
    theirs = with_scan(lacking()).documents.get()
    mine = lacking(institution_code="1131000010")
    with pytest.raises(Document.DoesNotExist):
        acts.remove_document(mine, APPLICANT, document=theirs.pk, arrived_at=DURING)
    assert Document.objects.get(pk=theirs.pk).removed_at is None


def test_changed_answers_raise_the_data_version_and_the_same_answers_do_not() -> None:
    application = draft()
    again = acts.save(application, APPLICANT, changes={"county": "10007"}, arrived_at=DURING)
    assert again.data_version == 1
    moved = acts.save(application, APPLICANT, changes={"county": "63000"}, arrived_at=DURING)
    assert moved.data_version == 2


def test_a_type_that_may_not_choose_the_mode_loses_it() -> None:
    application = draft(mode="nursing_home_system", sources=[])
    changed = acts.save(application, APPLICANT, changes={"institution_type": "elderly"}, arrived_at=DURING)
    assert changed.mode == ""


def test_only_answers_of_the_form_can_be_saved() -> None:
    with pytest.raises(ValueError, match="reference"):
        acts.save(draft(), APPLICANT, changes={"reference": "115-AAAA-A"}, arrived_at=DURING)


@pytest.mark.usefixtures("acting")
@pytest.mark.parametrize("field", [name for name in ANSWERS if name != "sources"])
def test_the_database_refuses_a_sent_application_with_an_empty_answer(field: str) -> None:
    application = lacking()
    empty = None if field.startswith(("person", "contact_name")) else ""
    with pytest.raises(IntegrityError), transaction.atomic():
        Application.objects.filter(pk=application.pk).update(**{field: empty})


@pytest.mark.usefixtures("acting")
def test_a_constraint_that_is_hurt_says_so_in_words() -> None:
    application = lacking()
    application.institution_name = ""
    with pytest.raises(ValidationError, match="必填欄位"):
        application.validate_constraints()


def test_the_journal_knows_who_did_what_and_the_database_never_sees_the_person() -> None:
    application = lacking()
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM applications_applicationevent WHERE pgh_obj_id = %s", [application.pk])
        names = [column.name for column in cursor.description]
        events = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        cursor.execute("SELECT * FROM applications_application")
        raw = repr(cursor.fetchall()) + repr(events)
    assert [event["state"] for event in events] == ["draft", "lacking"]
    contexts = [event["pgh_context"] for event in events]
    assert all(
        "application.start" in str(contexts[0]) and '"applicant"' in str(c).replace("'", '"')
        for c in contexts
    )
    assert "application.submit" in str(contexts[1])
    for secret in (ANSWERS["person_id"], ANSWERS["person_name"], ANSWERS["contact_name"]):
        assert secret not in raw


def test_letters_carry_nothing_about_any_person() -> None:
    application = submitted()
    for letter in Letter.objects.about(application):
        whole = letter.subject + letter.body
        for secret in ("person_id", "person_name", "contact_name", "contact_phone"):
            assert ANSWERS[secret] not in whole
        assert "<" not in whole


@pytest.mark.django_db(transaction=True)
def test_the_same_form_sent_twice_at_once_is_one_application() -> None:
    application = draft()
    together, outcomes = Barrier(2), list[str]()

    def send() -> None:
        try:
            together.wait(timeout=60)
            acts.submit(application, APPLICANT, notice_version="1", arrived_at=DURING)
            outcomes.append("sent")
        except NotPermitted:
            outcomes.append("already")
        finally:
            connection.close()

    threads = [Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(outcomes) == ["already", "sent"]
    assert Application.objects.sent().count() == 1
    assert Letter.objects.about(application).count() == 1
