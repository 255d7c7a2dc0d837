"""What the county does with an application."""

from collections.abc import Collection
from typing import Any

from careward.accounts.models import User
from careward.applications.models import Application
from careward.flow import Refusal, Step, act, after, guard
from careward.journal import Actor, acting
from careward.registry.acts import register
from careward.registry.models import Institution
from careward.review.models import SignOff, Unmasking
from careward.review.rules import canonical, unticked
from careward.store.secrets import keyed_hash


@guard("application", "checklist_complete")
def checklist_complete(step: Step[Any]) -> Refusal | None:
    """Every item of the season's checklist for this mode and kind is ticked."""
    application: Application = step.subject
    checklist = application.rules.checklist_for(application.mode, application.kind)
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

    Else anybody who knows its public code could have it moved to another county.
    """
    known = Institution.objects.with_code(step.subject.institution_code)
    if not known.exists() or known.visible_to(User.objects.get(pk=step.by.id)).exists():
        return None
    return Refusal("institution_elsewhere")


@act("application", "sign_off")
def sign_off(step: Step[Application], *, ticked: Collection[str], remark: str) -> None:
    """Sign an application off: keep what was looked at, and enter the institution into the registry."""
    application = step.subject
    documents = application.documents.in_force()
    SignOff.objects.create(
        application=application,
        officer=User.objects.get(pk=step.by.id),
        signed_at=step.at,
        ticked=sorted(ticked),
        remark=remark,
        signed_data=keyed_hash(canonical(application.answers), domain="signed answers"),
        signed_documents={str(document.pk): document.sha256 for document in documents},
    )
    register(
        step.by,
        code=application.institution_code,
        name=application.institution_name,
        type=application.institution_type,
        county=application.county,
        ownership=application.ownership,
        mailbox=application.mailbox,
    )


@after("application", "correct")
@after("application", "withdraw")
def void_sign_off(step: Step[Application]) -> None:
    """What was signed is no longer what stands there: the sign-off is void and stays in the history."""
    for sign_off in step.subject.sign_offs.in_force():
        sign_off.voided_at, sign_off.void_reason = step.at, step.transition.act
        sign_off.save(update_fields=["voided_at", "void_reason"])


def unmask(application: Application, user: User) -> str:
    """Give the full personal ID of the person in charge, and record who looked; empty when none was given."""
    with acting(Actor(user.role, str(user.pk)), "application.unmask"):
        Unmasking.objects.create(application=application, by=user)
    return application.person_id or ""
