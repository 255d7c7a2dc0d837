"""Pages of the vendor, and the page behind the secret's link."""

import uuid

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from careward.accounts.access import actor_of, for_roles, user_of
from careward.accounts.links import OpenedLinkRequest, opened_link
from careward.applications.rules import shown_source
from careward.flow import Refused
from careward.journal import Actor
from careward.kernel import clock
from careward.kernel.texts import text
from careward.provisioning import acts
from careward.provisioning.forms import CreateForm
from careward.provisioning.hostkeys import fingerprints_if_any
from careward.provisioning.models import UploadAccount
from careward.provisioning.rules import upload_right
from careward.rulebook import NATIONWIDE, current
from careward.shell.components import Tab

PAGE_SIZE = 50


@require_safe
@for_roles("vendor")
def queue(request: HttpRequest) -> HttpResponse:
    """Signed-off applications that wait for an account, and those done, by the season's moment."""
    shown = "done" if request.GET.get("shown") == "done" else "waiting"
    visible = UploadAccount.objects.visible_to(user_of(request)).select_related("institution", "application")
    waiting = visible.waiting_for_the_vendor()
    done = visible.exclude(state="requested").order_by("-created_at")
    page = Paginator(waiting if shown == "waiting" else done, PAGE_SIZE).get_page(request.GET.get("page"))
    season = current().season_at(clock.now(), county=NATIONWIDE)
    context = {
        "page": page,
        "shown": shown,
        "tabs": [
            Tab(text("provisioning:tabs.waiting"), "?shown=waiting", shown == "waiting", waiting.count()),
            Tab(text("provisioning:tabs.done"), "?shown=done", shown == "done", done.count()),
        ],
        "due": season.moment("provisioning_due").at,
    }
    return render(request, "provisioning/queue.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles("vendor")
def account(request: HttpRequest, account_id: uuid.UUID) -> HttpResponse:
    """One account: what to create it from, or what it has become."""
    visible = UploadAccount.objects.visible_to(user_of(request))
    subject = get_object_or_404(visible.select_related("institution", "application"), pk=account_id)
    form = _form(request, subject)
    if request.method == "POST":
        if _act_on(request, subject, form):
            return redirect("provisioning:account", account_id=account_id)
        subject = visible.get(pk=account_id)
    acts = subject.open_to(user_of(request).role)
    context = {
        "account": subject,
        "form": form,
        "right": upload_right(subject, subject.rules),
        "buttons": [_button(name) for name in acts if name in _SIMPLE],
        "may_create": "create" in acts,
        "host": settings.SFTP_HOST,
        "port": settings.SFTP_PORT,
        "fingerprints": fingerprints_if_any(),
    }
    return render(request, "provisioning/account.html", context)


def _form(request: HttpRequest, subject: UploadAccount) -> CreateForm:
    if request.method == "POST" and request.POST.get("act") == "create":
        return CreateForm(request.POST)
    proposed = "\n".join(shown_source(network) for network in subject.networks)
    return CreateForm(initial={"username": subject.proposed_username, "sources": proposed})


def _button(name: str) -> dict[str, str]:
    label, note = text(f"provisioning:acts.{name}"), text(f"provisioning:act_notes.{name}")
    return {"name": name, "label": label, "note": note}


_SIMPLE = {"suspend": acts.suspend, "resume": acts.resume, "reissue": acts.reissue, "close": acts.close}


def _act_on(request: HttpRequest, subject: UploadAccount, form: CreateForm) -> bool:
    wanted = request.POST.get("act", "")
    if wanted == "create" and not form.is_valid():
        return False
    try:
        if wanted == "create":
            acts.create(
                subject,
                actor_of(request),
                username=form.cleaned_data["username"],
                sources=form.cleaned_data["sources"],
                allow_loopback=settings.DEMO,
            )
        elif wanted in _SIMPLE:
            _SIMPLE[wanted](subject, actor_of(request))
        else:
            return False
    except Refused as refused:
        messages.error(request, refused.message)
        return True
    messages.success(request, text(f"provisioning:done.{wanted}"))
    return True


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@opened_link("secret")
def secret(request: OpenedLinkRequest) -> HttpResponse:
    """Make the password and show it once: the answer to a POST, never to be had by GET."""
    subject = UploadAccount.objects.select_related("institution").get(pk=request.opened_link.subject_id)
    now = clock.now()
    context: dict[str, object] = {
        "account": subject,
        "waiting": subject.secret_is_waiting(now),
        "right": upload_right(subject, subject.rules),
        "window": subject.rules.contact_window(subject.institution.type),
    }
    if request.method == "POST":
        password = acts.new_password()
        try:
            acts.reveal(subject, Actor("institution", str(subject.pk)), password=password)
        except Refused as refused:
            context |= {"waiting": False, "refused": refused.message}
        else:
            context |= {"password": password, "waiting": False}
    return render(request, "provisioning/secret.html", context)
