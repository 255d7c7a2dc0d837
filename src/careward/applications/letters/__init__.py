"""What the applicant receives: to the mailbox of the form, with a link, without a word about any person."""

from collections.abc import Mapping

from careward import rulebook
from careward.accounts.models import MailedLink
from careward.applications.models import Application, MailboxProof
from careward.applications.rules import label_of, say
from careward.correspondence import Address, LetterKind, letter
from careward.correspondence.links import code_placeholder, placeholder
from careward.kernel import clock

PURPOSE = "application"
DRAFT_PURPOSE = "draft"


def case_link(application: Application) -> MailedLink:
    """The link in force to an application, so that every letter carries the same; a new one when none is.

    Call it inside an act, which holds the application's lock.
    """
    mine = MailedLink.objects.not_revoked().filter(
        purpose=PURPOSE, subject_id=str(application.pk), mailbox=application.mailbox
    )
    link = mine.first()
    if link and link.is_open(clock.now()):
        return link
    expires = application.rules.application_link_expires_at
    return MailedLink.issue(PURPOSE, str(application.pk), application.mailbox, expires)


def draft_link(draft: Application) -> MailedLink:
    """The link in force to a draft; a new one when none is. Call it with the draft's lock."""
    link = MailedLink.objects.not_revoked().filter(purpose=DRAFT_PURPOSE, subject_id=str(draft.pk)).first()
    if link and link.mailbox == draft.mailbox and link.is_open(clock.now()):
        return link
    expires = draft.rules.moment("institution_window_closes").at
    return MailedLink.issue(DRAFT_PURPOSE, str(draft.pk), draft.mailbox, expires)


class ToApplicant(LetterKind[Application]):
    """To the mailbox of the form."""

    def address(self, subject: Application) -> Address:
        """The mailbox of the form, nobody else."""
        return Address(to=(subject.mailbox,))

    def context(self, subject: Application) -> Mapping[str, object]:
        """The case, its link, what is missing and until when."""
        season = subject.rules
        return {
            "application": subject,
            "season": season,
            "link": placeholder(case_link(subject).seed),
            "missing": subject.missing_documents,
            "closes": say(season.moment("institution_window_closes").at),
            "review_closes": say(season.moment("review_closes").at),
            "window": season.contact_window(subject.institution_type),
        }


@letter("application_received_lacking")
class ApplicationReceivedLacking(ToApplicant):
    """Sent, documents still to come."""


@letter("application_received")
class ApplicationReceived(ToApplicant):
    """Sent with every document."""


@letter("application_completed")
class ApplicationCompleted(ToApplicant):
    """All documents are there now."""


@letter("application_corrected")
class ApplicationCorrected(ToApplicant):
    """Which answers changed, what that means for a sign-off and the documents, and how to change them back."""

    def context(self, subject: Application) -> Mapping[str, object]:
        """The names of the changed answers; never the answers themselves."""
        correction = subject.corrections.made().last()
        assert correction is not None
        return {
            **super().context(subject),
            "corrected": [label_of(field) for field in correction.changes],
            "voided": correction.voided_sign_off,
        }


@letter("application_reopened")
class ApplicationReopened(ToApplicant):
    """The sign-off is void, documents can be replaced until the window closes."""


@letter("application_withdrawn")
class ApplicationWithdrawn(ToApplicant):
    """Withdrawn, and until when that can be taken back."""


@letter("application_restored")
class ApplicationRestored(ToApplicant):
    """The withdrawal was taken back."""


@letter("moment_moved")
class MomentMoved(ToApplicant):
    """A moment of the season was moved; the news joins the context."""


@letter("mailbox_code")
class MailboxCode(LetterKind[MailboxProof]):
    """Six letters that show who reads the mailbox; nothing about the institution, anybody can have it sent."""

    def address(self, subject: MailboxProof) -> Address:
        """The mailbox to be proved."""
        return Address(to=(subject.mailbox,))

    def context(self, subject: MailboxProof) -> Mapping[str, object]:
        """The code, filled in when the mail is sent, and how long it holds."""
        season = subject.application.rules
        types = rulebook.current().institution_types
        return {
            "code": code_placeholder(subject.seed),
            "minutes": rulebook.current().policies.mailbox_code.valid_minutes.value,
            "season": season,
            "windows": [(types[w.id].label, w.phone) for w in season.contact_windows.values()],
        }


@letter("application_link")
class ApplicationLink(ToApplicant):
    """The link once more, on request."""


@letter("second_application")
class SecondApplication(ToApplicant):
    """To whoever applied first: somebody applied for the same institution again."""


class ToDrafter(LetterKind[Application]):
    """To the proved mailbox of a draft, with the link by which it goes on."""

    def address(self, subject: Application) -> Address:
        """The draft's mailbox."""
        return Address(to=(subject.mailbox,))

    def context(self, subject: Application) -> Mapping[str, object]:
        """The draft, its link and until when it can be sent."""
        season = subject.rules
        return {
            "application": subject,
            "season": season,
            "link": placeholder(draft_link(subject).seed),
            "closes": say(season.moment("institution_window_closes").at),
            "window": season.contact_window(subject.institution_type),
        }


@letter("draft_link")
class DraftLink(ToDrafter):
    """Go on with the draft elsewhere."""


@letter("draft_moment")
class DraftMoment(ToDrafter):
    """Until when the draft can be sent was moved; the news joins the context."""
