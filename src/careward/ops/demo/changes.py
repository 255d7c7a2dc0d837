"""Changes of connection data of the demo: they happen once its clock has passed the days they were asked for."""

from datetime import datetime, timedelta
from typing import Final

from careward.accounts.models import User
from careward.changes import acts
from careward.changes.models import ConnectionChange
from careward.changes.procedure import REQUESTED
from careward.journal import Actor
from careward.kernel import clock
from careward.kernel.clock import taipei
from careward.ops.demo.names import names
from careward.provisioning.models import UploadAccount
from careward.rulebook import current

ASKED_AT: Final = taipei(2025, 12, 24, 10)
APPROVED_AT: Final = ASKED_AT + timedelta(days=1, hours=4)
HOLDER: Final = Actor("applicant", "demo")
SOURCES: Final = ["127.0.0.1/32", "::1/128", "127.0.0.2/32"]
"""The demo's accounts can still be tried from this machine, and from one address more."""


def happen(now: datetime) -> None:
    """Let one change wait for review and one be approved, once; nothing before their days."""
    if now < APPROVED_AT or ConnectionChange.objects.exists():
        return
    made = UploadAccount.objects.filter(lane="live", state__in=("created", "notified")).order_by("username")
    accounts = list(made.select_related("application")[:2])
    for account, changes in zip(accounts, _wanted(), strict=False):
        with clock.frozen(ASKED_AT):
            begun = acts.begin(ConnectionChange(application=account.application), HOLDER)
            acts.send(acts.edit(begun, HOLDER, changes=changes), HOLDER)
    approved = (
        ConnectionChange.objects.filter(state=REQUESTED).order_by("-application__institution_code").first()
    )
    if approved is not None:
        with clock.frozen(APPROVED_AT):
            acts.approve(approved, _officer(approved))


def _wanted() -> tuple[dict[str, object], ...]:
    person = {"person_name": names().person(58)}
    return {"sources": SOURCES, **person}, {"sources": SOURCES}


def _officer(change: ConnectionChange) -> Actor:
    application = change.application
    unit = current().local_unit(application.institution_type, application.county).id
    officer = User.objects.get(role="officer", county=application.county, unit=unit)
    return Actor("officer", str(officer.pk))
