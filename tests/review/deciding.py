"""Applications as the county leaves them, signed off by the real act."""

from careward.accounts.models import User
from careward.applications.models import Application
from careward.journal import Actor
from careward.kernel.clock import frozen, taipei
from careward.review import acts
from support.applying import submitted
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
    return acts.sign_off(
        application, Actor("officer", str((by or officer()).pk)), ticked=ticked, remark=remark
    )


def signed_off(**changes: object) -> Application:
    """已簽核, signed while the counties review."""
    application = submitted(**changes)
    with frozen(REVIEW):
        return sign(application)
