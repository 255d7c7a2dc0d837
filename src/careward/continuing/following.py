"""What an invitation makes of the acts on its application, in the same transaction."""

from typing import Any, Final

from careward.applications.models import Application
from careward.continuing import acts
from careward.continuing.models import Invitation
from careward.continuing.procedure import AGREED, CHANGED, INVITED, STRUCK
from careward.flow import Refused, Step, after
from careward.kernel.texts import text
from careward.store.by_key import ByKey

_INVITATIONS: Final = ByKey(Invitation, "application")


def _invitation(step: Step[Any]) -> Invitation | None:
    application: Application = step.subject
    return _INVITATIONS.get(application.pk)


@after("application", "save")
@after("application", "correct")
def stays_the_institution(step: Step[Any]) -> None:
    """Whoever opened an invitation answers for that institution and no other. Raises Refused."""
    invitation = _invitation(step)
    if invitation is not None and step.subject.institution_code != invitation.institution.code:
        raise Refused("other_institution", text("continuing:refusals.other_institution"))


@after("application", "submit")
def still_on_the_list(step: Step[Any]) -> None:
    """A change begun before the institution was struck from the list is no way in any more. Raises Refused."""
    invitation = _invitation(step)
    if invitation is not None and invitation.state == STRUCK:
        raise Refused("struck", text("continuing:refusals.struck"))


@after("application", "submit")
@after("application", "restore")
def change_arrived(step: Step[Any]) -> None:
    """A change begun from the invitation was sent, or a withdrawn one stands again."""
    invitation = _invitation(step)
    if invitation is not None and invitation.state == INVITED and not step.subject.carried_over:
        acts.receive_change(invitation, step.by)


@after("application", "correct")
def consent_became_a_change(step: Step[Any]) -> None:
    """After 同意 the form was corrected: now it is a change."""
    invitation = _invitation(step)
    if invitation is not None and invitation.state == AGREED:
        acts.receive_change(invitation, step.by)


@after("application", "withdraw")
def invitation_is_open_again(step: Step[Any]) -> None:
    """Withdrawn: the institution may answer anew until the window closes."""
    invitation = _invitation(step)
    if invitation is not None and invitation.state in (AGREED, CHANGED):
        acts.take_back(invitation, step.by)
