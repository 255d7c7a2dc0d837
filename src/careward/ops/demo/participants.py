"""Last season's institutions of the demo, in every condition: invited, opened, agreed, changed, silent."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import cycle
from typing import Any, Final

from careward.accounts.models import MailedLink
from careward.applications import acts as applying
from careward.applications.models import Application
from careward.continuing import acts
from careward.continuing.answering import withdraw_consent
from careward.continuing.models import PURPOSE, Invitation
from careward.continuing.statement import of_consent, of_taking_back
from careward.journal import Actor, acting
from careward.kernel import clock
from careward.ops.demo import clock as demo_clock
from careward.ops.demo.names import names
from careward.registry.models import Institution
from careward.rulebook import NATIONWIDE, current

DEMO: Final = Actor.system("demo")
CONDITIONS: Final = (
    "agreed", "waiting", "changed", "unfinished", "agreed", "begun", "taken_back", "waiting", "incomplete",
)  # fmt: skip
"""One after the other, again and again."""
UNINVITED: Final = 2
"""The last ones are not invited yet, so that there is a button to press."""
INVITED_AT: Final = demo_clock.BEGINNING - timedelta(days=13, hours=23)
REMINDED_AT: Final = demo_clock.BEGINNING - timedelta(days=6, hours=15)
ANSWERED_AT: Final = demo_clock.BEGINNING - timedelta(days=4, hours=22)
SOURCE: Final = "203.0.113.7"
VENDOR_BUSINESS_ID: Final = "04595257"
VENDOR_PHONE: Final = "02-27001234"


def make(institutions: Sequence[tuple[int, Institution]]) -> None:
    """Invite them, and let each come into its condition."""
    for (number, institution), condition in zip(institutions, cycle(CONDITIONS), strict=False):
        if (number, institution) in institutions[-UNINVITED:]:
            _listed(institution, number, condition)
            continue
        invitation = invited(institution, number, condition)
        _ACT.get(condition, _wait)(invitation)


def invited(institution: Institution, number: int, condition: str = "") -> Invitation:
    """An institution whose invitation has left."""
    fresh = _listed(institution, number, condition)
    with clock.frozen(INVITED_AT):
        return acts.invite(fresh, DEMO)


def _listed(institution: Institution, number: int, condition: str) -> Invitation:
    with clock.frozen(INVITED_AT):
        fresh = Invitation(
            season=_season(),
            institution=institution,
            mailbox=institution.mailbox,
            origin="import",
            person_name=names().person(number + 3),
            contact_name=names().person(number + 41),
            contact_phone=f"02-2345{number:04}",
            **_connection(institution, number, condition),
        )
        return acts.enlist(fresh, DEMO)


def _season() -> str:
    return current().season_at(demo_clock.BEGINNING, county=NATIONWIDE).code


def _connection(institution: Institution, number: int, condition: str) -> dict[str, Any]:
    """Its way of connecting; one in three rents a vendor's system and shares its address."""
    if institution.type.endswith("nursing") and number % 2:
        return {"mode": "nursing_home_system"}
    if condition == "incomplete":
        return {"mode": "own"}
    if number % 3 == 0:
        return {
            "mode": "rented",
            "vendor_name": names().vendor,
            "vendor_business_id": VENDOR_BUSINESS_ID,
            "vendor_contact": names().person(77),
            "vendor_phone": VENDOR_PHONE,
            "sources": ["168.95.10.0/28"],
        }
    return {"mode": "own", "sources": [f"168.95.{number}.1/32"]}


def _holder(invitation: Invitation) -> tuple[Actor, MailedLink]:
    link = MailedLink.objects.not_revoked().get(purpose=PURPOSE, subject_id=str(invitation.pk))
    with acting(Actor("applicant", f"link:{link.pk}"), "link.open"):
        link.last_opened_at = clock.now()
        link.save(update_fields=["last_opened_at"])
    return Actor("applicant", f"link:{link.pk}"), link


def _wait(invitation: Invitation) -> Invitation:
    with clock.frozen(REMINDED_AT):
        return acts.remind(invitation, DEMO, days_before=14)


def _open(invitation: Invitation) -> None:
    invitation = _wait(invitation)
    with clock.frozen(ANSWERED_AT):
        _holder(invitation)


def _agree(invitation: Invitation) -> Invitation:
    with clock.frozen(ANSWERED_AT):
        by, link = _holder(invitation)
        statement = of_consent(invitation)
        return acts.agree(
            invitation,
            by,
            statement=statement,
            shown=statement.sha256,
            link=link,
            source=SOURCE,
            arrived_at=ANSWERED_AT,
        )


def _take_back(invitation: Invitation) -> None:
    agreed = _agree(invitation)
    with clock.frozen(ANSWERED_AT + timedelta(hours=2)):
        by, link = _holder(agreed)
        withdraw_consent(agreed, by, of_taking_back(agreed), link, SOURCE, clock.now())


def begin_change(invitation: Invitation, at: datetime = ANSWERED_AT) -> Application:
    """A change begun in the form, not sent."""
    with clock.frozen(at):
        by, _ = _holder(invitation)
        application = acts.begin_change(invitation, by, arrived_at=at).application
    assert application is not None
    return application


def _change(invitation: Invitation) -> None:
    application = begin_change(invitation)
    visitor = Actor("applicant", str(application.pk))
    changes: dict[str, Any] = {"person_name": names().person(invitation.institution_id + 60)}
    if application.sources:
        changes["sources"] = ["168.95.200.16/28"]
    with clock.frozen(ANSWERED_AT):
        saved = applying.save(application, visitor, changes=changes, arrived_at=ANSWERED_AT)
        version = of_consent(invitation).notice_version
        applying.submit(saved, visitor, notice_version=version, arrived_at=ANSWERED_AT)


_ACT: Final[dict[str, Any]] = {
    "agreed": _agree,
    "unfinished": _open,
    "begun": begin_change,
    "taken_back": _take_back,
    "changed": _change,
}
