"""What the county does with an application: it signs, alone or with a second person, and takes a signature back."""

from collections.abc import Collection
from typing import Any

from careward.accounts.models import User
from careward.applications.models import Application
from careward.applications.procedure import NOT_MENDED, SIGNED_OFF
from careward.flow import Refusal, Step, act, after, guard
from careward.journal import acting
from careward.registry.acts import register
from careward.registry.deputies import actor_on
from careward.registry.models import Institution
from careward.review import assigning, dates, moving, supplementing  # noqa: F401 – acts are bound where they stand
from careward.review.models import Outcome, SignOff, Transfer, Unmasking
from careward.review.rules import canonical, unticked
from careward.store.secrets import keyed_hash


@guard("application", "checklist_complete")
def checklist_complete(step: Step[Any]) -> Refusal | None:
    """Every item of the season's checklist for this mode and kind is ticked."""
    application: Application = step.subject
    checklist = application.checklist
    left = unticked(checklist, step.facts["ticked"])
    return Refusal("checklist_incomplete", {"count": len(left), "first": left[0].text}) if left else None


@guard("application", "signing_open")
def signing_open(step: Step[Any]) -> Refusal | None:
    """The review deadline never locks signing; the moment accounts are due does (domain.md §2)."""
    application: Application = step.subject
    return None if application.rules.sign_off_open(step.at) else Refusal("signing_closed")


@guard("application", "institution_in_scope")
def institution_in_scope(step: Step[Any]) -> Refusal | None:
    """A known institution is signed by the desk in charge of it, whatever county and type the form names.

    Else anybody who knows its public code could have it moved to another county. Or by the desk that the one in
    charge has transferred the case to.
    """
    application, user = step.subject, User.objects.get(pk=step.by.id)
    known = Institution.objects.with_code(application.institution_code).first()
    if known is None or Institution.objects.with_code(known.code).visible_to(user).exists():
        return None
    handed_over = Transfer.objects.filter(
        application=application,
        from_county=known.county,
        from_unit=moving.in_charge(known.type, known.county),
        to_county=user.county,
        to_unit=user.unit,
    )
    return None if handed_over.exists() else Refusal("institution_elsewhere")


@guard("application", "one_step")
def one_step(step: Step[Any]) -> Refusal | None:
    """The desk has not asked for a supervisor's confirmation; the row without this guard waits for it."""
    second = moving.second_step_at(moving.desk_of(step.subject))
    return Refusal("second_step_needed") if second else None


@guard("application", "second_person")
def second_person(step: Step[Any]) -> Refusal | None:
    """Who signed does not confirm the own signature, nor has a deputy confirm it in the own name."""
    own = str(_in_force(step.subject).officer_id) in (step.by.id, step.by.deputy_for)
    return Refusal("second_person_needed") if own else None


@guard("application", "signed_as_passed")
def signed_as_passed(step: Step[Any]) -> Refusal | None:
    """What waits for confirmation is a pass."""
    passed = _in_force(step.subject).outcome == Outcome.PASSED
    return None if passed else Refusal("signed_otherwise")


@guard("application", "signed_as_not_mended")
def signed_as_not_mended(step: Step[Any]) -> Refusal | None:
    """What waits for confirmation is 未依限補正."""
    not_mended = _in_force(step.subject).outcome == Outcome.NOT_MENDED
    return None if not_mended else Refusal("signed_otherwise")


@guard("application", "reason_given")
def reason_given(step: Step[Any]) -> Refusal | None:
    """What undoes or moves something says why; the journal keeps it."""
    return None if step.facts["reason"].strip() else Refusal("reason_missing")


@act("application", "sign_off")
def sign_off(step: Step[Application], *, ticked: Collection[str], remark: str) -> None:
    """Sign an application off: keep what was looked at, and enter the institution into the registry."""
    _sign(step, Outcome.PASSED, remark, ticked)
    _take_effect(step)


@act("application", "mark_not_mended")
def mark_not_mended(step: Step[Application], *, remark: str) -> None:
    """Sign a case off as 未依限補正: the due time has passed and the institution has not answered."""
    _sign(step, Outcome.NOT_MENDED, remark)
    _take_effect(step)


@act("application", "confirm")
def confirm(step: Step[Application]) -> None:
    """Confirm as the second person what an officer has signed."""
    signed = _in_force(step.subject)
    signed.second = User.objects.get(pk=step.by.id)
    signed.second_at = step.at
    signed.save(update_fields=["second", "second_at"])
    _take_effect(step)


@act("application", "return_to_officer")
def return_to_officer(step: Step[Application], *, reason: str) -> None:
    """Give a signed case back to the officer instead of confirming it; the signature is void."""
    _void(step, reason)


@act("application", "revoke")
def revoke(step: Step[Application], *, reason: str) -> None:
    """Take a sign-off back while nothing has come of it; it stays in the history as void."""
    _void(step, reason)


@after("application", "correct")
@after("application", "reopen")
@after("application", "withdraw")
def void_sign_off(step: Step[Application]) -> None:
    """What was signed is no longer what stands there: the sign-off is void and stays in the history.

    A round of 補件 that was running has nothing to mend any more.
    """
    _void(step, "")
    supplementing.end_round(step.subject, step.at)


def unmask(application: Application, user: User) -> str:
    """Give the full personal ID of the person in charge, and record who looked; empty when none was given."""
    with acting(actor_on(user, application), "application.unmask"):
        Unmasking.objects.create(application=application, by=user)
    return application.person_id or ""


def digest(application: Application) -> str:
    """The keyed hash of the answers as they stand (keyed, since they hold an ID number that could be guessed)."""
    return keyed_hash(canonical(application.answers), domain="signed answers")


def _in_force(application: Application) -> SignOff:
    signed: SignOff = application.sign_offs.in_force().get()
    return signed


def _sign(step: Step[Application], outcome: Outcome, remark: str, ticked: Collection[str] = ()) -> None:
    application = step.subject
    SignOff.objects.create(
        application=application,
        outcome=outcome,
        officer=User.objects.get(pk=step.by.id),
        signed_at=step.at,
        ticked=sorted(ticked),
        remark=remark,
        signed_data=digest(application),
        signed_answers=canonical(application.answers),
        signed_documents={str(d.pk): d.sha256 for d in application.documents.in_force()},
    )


def _take_effect(step: Step[Application]) -> None:
    """With the last signature a pass enters the registry, 未依限補正 ends the running round; before it nothing."""
    application = step.subject
    if step.transition.next == NOT_MENDED:
        supplementing.end_round(application, step.at)
    if step.transition.next == SIGNED_OFF:
        register(
            step.by,
            code=application.institution_code,
            name=application.institution_name,
            type=application.institution_type,
            county=application.county,
            ownership=application.ownership,
            mailbox=application.mailbox,
        )


def _void(step: Step[Application], reason: str) -> None:
    for signed in step.subject.sign_offs.in_force():
        signed.voided_at, signed.void_act, signed.void_reason = step.at, step.transition.act, reason
        signed.save(update_fields=["voided_at", "void_act", "void_reason"])
