"""Proving the mailbox: a code is mailed by a POST, typed in by another; looking at the page sends nothing."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from careward import rulebook
from careward.accounts.throttle import Throttle
from careward.applications import forms, pages, proofs, tasks, visiting
from careward.applications.framing import closed, moments
from careward.applications.limits import HOUR, too_often
from careward.applications.models import Application
from careward.journal import Actor
from careward.kernel import clock
from careward.kernel.texts import text


def _per_mailbox() -> Throttle:
    most = rulebook.current().policies.mailbox_code.codes_per_hour.value
    return Throttle("applications.code", limit=most, lock=HOUR)


def post_code(request: HttpRequest, application: Application, mailbox: str, by: Actor) -> bool:
    """Mail a code; False, and a message, when the mailbox or the source has had too many."""
    throttle = _per_mailbox()
    if throttle.exhausted(mailbox) or too_often("code", request):
        messages.warning(request, text("applications:mailbox.too_many"))
        return False
    throttle.count(mailbox)
    proofs.ask(application, mailbox, by)
    return True


def send_code(request: HttpRequest, application: Application, *, only_if_none_waits: bool) -> None:
    """Mail the draft's mailbox a code, unless one is on its way."""
    if only_if_none_waits and proofs.waiting(application, application.mailbox):
        return
    post_code(request, application, application.mailbox, visiting.visitor(application))


def _mine(request: HttpRequest) -> Application | None:
    application = visiting.mine(request)
    return application if application and application.is_draft else None


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def mailbox(request: HttpRequest) -> HttpResponse:
    """Ask for the mailed code; the right one opens the way on."""
    application = _mine(request)
    if application is None:
        return redirect("applications:receipt")
    if not application.rules.window_open(clock.now()):
        return closed(request, application.rules, application.institution_type)
    if not application.mailbox:
        return redirect("applications:step", section="contact")
    if application.mailbox_proved:
        return _next(application)
    form = forms.MailboxForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        answer = proofs.prove(
            application, application.mailbox, form.cleaned_data["code"], visiting.visitor(application)
        )
        if answer is proofs.Answer.PROVED:
            return _next(application)
        form.fail("code", answer.value)
    return _page(request, application, form)


@require_POST
def new_code(request: HttpRequest) -> HttpResponse:
    """Mail another code; the one before is dead."""
    application = _mine(request)
    if application is not None and application.mailbox and not application.mailbox_proved:
        send_code(request, application, only_if_none_waits=False)
    return redirect("applications:step", section="mailbox")


def _next(application: Application) -> HttpResponse:
    following = pages.following(application, "mailbox")
    return redirect("applications:step", section=following) if following else redirect("applications:check")


def _page(request: HttpRequest, application: Application, form: forms.MailboxForm) -> HttpResponse:
    context = {
        "application": application,
        "form": form,
        "waiting": proofs.waiting(application, application.mailbox),
        "valid_minutes": rulebook.current().policies.mailbox_code.valid_minutes.value,
        **tasks.place(application, "mailbox"),
        **moments(application.rules, application.institution_type),
    }
    return render(request, "applications/mailbox.html", context)
