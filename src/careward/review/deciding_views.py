"""What the desk does with a case beside signing it: 補件, decisions with a reason, transfer, assignment, notes."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from careward.accounts.access import COUNTY, for_roles, user_of
from careward.accounts.models import User
from careward.applications.models import Application
from careward.flow import Refused
from careward.kernel import clock
from careward.kernel.texts import text
from careward.registry.deputies import actor_for, acts_on
from careward.review import acts, assigning, moving, supplementing
from careward.review.forms import NoteForm, ReasonForm, SupplementForm, TransferForm
from careward.review.queue_views import following, queue_address
from careward.review.reaching import case_of
from careward.review.rules import desk_name
from careward.review.views import DECISIONS
from careward.rulebook import current

_ACTS: dict[str, Any] = {
    "confirm": acts.confirm,
    "return_to_officer": acts.return_to_officer,
    "mark_not_mended": acts.mark_not_mended,
    "close_supplement": supplementing.close_supplement,
    "revoke": acts.revoke,
}
_WITHOUT_REASON = ("confirm",)
_REMARK = ("mark_not_mended",)
_ONE_AFTER_THE_OTHER = ("confirm", "mark_not_mended")
"""Acts that are done to many cases in a row."""


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(*COUNTY)
def decide(request: HttpRequest, application_id: uuid.UUID, act: str) -> HttpResponse:
    """Say what an act will do, ask for its reason, do it."""
    if act not in DECISIONS:
        raise Http404
    application = case_of(request, application_id)
    if act not in acts_on(user_of(request), application):
        return _no_longer(request, application, act)
    form = ReasonForm(request.POST or None, needed=act not in _WITHOUT_REASON + _REMARK)
    if request.method == "POST" and form.is_valid():
        onward = following(request, application) if "next" in request.POST else None
        try:
            application = _do(act, application, request, form.cleaned_data["reason"])
        except Refused as refused:
            form.refuse(refused.message)
        else:
            messages.success(request, text(f"review:decisions.{act}.done", name=application.institution_name))
            return redirect("review:case", onward.pk) if onward else redirect(queue_address(request))
    context = {
        **_head(application),
        "form": form,
        "asks": act not in _WITHOUT_REASON,
        "title": text(f"review:decisions.{act}.title"),
        "explains": text(f"review:decisions.{act}.explains"),
        "button": text(f"review:decisions.{act}.button"),
        "signed": application.sign_offs.in_force().select_related("officer").first(),
        "running": application.supplements.running().first(),
        "following": following(request, application) if act in _ONE_AFTER_THE_OTHER else None,
    }
    return render(request, "review/decide.html", context)


def _do(act: str, application: Application, request: HttpRequest, reason: str) -> Application:
    by = actor_for(user_of(request), application, act)
    if act in _WITHOUT_REASON:
        return _ACTS[act](application, by)  # type: ignore[no-any-return]
    said = {"remark": reason} if act in _REMARK else {"reason": reason}
    return _ACTS[act](application, by, **said)  # type: ignore[no-any-return]


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(*COUNTY)
def ask_supplement(request: HttpRequest, application_id: uuid.UUID) -> HttpResponse:
    """Choose what is to be mended, why and until when; the institution is told at once."""
    application = case_of(request, application_id)
    if "ask_supplement" not in acts_on(user_of(request), application):
        return _no_longer(request, application, "ask_supplement")
    season = application.rules
    checklist = application.checklist
    form = SupplementForm(checklist, season.supplement_due(clock.now()), request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            by = actor_for(user_of(request), application, "ask_supplement")
            supplementing.ask_supplement(application, by, wanted=form.wanted, due=form.due)
        except Refused as refused:
            form.refuse(refused.message)
        else:
            messages.success(request, text("review:done.supplement", name=application.institution_name))
            return redirect(queue_address(request))
    context = {
        **_head(application),
        "form": form,
        "rows": list(form.rows()),
        "latest": season.moment("supplement_latest_due").at,
    }
    return render(request, "review/supplement.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(*COUNTY)
def transfer(request: HttpRequest, application_id: uuid.UUID) -> HttpResponse:
    """Hand the case to another county or unit."""
    application = case_of(request, application_id)
    if "transfer" not in acts_on(user_of(request), application):
        return _no_longer(request, application, "transfer")
    form = TransferForm(request.POST or None, initial={"county": application.county})
    if request.method == "POST" and form.is_valid():
        try:
            by = actor_for(user_of(request), application, "transfer")
            moving.transfer(application, by, **form.cleaned_data)
        except Refused as refused:
            form.refuse(refused.message)
        else:
            messages.success(request, text("review:done.transfer", name=application.institution_name))
            return redirect(queue_address(request))
    return render(request, "review/transfer.html", {**_head(application), "form": form})


@require_POST
@for_roles(*COUNTY)
def assign(request: HttpRequest, application_id: uuid.UUID) -> HttpResponse:
    """Take a case, hand it over, or put it back."""
    application, user = case_of(request, application_id), user_of(request)
    chosen = request.POST.get("officer", "")
    to = next((one for one in assigning.colleagues(application) if str(one.pk) == chosen), None)
    if chosen and to is None:
        messages.error(request, text("review:assigning.not_here"))
    else:
        assigning.assign(application, to, user)
        messages.success(request, _assigned(to))
    return redirect("review:case", application_id=application_id)


def _assigned(to: User | None) -> str:
    return text("review:assigning.given", name=to.name) if to else text("review:assigning.put_back")


@require_POST
@for_roles(*COUNTY)
def note(request: HttpRequest, application_id: uuid.UUID) -> HttpResponse:
    """Keep an internal note."""
    application = case_of(request, application_id)
    form = NoteForm(request.POST)
    if form.is_valid():
        assigning.note_down(application, user_of(request), form.cleaned_data["words"])
        messages.success(request, text("review:note.kept"))
    else:
        messages.error(request, str(form.errors["words"][0]))
    return redirect("review:case", application_id=application_id)


@require_POST
@for_roles(*COUNTY)
def judge(request: HttpRequest, application_id: uuid.UUID, finding: int) -> HttpResponse:
    """Confirm a finding of the platform, or overrule it with a reason."""
    application = case_of(request, application_id)
    found = get_object_or_404(application.findings.in_force(), pk=finding)
    try:
        assigning.judge(
            found,
            user_of(request),
            holds="holds" in request.POST,
            reason=request.POST.get("reason", "").strip()[:2000],
        )
    except assigning.NoReason:
        messages.error(request, text("review:findings_said.reason_missing"))
    else:
        messages.success(request, text("review:findings_said.kept"))
    return redirect("review:case", application_id=application_id)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(*COUNTY)
def desk_settings(request: HttpRequest) -> HttpResponse:
    """Whether a supervisor confirms what officers of a desk sign; the supervisor, or a deputy, switches it."""
    user = user_of(request)
    desks = moving.desks_of(user)
    if request.method == "POST":
        desk = next((one for one in desks if one.key == request.POST.get("desk", "")), None)
        try:
            moving.set_second_step(user, desk, on="on" in request.POST)
        except moving.NotTheirDesk:
            messages.error(request, text("review:desk.by_supervisor"))
        else:
            messages.success(request, text("review:desk.kept"))
        return redirect("review:desk_settings")
    book = current()
    context = {
        "desks": [
            {
                "key": desk.key,
                "name": desk_name(book, desk.county, desk.unit, ""),
                "on": moving.second_step_at(desk),
                "may_set": moving.led_by(user, desk) is not None,
            }
            for desk in desks
        ],
    }
    return render(request, "review/desk_settings.html", context)


def _head(application: Application) -> dict[str, object]:
    return {
        "application": application,
        "colour": text(f"review:colours.{application.state}"),
        "contact": application.rules.contact_window(application.institution_type),
    }


def _no_longer(request: HttpRequest, application: Application, act: str) -> HttpResponse:
    values = {"act": text(f"applications:acts.{act}"), "state": application.state_label}
    messages.warning(request, text("flow:not_permitted", **values))
    return redirect("review:case", application_id=application.pk)
