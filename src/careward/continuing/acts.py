"""What changes an invitation: one function per act of the table."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from careward.accounts.models import MailedLink
from careward.applications import acts as applying
from careward.applications import proofs
from careward.applications.models import Application
from careward.applications.rules import say
from careward.continuing.models import PURPOSE, Invitation, Proof, Reminder
from careward.continuing.rules import due_step
from careward.continuing.statement import Statement
from careward.flow import Refusal, Step, act, guard
from careward.journal import Actor
from careward.kernel.texts import text

WORKER: Final = Actor.system("worker")


@guard("invitation", "window_open")
def window_open(step: Step[Any]) -> Refusal | None:
    """Between the season's opening and its closing in the institution's county, both moments included."""
    invitation: Invitation = step.subject
    season, arrived = invitation.rules, step.facts.get("arrived_at", step.at)
    if season.window_open(arrived):
        return None
    closes = season.moment("institution_window_closes")
    contact = season.contact_window(invitation.institution.type).phone
    if closes.passed(arrived):
        told: dict[str, object] = {
            "moment": say(closes.at),
            "arrived": say(arrived, exact=True),
            "contact": contact,
        }
        return Refusal("window_closed", told)
    return Refusal(
        "window_not_open", {"moment": say(season.moment("applications_open").at), "contact": contact}
    )


@guard("invitation", "carried_whole")
def carried_whole(step: Step[Any]) -> Refusal | None:
    """What is known of last season is all that the form asks for this season."""
    return Refusal("not_whole") if step.subject.lacking_sections else None


@guard("invitation", "as_shown")
def as_shown(step: Step[Any]) -> Refusal | None:
    """What is agreed to is what was shown: the text's digest came back."""
    statement: Statement = step.facts["statement"]
    return None if statement.sha256 == step.facts["shown"] else Refusal("not_as_shown")


@guard("invitation", "reminder_due")
def reminder_due(step: Step[Any]) -> Refusal | None:
    """The step of the ladder is due, and nobody has been reminded of it or of a later one."""
    days = due_days(step.subject, step.at)
    return None if days is not None and days == step.facts["days_before"] else Refusal("no_reminder_due")


@guard("invitation", "lapse_untold")
def lapse_untold(step: Step[Any]) -> Refusal | None:
    """The window is past, and the institution has not been told so yet."""
    invitation: Invitation = step.subject
    untold = invitation.lapse_told_at is None
    return None if untold and invitation.closed else Refusal("nothing_to_tell")


def due_days(invitation: Invitation, now: datetime) -> int | None:
    """Which reminder of the season's ladder is due now for this invitation; None when none is."""
    if invitation.invited_at is None:
        return None
    season = invitation.rules
    return due_step(
        season.moment("institution_window_closes").at,
        season.reminders_days_before.value,
        invited_at=invitation.invited_at,
        done=list(invitation.reminders.values_list("days_before", flat=True)),
        now=now,
    )


@act("invitation", "list")
def enlist(step: Step[Invitation]) -> None:
    """Note that an institution took part: ``subject`` is unsaved and carries what was valid."""
    step.subject.listed_at = step.at


@act("invitation", "relist")
def relist(step: Step[Invitation], *, changes: Mapping[str, Any]) -> None:
    """Correct what is known before the letter leaves."""
    for name, value in changes.items():
        setattr(step.subject, name, value)


@act("invitation", "invite")
def invite(step: Step[Invitation]) -> None:
    """Send the letter to the original mailbox."""
    step.subject.invited_at = step.at
    _issue_link(step.subject)


@act("invitation", "invite_again")
def invite_again(step: Step[Invitation]) -> None:
    """Send the letter once more, with a fresh link; older ones die."""
    _issue_link(step.subject)


@act("invitation", "remind")
def remind(step: Step[Invitation], *, days_before: int) -> None:
    """Remind of the step ``days_before`` the closing, once."""
    Reminder.objects.create(invitation=step.subject, days_before=days_before, sent_at=step.at)


@act("invitation", "tell_lapse")
def tell_lapse(step: Step[Invitation]) -> None:
    """Tell the institution that it counts as not applying; what it counts as does not depend on this."""
    step.subject.lapse_told_at = step.at


@act("invitation", "agree")
def agree(
    step: Step[Invitation], *, statement: Statement, shown: str, link: MailedLink, source: str, arrived_at: datetime
) -> None:  # fmt: skip
    """同意: last season's data are this season's application, sent in the same moment, without documents."""
    invitation = step.subject
    application = _begun(invitation, step.by, arrived_at, carried_over=True)
    application = applying.submit(
        application, step.by, notice_version=statement.notice_version, arrived_at=arrived_at
    )
    invitation.application = application
    _keep_proof(invitation, "agree", statement, link, source, arrived_at)


@act("invitation", "begin_change")
def begin_change(step: Step[Invitation], *, arrived_at: datetime) -> None:
    """需資料異動: begin the form, filled with what is known; a change begun before is gone on with."""
    if not step.subject.has_draft:
        step.subject.application = _begun(step.subject, step.by, arrived_at, carried_over=False)


@act("invitation", "receive_change")
def receive_change(step: Step[Invitation]) -> None:
    """The change was sent: the institution applies with it."""


@act("invitation", "take_back")
def take_back(step: Step[Invitation]) -> None:
    """The application was withdrawn: the invitation is open again."""


def prove_taking_back(
    invitation: Invitation, statement: Statement, link: MailedLink, source: str, at: datetime
) -> None:
    """Keep the proof that 同意 was taken back. Needs a journal context."""
    _keep_proof(invitation, "take_back", statement, link, source, at)


def _keep_proof(
    invitation: Invitation, act_id: str, statement: Statement, link: MailedLink, source: str, at: datetime
) -> None:
    assert invitation.application is not None
    Proof.objects.create(
        invitation=invitation,
        application=invitation.application,
        act=act_id,
        at=at,
        mailbox=link.mailbox,
        link=link,
        source=source,
        statement=statement.words,
        version=statement.version,
        sha256=statement.sha256,
    )


def _begun(invitation: Invitation, by: Actor, at: datetime, *, carried_over: bool) -> Application:
    fresh = Application(
        season=invitation.season,
        kind="continuing",
        carried_over=carried_over,
        **invitation.carried_answers,
    )
    begun = applying.start(fresh, by, arrived_at=at)
    proofs.take_as_proved(begun, by)
    return begun


def _issue_link(invitation: Invitation) -> None:
    expires = invitation.rules.application_link_expires_at
    MailedLink.issue(PURPOSE, str(invitation.pk), invitation.mailbox, expires)


def agree_needs(invitation: Invitation) -> str:
    """In words, which pages lack something, so that 同意 alone is not possible; empty when none does."""
    names = [text(f"continuing:sections.{section}") for section in invitation.lacking_sections]
    return text("applications:list_separator").join(names)
