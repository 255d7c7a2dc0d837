"""Answers that are acts on applications: taking 同意 back, and going the new applicant's way."""

from datetime import datetime

from django.db import transaction

from careward.accounts.models import MailedLink
from careward.applications import acts as applying
from careward.applications.models import Application
from careward.continuing import acts
from careward.continuing.models import Invitation
from careward.continuing.statement import Statement
from careward.journal import Actor, acting


def withdraw_consent(
    invitation: Invitation, by: Actor, statement: Statement, link: MailedLink, source: str, at: datetime
) -> None:
    """Withdraw the application; the invitation follows and is open again. Raises Refused once the window closed."""
    assert invitation.application is not None
    with transaction.atomic(), acting(by, "invitation.take_back"):
        acts.prove_taking_back(invitation, statement, link, source, at)
        applying.withdraw(invitation.application, by, arrived_at=at)


def anew(invitation: Invitation, by: Actor, at: datetime) -> Application:
    """Begin a new applicant's form, filled with what is known but the mailbox; the ID number is asked for.

    Source: S0 註 1 (change of the mailbox by the new applicant's procedure). Raises Refused.
    """
    known = {name: value for name, value in invitation.carried_answers.items() if name != "mailbox"}
    fresh = Application(season=invitation.season, kind="new", **known)
    return applying.start(fresh, by, arrived_at=at)
