"""An act: one transaction with its change, its journal entry, its letters and its followers – or nothing of it."""

import pytest
from django.db import transaction

from careward.applications import acts
from careward.applications.models import Application
from careward.correspondence.models import Letter
from careward.flow import Refused
from careward.flow.performing import BoundTwice, act, bound_acts, guard
from careward.journal import Actor
from careward.kernel.clock import frozen
from support import applying

pytestmark = pytest.mark.django_db


def test_change_journal_and_letter_stand_together() -> None:
    with frozen(applying.DURING):
        application = applying.lacking()
    assert application.state == "lacking"
    letters = Letter.objects.about(application)
    assert [letter.kind for letter in letters] == ["application_received_lacking"]
    last = application.events.order_by("-pgh_id").first()
    assert last.pgh_context["act"] == "application.submit"
    assert last.pgh_context["role"] == "applicant"
    assert last.state == "lacking"


def test_when_a_letter_cannot_be_written_nothing_happened(monkeypatch: pytest.MonkeyPatch) -> None:
    from careward.flow import performing

    with frozen(applying.DURING):
        application = applying.draft()

        def no_paper(letter_id: str, subject: object) -> None:
            raise OSError("no paper")

        monkeypatch.setattr(performing, "post", no_paper)
        with pytest.raises(OSError, match="no paper"), transaction.atomic():
            acts.submit(application, applying.APPLICANT, notice_version="1", arrived_at=applying.DURING)
    application.refresh_from_db()
    assert application.state == "draft"
    assert Application.objects.sent().count() == 0


def test_who_was_slower_is_told_so_and_the_first_act_stands() -> None:
    with frozen(applying.DURING):
        application = applying.draft()
        acts.submit(application, applying.APPLICANT, notice_version="1", arrived_at=applying.DURING)
        with pytest.raises(Refused) as refused:
            acts.submit(application, applying.APPLICANT, notice_version="1", arrived_at=applying.DURING)
    assert refused.value.code == "not_permitted"
    assert "缺件" in refused.value.message
    assert Letter.objects.count() == 1


def test_a_stale_copy_is_not_written_back() -> None:
    with frozen(applying.DURING):
        application = applying.draft()
        stale = Application.objects.get(pk=application.pk)
        acts.save(
            application, applying.APPLICANT, changes={"person_name": "王演文"}, arrived_at=applying.DURING
        )
        after = acts.save(
            stale, applying.APPLICANT, changes={"contact_name": "李演青"}, arrived_at=applying.DURING
        )
    assert (after.person_name, after.contact_name) == ("王演文", "李演青")


def test_an_act_or_guard_cannot_be_claimed_twice() -> None:
    assert ("application", "submit") in bound_acts
    with pytest.raises(BoundTwice):
        act("application", "submit")(lambda step: None)
    with pytest.raises(BoundTwice):
        guard("application", "window_open")(lambda step: None)


def test_an_actor_has_a_role_of_the_procedures() -> None:
    with pytest.raises(ValueError, match="unknown role"):
        Actor("thief", "1")
