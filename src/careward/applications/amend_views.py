"""Correcting, withdrawing and taking back what was sent, from the mailed link while the window is open.

A correction is filled in page by page and changes nothing until it is sent by a second POST with the typed code
(security-baseline.md, "Mailed links" 3).
"""

from collections.abc import Callable
from copy import copy
from typing import Any, Final

from django import forms as fields
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from careward.accounts.links import OpenedLinkRequest, opened_link
from careward.applications import acts, forms, mailbox_views, pages, proofs
from careward.applications.case_views import context_of
from careward.applications.corrections import Correction
from careward.applications.holding import application_of, holder
from careward.applications.letters import PURPOSE
from careward.applications.limits import source_of, too_often
from careward.applications.models import Application
from careward.applications.rules import sections
from careward.applications.telling import said
from careward.flow import Refused
from careward.journal import acting
from careward.kernel import clock
from careward.kernel.texts import text
from careward.shell.forms import PlainForm

_PEOPLE: Final = ("person_name", "contact_name", "vendor_contact")
"""Never shown again behind a link; an empty box leaves them as they are."""


def _open(application: Application, act: str) -> bool:
    return act in application.open_to("applicant") and application.rules.window_open(clock.now())


def _pending(application: Application) -> Correction | None:
    return application.corrections.begun().first()


def _corrected(application: Application) -> Application:
    """The application as it would stand with the correction being filled in."""
    pending, changed = _pending(application), copy(application)
    if pending:
        changed.answer(pending.changes)
    return changed


def _left(application: Application) -> list[str]:
    """Pages that have to be filled before the correction can be sent."""
    changed = _corrected(application)
    stays = changed.mailbox == application.mailbox
    return [section.id for section in changed.unfinished_sections if not (stays and section.id == "mailbox")]


@require_http_methods(["GET", "HEAD"])
@opened_link(PURPOSE)
def correct(request: OpenedLinkRequest) -> HttpResponse:
    """Every page that can be corrected, what was changed so far, and the way to send it."""
    application = application_of(request)
    if not _open(application, "correct"):
        return redirect("applications:case")
    pending = _pending(application)
    changed = _corrected(application)
    rows = [
        {"id": section.id, "label": text(f"applications:sections.{section.id}")}
        for section in sections(changed.way)
        if section.id != "mailbox"
    ]
    left = [{"id": name, "label": text(f"applications:sections.{name}")} for name in _left(application)]
    context = {"rows": rows, "left": left, "differences": pending.differences if pending else ()}
    return render(request, "applications/correct.html", {**context_of(application), **context})


@require_http_methods(["GET", "HEAD", "POST"])
@opened_link(PURPOSE)
def correct_step(request: OpenedLinkRequest, section: str) -> HttpResponse:
    """One page of the correction: kept beside the application, which stays as it is."""
    application = application_of(request)
    if not _open(application, "correct"):
        return redirect("applications:case")
    if section == "mailbox":
        return _prove(request, application)
    changed = _corrected(application)
    if section not in {known.id for known in sections(changed.way)}:
        raise Http404
    form = _form(request, changed, section)
    if request.method == "POST" and too_often("mend", request):
        form.refuse(text("applications:throttled"))
    elif request.method == "POST" and form.is_valid():
        changes = pages.changes_of(section, form)
        _keep(request, application, {n: v for n, v in changes.items() if v or n not in _PEOPLE})
        return _after(request, application)
    context = {"form": form, "section": section, "label": text(f"applications:sections.{section}")}
    return render(request, "applications/correct_step.html", {**context_of(application), **context})


def _form(request: HttpRequest, changed: Application, section: str) -> PlainForm:
    data = request.POST if request.method == "POST" else None
    hidden: dict[str, Any] = dict.fromkeys(_PEOPLE)
    form = pages.form_for(section, changed, data, current=source_of(request), **hidden)
    for name in _PEOPLE:
        known = getattr(changed, name)
        if name in form.fields and known:
            form.fields[name].required = False
            masked = said(changed.rules, name, known)
            form.fields[name].help_text = text("applications:person.known_id", masked=masked)
    if isinstance(form.fields.get("county"), fields.ChoiceField):
        form.fields["county"].help_text = text("applications:correction.county_hint")
    return form


def _keep(request: OpenedLinkRequest, application: Application, changes: dict[str, object]) -> None:
    with transaction.atomic(), acting(holder(request), "application.keep_correction"):
        held = Application.objects.select_for_update().get(pk=application.pk)
        Correction.objects.begin(held, changes)


def _after(request: OpenedLinkRequest, application: Application) -> HttpResponse:
    """To the page that now has to be filled; a new mailbox gets its code at once."""
    left, mailbox = _left(application), _corrected(application).mailbox
    if "mailbox" in left and not proofs.waiting(application, mailbox):
        mailbox_views.post_code(request, application, mailbox, holder(request))
    return (
        redirect("applications:correct_step", section=left[0]) if left else redirect("applications:correct")
    )


def _prove(request: OpenedLinkRequest, application: Application) -> HttpResponse:
    mailbox = _corrected(application).mailbox
    if "mailbox" not in _left(application):
        return redirect("applications:correct")
    if request.method == "POST" and "again" in request.POST:
        mailbox_views.post_code(request, application, mailbox, holder(request))
        return redirect("applications:correct_step", section="mailbox")
    form = forms.MailboxForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        answer = proofs.prove(application, mailbox, form.cleaned_data["code"], holder(request))
        if answer is proofs.Answer.PROVED:
            return _after(request, application)
        form.fail("code", answer.value)
    context = {"form": form, "mailbox": mailbox, "waiting": proofs.waiting(application, mailbox)}
    return render(request, "applications/correct_mailbox.html", {**context_of(application), **context})


@require_POST
@opened_link(PURPOSE)
def drop_correction(request: OpenedLinkRequest) -> HttpResponse:
    """Forget the correction being filled in."""
    application = application_of(request)
    with transaction.atomic(), acting(holder(request), "application.drop_correction"):
        application.corrections.begun().delete()
    return redirect("applications:correct")


@require_http_methods(["GET", "HEAD", "POST"])
@opened_link(PURPOSE)
def send_correction(request: OpenedLinkRequest) -> HttpResponse:
    """Show what will happen, then correct by the typed code."""
    application = application_of(request)
    pending = _pending(application)
    if pending is None or not pending.changes or _left(application):
        return redirect("applications:correct")
    changes = pending.changes
    return _confirm(
        request,
        application,
        "correct",
        lambda arrived: acts.correct(application, holder(request), changes=changes, arrived_at=arrived),
        differences=pending.differences,
        missing_then=_corrected(application).missing_documents,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@opened_link(PURPOSE)
def reopen(request: OpenedLinkRequest) -> HttpResponse:
    """Show what replacing a signed document means, then open the documents by the typed code."""
    application = application_of(request)
    return _confirm(
        request,
        application,
        "reopen",
        lambda arrived: acts.reopen(application, holder(request), arrived_at=arrived),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@opened_link(PURPOSE)
def withdraw(request: OpenedLinkRequest) -> HttpResponse:
    """Show what will happen, then withdraw by the typed code."""
    application = application_of(request)
    return _confirm(
        request,
        application,
        "withdraw",
        lambda arrived: acts.withdraw(application, holder(request), arrived_at=arrived),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@opened_link(PURPOSE)
def restore(request: OpenedLinkRequest) -> HttpResponse:
    """Show what will happen, then take the withdrawal back by the typed code."""
    application = application_of(request)
    return _confirm(
        request,
        application,
        "restore",
        lambda arrived: acts.restore(application, holder(request), arrived_at=arrived),
    )


def _confirm(
    request: OpenedLinkRequest,
    application: Application,
    act: str,
    perform: Callable[[Any], Application],
    **shown: object,
) -> HttpResponse:
    arrived = clock.now()
    if not _open(application, act):
        return redirect("applications:case")
    form = forms.CodeForm(request.POST if request.method == "POST" else None, application=application)
    if request.method == "POST" and too_often("mend", request):
        form.refuse(text("applications:throttled"))
    elif request.method == "POST" and form.is_valid():
        try:
            perform(arrived)
        except Refused as refused:
            form.refuse(refused.message)
        else:
            messages.success(request, text(f"applications:done.{act}"))
            return redirect("applications:case")
    context = {**context_of(application), "form": form, "act": act, **shown}
    return render(request, f"applications/{act}_confirm.html", context)
