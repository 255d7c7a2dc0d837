"""What a continuing institution receives: always to the original mailbox, without a word about any person."""

from collections.abc import Mapping

from careward.accounts.models import MailedLink
from careward.applications.rules import say
from careward.continuing.models import PURPOSE, Invitation
from careward.correspondence import Address, LetterKind, letter
from careward.correspondence.links import placeholder
from careward.kernel import clock


def invitation_link(invitation: Invitation) -> MailedLink:
    """The link in force, so that every letter carries the same; a new one when none is.

    Call it inside an act, which holds the invitation's lock.
    """
    mine = MailedLink.objects.not_revoked().filter(
        purpose=PURPOSE, subject_id=str(invitation.pk), mailbox=invitation.mailbox
    )
    link = mine.first()
    if link and link.is_open(clock.now()):
        return link
    expires = invitation.rules.application_link_expires_at
    return MailedLink.issue(PURPOSE, str(invitation.pk), invitation.mailbox, expires)


class ToOriginalMailbox(LetterKind[Invitation]):
    """To the mailbox of last season's application."""

    def address(self, subject: Invitation) -> Address:
        """The original mailbox, nobody else."""
        return Address(to=(subject.mailbox,))

    def context(self, subject: Invitation) -> Mapping[str, object]:
        """The institution, its link, until when."""
        season = subject.rules
        closes = season.moment("institution_window_closes").at
        left = clock.remaining(closes, clock.now())
        return {
            "invitation": subject,
            "application": subject.application,
            "institution": subject.institution,
            "season": season,
            "before": int(season.code) - 1,
            "closes": say(closes),
            "days": left.days,
            "link": placeholder(invitation_link(subject).seed),
            "window": season.contact_window(subject.institution.type),
        }


@letter("continuing_invitation")
class ContinuingInvitation(ToOriginalMailbox):
    """Agree or change until the window closes."""


@letter("continuing_reminder")
class ContinuingReminder(ToOriginalMailbox):
    """Not finished yet, so much time is left."""


@letter("continuing_agreed")
class ContinuingAgreed(ToOriginalMailbox):
    """同意 was received; how to undo it."""


@letter("continuing_taken_back")
class ContinuingTakenBack(ToOriginalMailbox):
    """同意 was taken back; what counts now."""


@letter("continuing_moment")
class ContinuingMoment(ToOriginalMailbox):
    """A moment of the season was moved while the answer is open."""


@letter("continuing_lapsed")
class ContinuingLapsed(ToOriginalMailbox):
    """Not answered in time: counts as not applying."""


class WithoutLink(LetterKind[Invitation]):
    """To a mailbox that answers no more: no link, nothing of what is known."""

    def address(self, subject: Invitation) -> Address:
        """The mailbox the invitation had been sent to."""
        return Address(to=(subject.mailbox,))

    def context(self, subject: Invitation) -> Mapping[str, object]:
        """The institution and whom to ask."""
        season = subject.rules
        return {
            "institution": subject.institution,
            "season": season,
            "before": int(season.code) - 1,
            "reason": subject.reason,
            "window": season.contact_window(subject.institution.type),
        }


@letter("continuing_moved")
class ContinuingMoved(WithoutLink):
    """To the former mailbox: the invitation goes elsewhere now, so that nobody takes it over unseen."""


@letter("continuing_struck")
class ContinuingStruck(WithoutLink):
    """Off the list, why, and what can be done."""
