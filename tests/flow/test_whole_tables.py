"""Every procedure against its table: each state, each act, each role, and each change of state in the database."""

import hashlib
from collections.abc import Callable
from itertools import product
from uuid import uuid4

import pytest
from django.db import IntegrityError, ProgrammingError, transaction

from careward.applications.models import Application
from careward.changes.models import ConnectionChange
from careward.continuing.models import Invitation
from careward.correspondence.models import Letter
from careward.flow import NotPermitted
from careward.flow.checks import procedures
from careward.flow.models import Subject
from careward.flow.performing import bound_acts
from careward.intake.models import Delivery
from careward.journal import Actor, acting
from careward.kernel import clock
from careward.kernel.procedure import ROLES, Procedure
from careward.members.models import Delegation, Member
from careward.provisioning.models import SystemAccount
from careward.seasons.models import MomentMove
from careward.vendors.models import SystemVendor
from support import continuing, delivering, signing_in, vendors

pytestmark = pytest.mark.django_db


def _application(state: str) -> Application:
    application = delivering.account().application
    return _made(application, state)


def _account(state: str) -> Subject:
    return delivering.account(state=state)


def _delivery(state: str, ticket: str = "0123456789") -> Delivery:
    earlier = _delivery("rejected", "9876543210") if state == "repeated" else None
    account = delivering.account()
    with acting(Actor.system("test"), "prepare"):
        return Delivery.objects.create(
            state=state, ticket=ticket, repeats=earlier, account=account, institution=account.institution, lane="live",
            name="staff-11501.csv", dataset="staff", period="11501", spec="1.0", size=3,
            sha256=hashlib.sha256(b"abc").hexdigest(), raw_key=f"deliveries/{ticket}", received_at=delivering.OPEN,
            checked_at=delivering.OPEN, receipt_key="receipts/x", error_count=1 if state == "rejected" else 0,
        )  # fmt: skip


def _made(subject: Application, state: str) -> Application:
    """A second application of its own, in the wanted state; the trigger forbids to move the first one back."""
    subject.pk, subject._state.adding = None, True
    subject.reference = f"U{subject.reference[1:]}"
    with acting(Actor.system("test"), "prepare"):
        return Application.objects.create(
            **{
                f.attname: getattr(subject, f.attname)
                for f in subject._meta.concrete_fields
                if f.attname not in ("id", "state")
            },
            state=state,
        )


def _moment_move(state: str) -> MomentMove:
    with acting(Actor.system("test"), "prepare"):
        return MomentMove.objects.create(
            state=state, season="115", code="upload_opens", at=delivering.OPEN, was=delivering.OPEN,
            reason="x", moved_at=delivering.OPEN,
        )  # fmt: skip


def _invitation(state: str) -> Invitation:
    answered = state in ("agreed", "changed")
    application = _application("submitted") if answered else None
    with acting(Actor.system("test"), "prepare"):
        return Invitation.objects.create(
            state=state, season="115", institution=continuing.institution(f"E-{uuid4().hex[:9]}"),
            mailbox="office@example.org", origin="import", invited_at=delivering.OPEN, application=application,
            **continuing.CARRIED,
        )  # fmt: skip


def _letter(state: str) -> Letter:
    with acting(Actor.system("test"), "prepare"):
        return Letter.objects.create(
            state=state, kind="login_code", to=["a@example.org"], subject="x", body="x", about="x:1"
        )


def _system_vendor(state: str) -> SystemVendor:
    code = f"V{uuid4().hex[:8].upper()}"
    with acting(Actor.system("test"), "prepare"):
        return SystemVendor.objects.create(
            **{**vendors.KNOWN, "business_id": uuid4().hex[:8]},
            state=state, code=code, listed_at=delivering.OPEN,
        )  # fmt: skip


def _connection_change(state: str) -> ConnectionChange:
    account = delivering.account()
    with acting(Actor.system("test"), "prepare"):
        return ConnectionChange.objects.create(
            state=state, application=account.application, number=1, sources=["168.95.9.9/32"], reason="x",
            sent_at=delivering.OPEN, approved_at=delivering.OPEN,
        )  # fmt: skip


def _member(state: str) -> Member:
    user = signing_in.person("vendor", f"{uuid4().hex[:8]}@example.org")
    with acting(Actor.system("test"), "prepare"):
        return Member.objects.create(
            state=state, user=user, institution=delivering.institution(), position="clerk", name="x"
        )


def _delegation(state: str) -> Delegation:
    with acting(Actor.system("test"), "prepare"):
        return Delegation.objects.create(
            state=state, institution=delivering.institution(), company=_system_vendor("listed"),
            first_day=delivering.OPEN.date(), last_day=delivering.OPEN.date(),
        )  # fmt: skip


def _system_account(state: str) -> SystemAccount:
    with acting(Actor.system("test"), "prepare"):
        return SystemAccount.objects.create(
            state=state, mode=uuid4().hex[:8], username=uuid4().hex[:12], networks=["168.95.9.9/32"]
        )


FACTORIES: dict[str, Callable[[str], Subject]] = {
    "application": _application,
    "account": _account,
    "delivery": _delivery,
    "invitation": _invitation,
    "system_vendor": _system_vendor,
    "moment_move": _moment_move,
    "letter": _letter,
    "connection_change": _connection_change,
    "member": _member,
    "delegation": _delegation,
    "system_account": _system_account,
}
EVERY = [(p.id, state) for p in procedures().values() for state in p.states]


def test_every_procedure_is_tried_here() -> None:
    assert set(FACTORIES) == set(procedures())


@pytest.mark.parametrize(("procedure", "state"), EVERY)
def test_what_the_table_does_not_name_is_refused_and_changes_nothing(procedure: str, state: str) -> None:
    table = procedures()[procedure]
    subject = FACTORIES[procedure](state)
    before = type(subject)._base_manager.filter(pk=subject.pk).values().get()
    refused = 0
    for act, role in product(table.acts, ROLES):
        if table.rows(state, act, role):
            continue
        with pytest.raises(NotPermitted), clock.frozen(delivering.OPEN):
            _perform(table, act)(subject, Actor(role, "somebody"))
        refused += 1
    assert refused > 0
    assert type(subject)._base_manager.filter(pk=subject.pk).values().get() == before


def _perform(table: Procedure, act: str) -> Callable[..., object]:
    body = bound_acts[table.id, act]
    module = __import__(body.__module__, fromlist=[body.__name__])
    performing: Callable[..., object] = getattr(module, body.__name__)
    return performing


@pytest.mark.parametrize(("procedure", "state"), EVERY)
def test_the_database_itself_knows_only_the_tables_changes(procedure: str, state: str) -> None:
    table = procedures()[procedure]
    named = {(row.state, row.next) for row in table.transitions}
    for target in table.states:
        if target == state:
            continue
        subject = FACTORIES[procedure](state)
        assert _database_lets(subject, target) == ((state, target) in named), f"{state} → {target}"
        with acting(Actor.system("test"), "prepare"):
            _forget(subject)


def _database_lets(subject: Subject, target: str) -> bool:
    try:
        with transaction.atomic(), acting(Actor.system("test"), "try"):
            type(subject)._base_manager.filter(pk=subject.pk).update(state=target)
    except ProgrammingError:
        return False
    except IntegrityError:
        return True  # the trigger let it pass; other constraints want more fields than this test fills
    return True


def _forget(subject: Subject) -> None:
    if isinstance(subject, Delivery):
        subject.delete()
        if subject.repeats:
            subject.repeats.delete()


@pytest.mark.parametrize("procedure", sorted(FACTORIES))
def test_an_unknown_state_is_no_state(procedure: str) -> None:
    with pytest.raises((IntegrityError, ProgrammingError)), transaction.atomic():
        FACTORIES[procedure]("nowhere")
