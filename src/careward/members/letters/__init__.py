"""Letters about a place's people and about delegations. No letter opens anything: signing in needs a mailed code."""

from collections.abc import Mapping

from django.conf import settings
from django.urls import reverse

from careward import rulebook
from careward.correspondence import Address, LetterKind, letter
from careward.correspondence.links import code_placeholder
from careward.kernel import clock
from careward.members.models import Delegation, Member


class _ToThePerson(LetterKind[Member]):
    def address(self, subject: Member) -> Address:
        """The person's own mailbox."""
        return Address(to=(subject.user.email,))

    def context(self, subject: Member) -> Mapping[str, object]:
        """The person, the place and where to sign in."""
        return {
            "person": subject.user,
            "place": subject.place,
            "position": subject.position_label,
            "sign_in": f"{settings.PUBLIC_URL}{reverse('account_request_login_code')}",
        }


@letter("member_code")
class MemberCode(_ToThePerson):
    """The code by which the head sees that the mailbox is the clerk's."""

    def context(self, subject: Member) -> Mapping[str, object]:
        """The code, made when the letter leaves."""
        return {
            **super().context(subject),
            "code": code_placeholder(subject.seed),
            "until": subject.expires_at,
        }


@letter("member_added")
class MemberAdded(_ToThePerson):
    """From now on this mailbox signs in there."""


@letter("member_removed")
class MemberRemoved(_ToThePerson):
    """The mailbox signs in there no more. Source: security-baseline.md 1, 45 (the owner is told)."""


@letter("mailbox_passed_on")
class MailboxPassedOn(_ToThePerson):
    """Somebody else is in charge: passkeys and open sessions of the mailbox ended, and how to sign in from now on."""

    def context(self, subject: Member) -> Mapping[str, object]:
        """Whom to call; windows go by the institution's type."""
        assert subject.institution is not None
        windows = rulebook.current().windows_at(clock.now())
        return {**super().context(subject), "window": windows[subject.institution.type]}


class _ToBoth(LetterKind[Delegation]):
    def address(self, subject: Delegation) -> Address:
        """The company's registered mailbox; the institution's in copy."""
        heads = Member.objects.at(subject.institution).active().heads()
        return Address(to=(subject.company.mailbox,), cc=tuple(head.user.email for head in heads))

    def context(self, subject: Delegation) -> Mapping[str, object]:
        """Who looks for whom, from when to when."""
        return {
            "delegation": subject,
            "sign_in": f"{settings.PUBLIC_URL}{reverse('account_request_login_code')}",
        }


@letter("delegation_granted")
class DelegationGranted(_ToBoth):
    """Who may look for whom, and what it opens."""


@letter("delegation_ended")
class DelegationEnded(_ToBoth):
    """It opens nothing any more."""
