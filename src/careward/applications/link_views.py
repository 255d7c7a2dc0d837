"""Mailing links once more: "send my link again", "continue on another device", "somebody has already applied"."""

from typing import Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from careward import rulebook
from careward.accounts.links import OpenedLinkRequest, opened_link
from careward.accounts.throttle import Throttle
from careward.applications import forms, jobs, pages, resending, visiting
from careward.applications.framing import moments
from careward.applications.letters import DRAFT_PURPOSE
from careward.applications.limits import HOUR, too_often
from careward.applications.models import Application
from careward.kernel import clock
from careward.kernel.texts import text

_PER_CASE: Final = Throttle("applications.link", limit=5, lock=HOUR)
"""Letters with a link that may be asked for about one institution or draft [decided]: more is harassment."""


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def resend(request: HttpRequest) -> HttpResponse:
    """Send my link again.

    Known and unknown input get the same answer in the same time: what is looked up is looked up by the worker.
    """
    season = rulebook.current().season_at(clock.now(), county=rulebook.ANYWHERE)
    form = forms.ResendForm(request.POST if request.method == "POST" else None)
    context = {"form": form, **moments(season)}
    if request.method != "POST" or not form.is_valid():
        return render(request, "applications/resend.html", context)
    code, mailbox = form.cleaned_data["institution_code"], form.cleaned_data["mailbox"]
    if too_often("resend", request):
        form.refuse(text("applications:throttled"))
        return render(request, "applications/resend.html", context, status=429)
    if _PER_CASE.take(f"{code.casefold()}:{mailbox}"):
        jobs.resend.defer(code=code, mailbox=mailbox, asked_at=clock.now().isoformat())
    return redirect("applications:resent")


@never_cache
@require_safe
def resent(request: HttpRequest) -> HttpResponse:
    """The one answer to every asking."""
    season = rulebook.current().season_at(clock.now(), county=rulebook.ANYWHERE)
    return render(request, "applications/resent.html", moments(season))


def _draft(request: HttpRequest) -> Application | None:
    application = visiting.mine(request)
    return application if application and application.is_draft else None


@never_cache
@require_safe
def already(request: HttpRequest) -> HttpResponse:
    """Somebody has already applied for this institution: have the link sent there again, or go on."""
    application = _draft(request)
    if application is None:
        return redirect("applications:start")
    following = pages.following(application, "institution") or "institution"
    context = {
        "application": application,
        "following": following,
        **moments(application.rules, application.institution_type),
    }
    return render(request, "applications/already.html", context)


@require_POST
def send_original(request: HttpRequest) -> HttpResponse:
    """Have the link in force mailed once more to the mailbox that applied before; its address is not told."""
    application = _draft(request)
    if application is None:
        return redirect("applications:start")
    if not too_often("resend", request) and _PER_CASE.take(f"original:{application.institution_code}"):
        jobs.remind.defer(code=application.institution_code)
    return redirect("applications:resent")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def device(request: HttpRequest) -> HttpResponse:
    """Continue on another device: a link to the draft, mailed to the proved mailbox."""
    application = _draft(request)
    if application is None:
        return redirect("applications:start")
    form = forms.NothingForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and application.mailbox_proved:
        if too_often("resend", request) or not _PER_CASE.take(f"draft:{application.pk}"):
            form.refuse(text("applications:throttled"))
        else:
            resending.send_draft_link(application, visiting.visitor(application))
            messages.success(request, text("applications:done.draft_link", mailbox=application.mailbox))
            return redirect("applications:tasks")
    context = {
        "application": application,
        "form": form,
        **moments(application.rules, application.institution_type),
    }
    return render(request, "applications/device.html", context)


@require_safe
@opened_link(DRAFT_PURPOSE)
def resume(request: OpenedLinkRequest) -> HttpResponse:
    """The draft's link was opened with the typed code: this browser goes on with it."""
    application = Application.objects.filter(pk=UUID(request.opened_link.subject_id)).first()
    if application is None:
        return redirect("applications:start")
    visiting.remember(request, application)
    return redirect("applications:tasks")
