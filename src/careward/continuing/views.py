"""What a continuing institution sees behind its letter's link.

GET changes nothing; every act is a POST of a page that says what it will do (security-baseline.md, "Mailed
links").
"""

from datetime import timedelta
from typing import Final
from uuid import UUID

from allauth.core.internal.ratelimit import truncate_ip
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from careward import rulebook
from careward.accounts import links
from careward.accounts.links import OpenedLinkRequest, opened_link
from careward.accounts.throttle import Throttle
from careward.applications import visiting
from careward.applications.framing import moments
from careward.applications.letters import case_link
from careward.applications.limits import source_of
from careward.applications.models import Application
from careward.applications.procedure import DRAFT
from careward.continuing import acts, jobs
from careward.continuing.answering import anew, withdraw_consent
from careward.continuing.changes import changes_of
from careward.continuing.forms import CodeForm, LetterForm
from careward.continuing.models import PURPOSE, Invitation
from careward.continuing.procedure import AGREED, INVITED
from careward.continuing.statement import Statement, of_consent, of_taking_back
from careward.flow import Refused
from careward.journal import Actor, acting
from careward.kernel import clock
from careward.kernel.texts import text

_PER_SOURCE: Final = Throttle("continuing.letter.source", limit=20, lock=timedelta(minutes=10))
_PER_MAILBOX: Final = Throttle("continuing.letter", limit=5, lock=timedelta(hours=1))
"""Letters asked for [decided]: a vendor's office asks for many institutions; more to one mailbox is harassment."""


def _invitation(request: OpenedLinkRequest) -> Invitation:
    invited = Invitation.objects.with_standing().select_related("institution", "application")
    return get_object_or_404(invited, pk=UUID(request.opened_link.subject_id))


def _holder(request: OpenedLinkRequest) -> Actor:
    return Actor("applicant", f"link:{request.opened_link.pk}")


def _context(invitation: Invitation, **more: object) -> dict[str, object]:
    season = invitation.rules
    return {
        "invitation": invitation,
        "institution": invitation.institution,
        "application": invitation.application,
        "season": season,
        "before": int(season.code) - 1,
        "closes": season.moment("institution_window_closes"),
        "contact": season.contact_window(invitation.institution.type),
        "open": season.window_open(clock.now()),
        **more,
    }


@require_safe
@opened_link(PURPOSE)
def answer(request: OpenedLinkRequest) -> HttpResponse:
    """Where the invitation stands, what would be carried over, and what can be done."""
    invitation = _invitation(request)
    changed = changes_of(invitation.application) if invitation.application else None
    context = _context(invitation, needs=acts.agree_needs(invitation), changes=changed)
    return render(request, "continuing/answer.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@opened_link(PURPOSE)
def agree(request: OpenedLinkRequest) -> HttpResponse:
    """Show what 同意 says, then do it by the typed code."""
    invitation, arrived = _invitation(request), clock.now()
    if "agree" not in invitation.open_to("applicant") or invitation.lacking_sections:
        return redirect("continuing:answer")
    statement = of_consent(invitation)
    form = CodeForm(request.POST if request.method == "POST" else None, invitation=invitation)
    if request.method == "POST" and form.is_valid():
        try:
            acts.agree(
                invitation,
                _holder(request),
                statement=statement,
                shown=request.POST.get("shown", ""),
                link=request.opened_link,
                source=source_of(request),
                arrived_at=arrived,
            )
        except Refused as refused:
            form.refuse(refused.message)
        else:
            messages.success(request, text("continuing:done.agreed"))
            return redirect("continuing:answer")
    return _statement_page(request, "continuing/agree.html", invitation, statement, form)


@require_http_methods(["GET", "HEAD", "POST"])
@opened_link(PURPOSE)
def take_back(request: OpenedLinkRequest) -> HttpResponse:
    """Show what taking 同意 back means, then do it by the typed code."""
    invitation, arrived = _invitation(request), clock.now()
    if invitation.state != AGREED:
        return redirect("continuing:answer")
    statement = of_taking_back(invitation)
    form = CodeForm(request.POST if request.method == "POST" else None, invitation=invitation)
    if request.method == "POST" and form.is_valid():
        try:
            withdraw_consent(
                invitation, _holder(request), statement, request.opened_link, source_of(request), arrived
            )
        except Refused as refused:
            form.refuse(refused.message)
        else:
            messages.success(request, text("continuing:done.taken_back"))
            return redirect("continuing:answer")
    return _statement_page(request, "continuing/take_back.html", invitation, statement, form)


def _statement_page(
    request: HttpRequest, template: str, invitation: Invitation, statement: Statement, form: CodeForm
) -> HttpResponse:
    return render(request, template, _context(invitation, statement=statement, form=form))


@require_http_methods(["GET", "HEAD", "POST"])
@opened_link(PURPOSE)
def change(request: OpenedLinkRequest) -> HttpResponse:
    """Say what a change asks for, then go on in the form, filled with what is known."""
    invitation = _invitation(request)
    if request.method != "POST":
        documents = invitation.rules.documents_for(invitation.mode)
        return render(request, "continuing/change.html", _context(invitation, documents=documents))
    if invitation.application is not None and invitation.state != INVITED:
        return _into_the_case(request, invitation.application)
    try:
        begun = acts.begin_change(invitation, _holder(request), arrived_at=clock.now())
    except Refused as refused:
        messages.error(request, refused.message)
        return redirect("continuing:answer")
    assert begun.application is not None
    visiting.remember(request, begun.application)
    return redirect("applications:check")


@require_POST
@opened_link(PURPOSE)
def case(request: OpenedLinkRequest) -> HttpResponse:
    """Go to the case of what was sent; both were mailed to the same mailbox."""
    application = _invitation(request).application
    if application is None or application.state == DRAFT:
        return redirect("continuing:answer")
    return _into_the_case(request, application)


def _into_the_case(request: OpenedLinkRequest, application: Application) -> HttpResponse:
    with acting(_holder(request), "invitation.to_case"):
        links.remember(request, case_link(application))
    return redirect("applications:case")


@require_http_methods(["GET", "HEAD", "POST"])
@opened_link(PURPOSE)
def mailbox(request: OpenedLinkRequest) -> HttpResponse:
    """Say how the mailbox is changed, then begin the new applicant's form, filled with what is known."""
    invitation = _invitation(request)
    if request.method != "POST":
        return render(request, "continuing/mailbox.html", _context(invitation))
    try:
        begun = anew(invitation, _holder(request), clock.now())
    except Refused as refused:
        messages.error(request, refused.message)
        return redirect("continuing:answer")
    visiting.remember(request, begun)
    return redirect("applications:step", section="contact")


@require_safe
@opened_link(PURPOSE)
def proof(request: OpenedLinkRequest) -> HttpResponse:
    """What was clicked, to be printed."""
    invitation = _invitation(request)
    return render(request, "continuing/proof.html", _context(invitation, proofs=invitation.proofs.all()))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def letter(request: HttpRequest) -> HttpResponse:
    """Have the invitation sent once more.

    Known and unknown input get the same answer in the same time: what is looked up is looked up by the worker.
    """
    season = rulebook.current().season_at(clock.now(), county=rulebook.ANYWHERE)
    form = LetterForm(request.POST if request.method == "POST" else None)
    context = {
        **moments(season),
        "form": form,
        "before": int(season.code) - 1,
        "open": season.window_open(clock.now()),
    }
    if request.method != "POST" or not form.is_valid():
        return render(request, "continuing/letter.html", context)
    code, asked = form.cleaned_data["institution_code"], form.cleaned_data["mailbox"]
    if not _PER_SOURCE.take(str(truncate_ip(source_of(request)))):
        form.refuse(text("applications:throttled"))
        return render(request, "continuing/letter.html", context, status=429)
    if _PER_MAILBOX.take(f"{code.casefold()}:{asked}"):
        jobs.send_again.defer(code=code, mailbox=asked)
    return redirect("continuing:letter_sent")


@never_cache
@require_safe
def letter_sent(request: HttpRequest) -> HttpResponse:
    """The one answer to every asking."""
    season = rulebook.current().season_at(clock.now(), county=rulebook.ANYWHERE)
    context = {**moments(season), "before": int(season.code) - 1}
    return render(request, "continuing/letter_sent.html", context)
