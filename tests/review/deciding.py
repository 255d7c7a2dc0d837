"""Applications as the county leaves them, signed off by the real act."""

from datetime import datetime

from careward.accounts.models import User
from careward.applications import acts as applying
from careward.applications.jobs import render_pages
from careward.applications.models import Application
from careward.journal import Actor
from careward.kernel.clock import frozen, taipei
from careward.review import acts, moving, supplementing
from careward.review.assigning import judge
from careward.review.rules import Desk
from careward.review.supplementing import Wanted
from support.applying import APPLICANT, submitted, with_scan
from support.signing_in import person

REVIEW = taipei(2025, 12, 10, 9)
"""A moment at which the counties review the demo season's applications."""


def officer(email: str = "health@county.example", county: str = "10007", unit: str = "health") -> User:
    """The officer in charge of the application that :mod:`support.applying` makes."""
    found: User | None = User.objects.filter(email=email).first()
    return found or person("officer", email, county=county, unit=unit)


def every_item(application: Application) -> list[str]:
    """All ticks of the application's checklist."""
    return [item.id for item in application.rules.checklist_for(application.mode, application.kind)]


def sign(
    application: Application, by: User | None = None, *, without: str = "", remark: str = ""
) -> Application:
    """Sign off, every item ticked but the one named."""
    ticked = [item for item in every_item(application) if item != without]
    return acts.sign_off(application, actor(by or officer()), ticked=ticked, remark=remark)


def signed_off(**changes: object) -> Application:
    """已簽核, signed while the counties review."""
    application = submitted(**changes)
    with frozen(REVIEW):
        return sign(application)


LATEST = taipei(2025, 12, 12, 17)
"""The season's last moment for an answer to 補件."""
DEFAULT_DUE = taipei(2025, 12, 11, 17)


def supervisor(email: str = "chief@county.example", county: str = "10007", unit: str = "health") -> User:
    """The supervisor of the same desk."""
    found: User | None = User.objects.filter(email=email).first()
    return found or person("supervisor", email, county=county, unit=unit)


def actor(user: User) -> Actor:
    """The same person as the journal names them."""
    return Actor(user.role, str(user.pk))


def second_step(chief: User | None = None, *, on: bool = True) -> None:
    """Let the supervisor of a desk switch its second step."""
    chief = chief or supervisor()
    moving.set_second_step(chief, Desk(chief.county, chief.unit), on=on)


def supplement(
    application: Application, *wanted: Wanted, due: datetime = DEFAULT_DUE, by: User | None = None
) -> Application:
    """補件中: asked for by the officer; by default the document's seal is missing."""
    items = wanted or (Wanted("institution_commitment_ok", "seal_missing"),)
    return supplementing.ask_supplement(application, actor(by or officer()), wanted=items, due=due)


def answered(application: Application, at: datetime = REVIEW) -> Application:
    """待審查 again: the institution has sent its answer."""
    return supplementing.answer_supplement(application, APPLICANT, reply="", arrived_at=at)


def with_new_document(application: Application, at: datetime = REVIEW) -> Application:
    """補件中: the institution has replaced its document; pictures of both versions are made."""
    for old in application.documents.in_force():
        applying.remove_document(application, APPLICANT, document=old.pk, arrived_at=at)
    with_scan(application, at)
    for document in application.documents.all():
        render_pages(document_id=str(document.pk))
    return application


def cleared(application: Application, by: User | None = None) -> Application:
    """The same with every finding of the platform confirmed by the desk: nothing is left to judge."""
    for finding in application.findings.in_force():
        judge(finding, by or officer(), holds=True, reason="")
    return application
