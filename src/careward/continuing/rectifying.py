"""Mending the list of last season's participants: a wrong person, mailbox or contact; an institution listed by mistake.

A new mailbox gets a letter and a link of its own; the former is told so, and its link is dead. Whoever reads the
original mailbox and has begun to answer shows that it is right: then only the institution changes it (S0 註 1).
"""

from collections.abc import Mapping
from typing import Any, Final

from careward.accounts.models import MailedLink
from careward.continuing.models import PURPOSE, Invitation
from careward.continuing.procedure import INVITED
from careward.correspondence import post
from careward.flow import Refusal, Step, act, guard

RECTIFIABLE: Final = ("person_name", "contact_name", "contact_phone", "mailbox")


@guard("invitation", "reason_given")
def reason_given(step: Step[Any]) -> Refusal | None:
    """Why stands in the journal and in the list."""
    return None if str(step.facts.get("reason", "")).strip() else Refusal("reason_missing")


@guard("invitation", "something_differs")
def something_differs(step: Step[Any]) -> Refusal | None:
    """A correction that corrects nothing would only send a letter."""
    stays = all((getattr(step.subject, n) or "") == v for n, v in step.facts["changes"].items())
    return Refusal("nothing_differs") if stays else None


@guard("invitation", "mailbox_differs")
def mailbox_differs(step: Step[Any]) -> Refusal | None:
    """The letter is to go elsewhere."""
    return None if _mailbox(step) != step.subject.mailbox else Refusal("mailbox_stays_same")


@guard("invitation", "mailbox_stays")
def mailbox_stays(step: Step[Any]) -> Refusal | None:
    """The letter has gone to the right mailbox; the last row's refusal is the one that is told."""
    return None if _mailbox(step) == step.subject.mailbox else Refusal("change_begun")


@guard("invitation", "no_change_begun")
def no_change_begun(step: Step[Any]) -> Refusal | None:
    """Nobody has begun to answer from the mailbox that is to be corrected."""
    return Refusal("change_begun") if step.subject.has_draft else None


@act("invitation", "rectify")
def rectify(step: Step[Invitation], *, changes: Mapping[str, Any], reason: str) -> None:
    """Correct the fields of :data:`RECTIFIABLE`. Raises ValueError for any other."""
    strangers = set(changes) - set(RECTIFIABLE)
    if strangers:
        raise ValueError(f"cannot be rectified: {sorted(strangers)}")
    invitation = step.subject
    if invitation.state == INVITED and _mailbox(step) != invitation.mailbox:
        post("continuing_moved", invitation)
        _close_links(invitation)
    for name, value in changes.items():
        setattr(invitation, name, value)
    invitation.reason = reason.strip()


@act("invitation", "strike")
def strike(step: Step[Invitation], *, reason: str) -> None:
    """Take an institution off the list that did not take part; it may apply as a new one."""
    step.subject.reason = reason.strip()
    _close_links(step.subject)


@act("invitation", "put_back")
def put_back(step: Step[Invitation], *, reason: str) -> None:
    """Put it on the list again; its letter leaves anew."""
    step.subject.reason = reason.strip()
    step.subject.invited_at = None


def _mailbox(step: Step[Any]) -> str:
    return str(step.facts["changes"].get("mailbox", step.subject.mailbox))


def _close_links(invitation: Invitation) -> None:
    for link in MailedLink.objects.not_revoked().filter(purpose=PURPOSE, subject_id=str(invitation.pk)):
        link.revoke()
