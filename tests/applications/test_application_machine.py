"""The application's procedure as a machine: acts × roles × clock in any order, against a small oracle."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from careward.applications import acts, proofs
from careward.applications.models import Application
from careward.flow import Refused
from careward.journal import Actor
from careward.kernel.clock import frozen, taipei
from careward.kernel.procedure import ROLES
from support.applying import ANSWERS, CLOSES

OPENS = taipei(2025, 11, 17, 9)
DURING = taipei(2025, 12, 1, 9)
MOMENTS = st.sampled_from(
    [
        *[DURING] * 16, OPENS - timedelta(milliseconds=1), OPENS, CLOSES - timedelta(milliseconds=1), CLOSES,
        CLOSES + timedelta(milliseconds=1), taipei(2025, 12, 10, 9),
    ]
)  # fmt: skip
WHO = st.sampled_from([*ROLES, *["applicant"] * 40])
PHONES = st.sampled_from(["04-7123456#12", "02-23456789", ""])


class Machine(RuleBasedStateMachine):
    """What the table says, told a second time and simpler: a state, whether a document is there, a phone number."""

    def __init__(self) -> None:
        super().__init__()
        self.place = transaction.atomic()
        self.place.__enter__()
        self.state, self.paper, self.phone = "draft", False, ANSWERS["contact_phone"]
        self.version, self.proved = 1, False

    @initialize()
    def begin(self) -> None:
        fresh = Application(season="115", kind="new", **ANSWERS)
        self.application = acts.start(fresh, Actor("applicant", "machine"), arrived_at=OPENS)

    def _try(self, act: str, who: str, at: datetime, allowed: bool, **facts: Any) -> bool:
        """Perform; it must succeed exactly when the oracle says so."""
        try:
            with frozen(at), transaction.atomic():
                self.application = getattr(acts, act)(
                    self.application, Actor(who, "machine"), arrived_at=at, **facts
                )
        except Refused:
            assert not allowed, f"{act} by {who} at {at} in {self.state} was refused"
            return False
        assert allowed, f"{act} by {who} at {at} in {self.state} was done"
        return True

    def _may(self, who: str, at: datetime, *states: str) -> bool:
        return who == "applicant" and OPENS <= at <= CLOSES and self.state in states

    @precondition(lambda self: not self.proved)
    @rule()
    def prove(self) -> None:
        proofs.take_as_proved(self.application, Actor("applicant", "machine"))
        self.proved = True

    @rule(who=WHO, at=MOMENTS, phone=PHONES)
    def save(self, who: str, at: datetime, phone: str) -> None:
        if self._try("save", who, at, self._may(who, at, "draft"), changes={"contact_phone": phone}):
            self._changed(phone)

    @rule(who=WHO, at=MOMENTS)
    def submit(self, who: str, at: datetime) -> None:
        whole = self.proved and bool(self.phone)
        if self._try("submit", who, at, self._may(who, at, "draft") and whole, notice_version="2"):
            self.state = "lacking"

    @rule(who=WHO, at=MOMENTS)
    def add_document(self, who: str, at: datetime) -> None:
        scan = acts.Scan(f"test/{uuid4()}", "a.pdf", "application/pdf", 1, "0" * 64, 1)
        room = self.application.documents.in_force().count() < 5
        allowed = self._may(who, at, "lacking", "submitted") and room
        if self._try("add_document", who, at, allowed, kind="institution_commitment", scan=scan):
            self.paper = True

    @rule(who=WHO, at=MOMENTS)
    def remove_document(self, who: str, at: datetime) -> None:
        there = self.application.documents.in_force()
        if not there.exists():
            return
        allowed = self._may(who, at, "lacking", "submitted")
        if self._try("remove_document", who, at, allowed, document=there[0].pk):
            self.paper = there.all().exists()
            self.state = "submitted" if self.paper and self.state == "submitted" else "lacking"

    @rule(who=WHO, at=MOMENTS)
    def complete(self, who: str, at: datetime) -> None:
        if self._try("complete", who, at, self._may(who, at, "lacking") and self.paper):
            self.state = "submitted"

    @rule(who=WHO, at=MOMENTS, phone=PHONES)
    def correct(self, who: str, at: datetime, phone: str) -> None:
        sense = bool(phone) and phone != self.phone
        allowed = self._may(who, at, "lacking", "submitted") and sense
        if self._try("correct", who, at, allowed, changes={"contact_phone": phone}):
            self._changed(phone)

    @rule(who=WHO, at=MOMENTS)
    def withdraw(self, who: str, at: datetime) -> None:
        if self._try("withdraw", who, at, self._may(who, at, "lacking", "submitted")):
            self.state = "withdrawn"

    @rule(who=WHO, at=MOMENTS)
    def restore(self, who: str, at: datetime) -> None:
        if self._try("restore", who, at, self._may(who, at, "withdrawn")):
            self.state = "submitted" if self.paper else "lacking"

    def _changed(self, phone: str) -> None:
        self.version += phone != self.phone
        self.phone = phone

    @invariant()
    def the_database_stands_where_the_oracle_does(self) -> None:
        if not hasattr(self, "application"):
            return
        kept = Application.objects.get(pk=self.application.pk)
        assert (kept.state, kept.contact_phone, kept.data_version) == (self.state, self.phone, self.version)
        assert (kept.submitted_at is None) == (self.state == "draft")
        assert (kept.completed_at is not None) or self.state in {"draft", "lacking", "withdrawn"}
        assert (kept.withdrawn_at is not None) == (self.state == "withdrawn")
        assert bool(kept.reference) == (self.state != "draft")
        assert self.state != "submitted" or not kept.missing_documents

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.place.__exit__(None, None, None)


def _run(examples: int, steps: int) -> None:
    checks = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
    profile = settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=checks
    )
    run_state_machine_as_test(Machine, settings=profile)


@pytest.mark.django_db
def test_acts_in_any_order_by_anybody_at_any_time_follow_the_rule() -> None:
    _run(examples=10, steps=40)


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.timeout(900)
def test_many_more_of_them_do_too() -> None:
    _run(examples=80, steps=40)
