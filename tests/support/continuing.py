"""Invitations in every condition, made by the real acts, with invented people."""

from datetime import datetime
from typing import Any

from django.test import Client

from careward.accounts.models import MailedLink
from careward.continuing import acts
from careward.continuing.models import PURPOSE, Invitation
from careward.continuing.statement import of_consent
from careward.correspondence import links
from careward.journal import Actor
from careward.kernel.clock import frozen, taipei
from careward.registry.acts import register
from careward.registry.models import Institution
from support.applying import ANSWERS, DURING

STAFF = Actor("ministry", "test")
OPENED = taipei(2025, 11, 18, 9)
"""When the invitations leave: the day after the form opens."""

CARRIED: dict[str, Any] = {
    "mode": "own",
    "person_name": "林小明",
    "contact_name": "陳美玉",
    "contact_phone": "04-7123456#12",
    "sources": ["168.95.1.1/32"],
}


def institution(code: str = "1131000009", **changes: Any) -> Institution:
    """The institution of :data:`support.applying.ANSWERS` in the registry."""
    known = {
        "name": ANSWERS["institution_name"],
        "type": ANSWERS["institution_type"],
        "county": ANSWERS["county"],
        "ownership": ANSWERS["ownership"],
        "mailbox": "office@example.org",
    }
    return register(STAFF, code=code, **{**known, **changes})


def listed(code: str = "1131000009", mailbox: str = "office@example.org", **changes: Any) -> Invitation:
    """待寄邀請."""
    place = {name: changes.pop(name) for name in ("county", "type") if name in changes}
    fresh = Invitation(
        season="115",
        institution=institution(code, **place),
        mailbox=mailbox,
        origin="import",
        **{**CARRIED, **changes},
    )
    return acts.enlist(fresh, STAFF)


def invited(*args: Any, at: datetime = OPENED, **changes: Any) -> Invitation:
    """已寄邀請."""
    with frozen(at):
        return acts.invite(listed(*args, **changes), STAFF)


def link_of(invitation: Invitation) -> MailedLink:
    """The link in force."""
    found: MailedLink = MailedLink.objects.not_revoked().get(
        purpose=PURPOSE, subject_id=str(invitation.pk), mailbox=invitation.mailbox
    )
    return found


def holder(invitation: Invitation) -> Actor:
    """Who opened it."""
    return Actor("applicant", f"link:{link_of(invitation).pk}")


def agreed(invitation: Invitation | None = None, at: datetime = DURING) -> Invitation:
    """已同意."""
    invitation = invitation or invited()
    statement = of_consent(invitation)
    with frozen(at):
        return acts.agree(
            invitation,
            holder(invitation),
            statement=statement,
            shown=statement.sha256,
            link=link_of(invitation),
            source="203.0.113.7",
            arrived_at=at,
        )


def open_invitation(client: Client, invitation: Invitation) -> None:
    """Type the institution's code and go in."""
    address = "/" + links.address(link_of(invitation).seed).split("/", 3)[3]
    response = client.post(address, {"code": invitation.institution.code})
    assert response.status_code == 302, response.content.decode()
    assert response.headers["Location"] == "/continuing/"
