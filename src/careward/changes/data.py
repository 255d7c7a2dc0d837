"""The connection data in force: what a change is shown beside, and what it changes."""

from careward.applications.models import Application
from careward.changes.rules import Data
from careward.provisioning.models import UploadAccount
from careward.registry.models import PersonInCharge
from careward.review.moving import desk_of

__all__ = ["account_of", "desk_of", "now_of", "person_now"]


def account_of(application: Application) -> UploadAccount | None:
    """The account that came of an application, while it is in use."""
    return UploadAccount.objects.in_use().filter(application=application, through="").first()


def person_now(application: Application) -> str | None:
    """The person in charge: as the registry has it since the application was sent, else as it was applied with."""
    known = PersonInCharge.objects.now(application.institution_code)
    if known is not None and application.submitted_at is not None and known.since > application.submitted_at:
        return known.name
    return application.person_name


def now_of(application: Application) -> Data:
    """Addresses and person in force; no addresses where the mode has none."""
    account = account_of(application)
    return Data(list(account.networks) if account else None, person_now(application))


def parts_of(application: Application) -> tuple[str, ...]:
    """What of it can be changed: addresses only with an account."""
    return ("sources", "person") if account_of(application) else ("person",)
