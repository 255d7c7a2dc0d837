"""The pages of one participant of last season: what is known, what happened, and mending the list."""

import uuid
from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from careward.accounts.access import for_roles, user_of
from careward.continuing import rectifying
from careward.continuing.forms import PutBackForm, ReasonForm, RectifyForm
from careward.continuing.history import history
from careward.continuing.models import Invitation
from careward.continuing.procedure import INVITED, KEEPERS
from careward.continuing.staff_views import READERS
from careward.flow import Refused
from careward.kernel import clock
from careward.kernel.texts import text
from careward.registry.deputies import actor_for, acts_on
from careward.shell.forms import PlainForm

_ACTS = {"strike": rectifying.strike, "put_back": rectifying.put_back}


def _found(request: HttpRequest, invitation_id: uuid.UUID) -> Invitation:
    reachable = Invitation.objects.visible_to(user_of(request)).with_standing()
    return get_object_or_404(reachable, pk=invitation_id)


def _may(request: HttpRequest, invitation: Invitation, act: str) -> bool:
    in_time = act != "rectify" or invitation.state != INVITED or invitation.rules.window_open(clock.now())
    return in_time and act in acts_on(user_of(request), invitation)


@require_safe
@for_roles(*READERS)
def participant(request: HttpRequest, invitation_id: uuid.UUID) -> HttpResponse:
    """What is known of a participant, where it stands and what happened."""
    invitation = _found(request, invitation_id)
    context = {
        **_context(invitation),
        "history": history(invitation),
        "may": [act for act in ("rectify", *_ACTS) if _may(request, invitation, act)],
    }
    return render(request, "continuing/participant.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(*KEEPERS)
def rectify(request: HttpRequest, invitation_id: uuid.UUID) -> HttpResponse:
    """Correct what the list has wrong; a new mailbox gets a letter of its own."""
    invitation = _found(request, invitation_id)
    form = RectifyForm(request.POST if request.method == "POST" else None, invitation=invitation)

    def perform() -> str:
        changes = form.changes
        by = actor_for(user_of(request), invitation, "rectify")
        rectifying.rectify(invitation, by, changes=changes, reason=form.cleaned_data["reason"])
        if "mailbox" in changes and invitation.state == INVITED:
            return text("continuing:done.rectified_mailbox", mailbox=changes["mailbox"])
        return text("continuing:done.rectified")

    return _page(request, invitation, "rectify", form, perform)


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(*KEEPERS)
def decide(request: HttpRequest, invitation_id: uuid.UUID, act: str) -> HttpResponse:
    """Strike a participant from the list, or put it back, with the reason."""
    invitation = _found(request, invitation_id)
    kind = ReasonForm if act == "strike" else PutBackForm
    form = kind(request.POST if request.method == "POST" else None)

    def perform() -> str:
        by = actor_for(user_of(request), invitation, act)
        _ACTS[act](invitation, by, reason=form.cleaned_data["reason"])
        done = "struck" if act == "strike" else "put_back"
        return text(f"continuing:done.{done}", name=invitation.institution.name)

    return _page(request, invitation, act, form, perform)


def _page(
    request: HttpRequest, invitation: Invitation, act: str, form: PlainForm, perform: Callable[[], str]
) -> HttpResponse:
    if not _may(request, invitation, act):
        return redirect("continuing:participant", invitation_id=invitation.pk)
    if request.method == "POST" and form.is_valid():
        try:
            messages.success(request, perform())
        except Refused as refused:
            form.refuse(refused.message)
        else:
            return redirect("continuing:participant", invitation_id=invitation.pk)
    return render(request, f"continuing/{act}.html", {**_context(invitation), "form": form})


def _context(invitation: Invitation) -> dict[str, object]:
    return {
        "invitation": invitation,
        "institution": invitation.institution,
        "before": invitation.season_before,
    }
