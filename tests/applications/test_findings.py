"""What the platform notices for the officer."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from careward.applications import acts
from careward.applications.findings import Finding, lift, note, settle
from careward.applications.models import Application
from careward.journal import acting
from careward.kernel import texts
from support.applying import APPLICANT, DURING, draft, lacking

pytestmark = pytest.mark.django_db

UNREAD = "applications:code_unread"
OUTDATED = "applications:code_outdated"
VALUES = {UNREAD: {"document": "委託書"}, OUTDATED: {"document": "委託書", "printed": 1, "current": 2}}


def _in_force(application: Application) -> list[tuple[str, str]]:
    return [(finding.kind, finding.subject) for finding in application.findings.in_force()]


def test_a_finding_says_what_was_noticed_what_to_look_at_and_what_the_applicant_can_do() -> None:
    with acting(APPLICANT, "test"):
        finding = note(lacking(), OUTDATED, **VALUES[OUTDATED])
    assert "第 1 版" in finding.says
    assert "比對" in finding.look_at
    assert "重新用印" in finding.told


def test_the_same_thing_is_noted_once_and_its_values_are_renewed() -> None:
    application = lacking()
    with acting(APPLICANT, "test"):
        first = note(application, OUTDATED, subject="mandate", **VALUES[OUTDATED])
        again = note(application, OUTDATED, subject="mandate", **{**VALUES[OUTDATED], "current": 3})
        note(application, OUTDATED, subject="vendor_commitment", **VALUES[OUTDATED])
    assert again.pk == first.pk
    assert "第 3 版" in again.says
    assert _in_force(application) == [(OUTDATED, "mandate"), (OUTDATED, "vendor_commitment")]


def test_the_database_too_keeps_it_once() -> None:
    application = lacking()
    with acting(APPLICANT, "test"):
        note(application, UNREAD, **VALUES[UNREAD])
        with pytest.raises(IntegrityError), transaction.atomic():
            Finding.objects.create(application=application, kind=UNREAD, values=VALUES[UNREAD])


def test_what_is_no_longer_true_is_lifted_and_may_come_again() -> None:
    application = lacking()
    with acting(APPLICANT, "test"):
        note(application, UNREAD, **VALUES[UNREAD])
        lift(application, UNREAD)
        lift(application, UNREAD)
        assert _in_force(application) == []
        note(application, UNREAD, **VALUES[UNREAD])
    assert _in_force(application) == [(UNREAD, "")]
    assert application.findings.count() == 2


def test_settling_leaves_exactly_what_was_found_about_the_subject() -> None:
    application = lacking()
    with acting(APPLICANT, "test"):
        note(application, OUTDATED, subject="a", **VALUES[OUTDATED])
        note(application, OUTDATED, subject="b", **VALUES[OUTDATED])
        settle(application, {UNREAD, OUTDATED}, {UNREAD: VALUES[UNREAD]}, subject="a")
    assert _in_force(application) == [(OUTDATED, "b"), (UNREAD, "a")]


@pytest.mark.parametrize(("kind", "values"), [("applications:nothing", {}), (OUTDATED, {"document": "x"})])
def test_a_finding_without_words_is_not_noted(kind: str, values: dict[str, object]) -> None:
    application = lacking()
    with acting(APPLICANT, "test"), pytest.raises(KeyError):
        note(application, kind, **values)
    assert not application.findings.exists()


def test_every_kind_of_finding_is_worded_whole() -> None:
    worded = {key.split(".")[1] for key in texts._texts("applications") if key.startswith("findings.")}
    for name in worded:
        for part in ("says", "look_at"):
            assert f"findings.{name}.{part}" in texts._texts("applications")


def test_sending_looks_once_at_what_was_noted_and_once_at_the_mailbox() -> None:
    begun = draft()
    with CaptureQueriesContext(connection) as asked:
        acts.submit(begun, APPLICANT, notice_version="1", arrived_at=DURING)
    looks = [one["sql"] for one in asked if one["sql"].lstrip().startswith("SELECT")]
    assert sum('FROM "applications_finding"' in sql for sql in looks) == 1
    assert sum('FROM "applications_mailboxproof"' in sql for sql in looks) == 1


def test_a_mailbox_that_was_found_proved_is_asked_about_again_only_when_it_is_another() -> None:
    begun = draft()
    with CaptureQueriesContext(connection) as asked:
        assert begun.mailbox_proved
        assert begun.mailbox_proved
        begun.mailbox = "another@example.org"
        assert not begun.mailbox_proved
    assert len(asked) == 2
