"""What changes an upload account."""

import secrets
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from argon2 import PasswordHasher
from django.db.models import Q

from careward.accounts.models import MailedLink
from careward.applications.models import Application
from careward.applications.procedure import SIGNED_OFF
from careward.correspondence import post
from careward.flow import NotPermitted, Refusal, Step, act, after, guard
from careward.journal import Actor
from careward.kernel import networks
from careward.kernel.text import squeeze
from careward.members import acts as members
from careward.provisioning.key_acts import end_keys
from careward.provisioning.models import Lane, UploadAccount
from careward.provisioning.rules import lane_for
from careward.provisioning.stops import begin_stop, end_stop
from careward.registry.models import Institution, PersonInCharge

_CLEAR_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without i, l, o, 0 and 1, which look alike."""
_GROUPS, _GROUP_LENGTH = 5, 5


@after("application", "sign_off")
@after("application", "confirm")
def request_account(step: Step[Application]) -> None:
    """Put an application into the vendor's queue once the last signature is there."""
    application = step.subject
    if step.transition.next != SIGNED_OFF:
        return
    if application.way is not None and not application.way.asks_source_addresses.value:
        # The ministry's own system uploads for it: no name and no secret, only word of it (domain.md §2).
        post("connected_through_system", application)
        _let_the_system_upload(application, step.by)
        return
    known = UploadAccount.objects.filter(application=application).first()
    if known is not None:
        # Held while it was another mode's: from now on it has a name of its own again.
        UploadAccount.objects.filter(pk=known.pk).update(through="")
        release(known, step.by, sources=application.sources, institution_code=application.institution_code)
        return
    request(
        UploadAccount(
            application=application,
            institution=Institution.objects.get(code=application.institution_code),
            season=application.season,
            lane=lane_for(application.kind),
        ),
        step.by,
        sources=application.sources,
    )


def _let_the_system_upload(application: Application, by: Actor) -> None:
    institution = Institution.objects.get(code=application.institution_code)
    known = UploadAccount.objects.filter(application=application).first()
    if known is not None:
        reconnect(known, by, institution=institution)
        return
    fresh = UploadAccount(
        application=application,
        institution=institution,
        season=application.season,
        lane=lane_for(application.kind),
        through=application.mode,
    )
    connect(fresh, by)


@act("account", "connect")
def connect(step: Step[UploadAccount]) -> None:
    """Let the system of the application's mode upload for the institution, from the season's moment on."""
    step.subject.requested_at = step.subject.created_at = step.at
    _let_in(step.subject, step.by)


@act("account", "reconnect")
def reconnect(step: Step[UploadAccount], *, institution: Institution) -> None:
    """Signed anew: the system may upload again."""
    step.subject.institution = institution
    step.subject.through = step.subject.application.mode
    _let_in(step.subject, step.by)


@guard("account", "signs_in_itself")
def signs_in_itself(step: Step[UploadAccount]) -> Refusal | None:
    """Whose data a system passes on has no password to be sent."""
    return Refusal("uploaded_by_system") if step.subject.through else None


@guard("application", "provisioning_not_begun")
def provisioning_not_begun(step: Step[Any]) -> Refusal | None:
    """A sign-off is revoked while its account only waits; once the vendor has made it, it is too late [decided]."""
    begun = UploadAccount.objects.filter(application=step.subject).exclude(
        Q(state__in=("requested", "held")) | ~Q(through="")
    )
    return Refusal("provisioning_not_begun") if begun.exists() else None


@guard("account", "institution_has_none")
def institution_has_none(step: Step[UploadAccount]) -> Refusal | None:
    """Of two applications of one institution the county signs one (domain.md §2).

    The sign-off before holds the lock of the institution's row, so that two at once are told apart.
    """
    account = step.subject
    others = account.institution.upload_accounts.in_use().filter(season=account.season).exclude(pk=account.pk)
    other = others.select_related("application").first()
    return Refusal("institution_has_account", {"reference": other.application.reference}) if other else None


@act("account", "request")
def request(step: Step[UploadAccount], *, sources: Sequence[str]) -> None:
    """Ask the vendor for an account, with the addresses of the application as the proposed list."""
    step.subject.requested_at = step.at
    step.subject.networks = list(sources)


@after("application", "correct")
@after("application", "reopen")
@after("application", "withdraw")
@after("application", "revoke")
def hold_account(step: Step[Application]) -> None:
    """A void sign-off carries no account: it is neither created nor used until the county signs anew."""
    account = UploadAccount.objects.filter(application=step.subject).first()
    if account is not None and account.state not in ("held", "closed"):
        hold(account, step.by)
        _shut_out_former_mailbox(step)


def _shut_out_former_mailbox(step: Step[Application]) -> None:
    """Who read the mailbox before a correction signs in there no more; the next account lets the new one in.

    So for a corrected code: the institution named by mistake is nobody's to see. Another account that stands on
    the same mailbox keeps it.
    """
    correction = step.subject.corrections.made().last() if step.transition.act == "correct" else None
    if correction is None or not {"mailbox", "institution_code"} & set(correction.replaced):
        return
    former = correction.replaced.get("mailbox", step.subject.mailbox)
    code = correction.replaced.get("institution_code", step.subject.institution_code)
    others = UploadAccount.objects.exclude(application=step.subject).exclude(username="", through="")
    if others.filter(institution__code=code, application__mailbox__iexact=former).exists():
        return
    institution = Institution.objects.filter(code=code).first()
    if institution is not None:
        members.shut_out(institution, former, step.by)


@act("account", "hold")
def hold(step: Step[UploadAccount]) -> None:
    """Stop it while no sign-off stands behind it: name, secret and keys are gone, the list stays to be seen."""
    account = step.subject
    account.username = ""
    account.password_hash = ""  # nosec B105
    account.keys = []
    end_keys(account, step.at)
    end_stop(account, step.at)
    account.secret_expires_at = account.secret_revealed_at = None
    for link in MailedLink.objects.not_revoked().filter(purpose="secret", subject_id=str(account.pk)):
        link.revoke()


@act("account", "release")
def release(step: Step[UploadAccount], *, sources: Sequence[str], institution_code: str) -> None:
    """Signed anew: back into the vendor's queue, with the corrected addresses as the proposed list."""
    account = step.subject
    account.institution = Institution.objects.get(code=institution_code)
    account.requested_at = step.at
    account.networks = list(sources)


@act("account", "create")
def create(step: Step[UploadAccount], *, username: str, sources: Sequence[str], allow_loopback: bool) -> None:
    """Create the account with its address list, and let the institution's people sign in.

    ``sources`` are addresses or CIDR ranges; raises :class:`careward.kernel.networks.RefusedSource` for one that
    cannot be on a list.
    """
    account = step.subject
    step.facts["former"] = list(account.networks)
    account.username = username
    account.networks = [str(networks.parse_source(s, allow_loopback=allow_loopback)) for s in sources]
    account.created_at = step.at
    _wait_for_secret(step)
    _let_in(account, step.by)


def _let_in(account: UploadAccount, by: Actor) -> None:
    """Seat the registered mailbox; where somebody else is in charge by now, its former reader's devices end."""
    members.let_in(account.institution, account.application.mailbox, by)
    former, now = _in_charge_before(account), account.application.person_name
    if former and now and squeeze(former) != squeeze(now):
        members.pass_on(account.institution, by)


def _in_charge_before(account: UploadAccount) -> str | None:
    """Who was in charge when the institution's last account of another season was in use; None for its first."""
    others = account.institution.upload_accounts.filter(season__lt=account.season).order_by("-season")
    former = others.select_related("application").first()
    if former is None:
        return None
    known = PersonInCharge.objects.now(account.institution.code)
    sent = former.application.submitted_at
    return known.name if known and sent and known.since > sent else former.application.person_name


def _wait_for_secret(step: Step[UploadAccount]) -> None:
    season = step.subject.rules
    step.subject.secret_sent_at = step.at
    step.subject.secret_expires_at = season.secret_expires_at(step.at)
    step.subject.secret_revealed_at = None


@guard("account", "is_testing")
def is_testing(step: Step[UploadAccount]) -> Refusal | None:
    """Who delivers already has nothing to gain."""
    return None if step.subject.lane == Lane.TEST else Refusal("delivers_already")


@act("account", "record_indicator")
def record_indicator(step: Step[UploadAccount]) -> None:
    """Put the institution's application for the season's indicator on record: it delivers from now on."""
    step.subject.lane = Lane.LIVE
    step.subject.indicator_recorded_at = step.at


@act("account", "notify")
def notify(step: Step[UploadAccount]) -> None:
    """Note that the account letter has left."""


@guard("account", "secret_is_waiting")
def secret_is_waiting(step: Step[UploadAccount]) -> Refusal | None:
    """A password is made once, and only while the mailed link is valid."""
    account = step.subject
    if account.secret_revealed_at is not None:
        instead = account.secret_standing(step.at) in ("key", "key_over")
        return Refusal("key_instead" if instead else "secret_already_made")
    return None if account.secret_is_waiting(step.at) else Refusal("secret_expired")


@act("account", "reveal")
def reveal(step: Step[UploadAccount], *, password: str) -> None:
    """Keep the hash of a password that :func:`new_password` has just made for the person at the page."""
    step.subject.password_hash = PasswordHasher().hash(password)
    step.subject.secret_revealed_at = step.at


def new_password() -> str:
    """A fresh upload password: 25 letters in five groups, about 124 bits, nothing that looks alike."""
    return "-".join(
        "".join(secrets.choice(_CLEAR_LETTERS) for _ in range(_GROUP_LENGTH)) for _ in range(_GROUPS)
    )


@act("account", "reissue")
def reissue(step: Step[UploadAccount]) -> None:
    """Send a new link for a password; the old password and the old link are dead at once."""
    step.subject.password_hash = ""  # nosec B105
    _wait_for_secret(step)


@act("account", "change_sources")
def change_sources(step: Step[UploadAccount], *, sources: Sequence[str]) -> None:
    """Put another address list in force; the gateway ends connections from what is no longer on it.

    ``sources`` are CIDR texts that were accepted before.
    """
    step.facts["former"] = list(step.subject.networks)
    step.subject.networks = list(sources)


@guard("account", "reason_given")
def reason_given(step: Step[UploadAccount]) -> Refusal | None:
    """Who stops an institution's uploads says why; the institution reads it."""
    return None if str(step.facts.get("reason", "")).strip() else Refusal("reason_missing")


@act("account", "suspend")
def suspend(step: Step[UploadAccount], *, reason: str) -> None:
    """Stop all uploads at once; the gateway ends open connections."""
    step.subject.suspended_reason = reason.strip()
    begin_stop(step.subject, step.at, step.subject.suspended_reason)


@act("account", "resume")
def resume(step: Step[UploadAccount]) -> None:
    """Let the uploads go on with the same password and list."""
    step.subject.suspended_reason = ""
    end_stop(step.subject, step.at)


@act("account", "close")
def close(step: Step[UploadAccount]) -> None:
    """End the account for good; its secret is forgotten, its keys end."""
    step.subject.password_hash = ""  # nosec B105
    end_keys(step.subject, step.at)


def note_that_letter_left(account_id: str) -> None:
    """Follow the account letter's departure; a second run changes nothing."""
    # Whoever suspended or closed the account meanwhile was quicker; the letter has left all the same.
    with suppress(NotPermitted):
        notify(UploadAccount.objects.get(pk=account_id), Actor.system("worker"))
