"""Pages of the county and of whoever looks: the changes by age, one change with its findings, the decisions."""

import uuid
from collections.abc import Callable, Mapping
from typing import Any, Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from careward.accounts.access import COUNTY, for_roles, user_of
from careward.changes import acts
from careward.changes.findings import noticed
from careward.changes.forms import ReasonForm
from careward.changes.models import ConnectionChange
from careward.changes.reviewing import unmask as look_at_number
from careward.flow import Refused
from careward.kernel import clock
from careward.kernel.texts import text
from careward.registry.deputies import actor_for, acts_on
from careward.review.rules import desk_name
from careward.rulebook import current
from careward.shell.components import Tab

READERS: Final = (*COUNTY, "ministry", "vendor")
COLOURS: Final = {
    "draft": "grey",
    "requested": "yellow",
    "returned": "orange",
    "refused": "red",
    "cancelled": "grey",
    "approved": "blue",
    "processed": "green",
    "failed": "red",
}
PAGE_SIZE: Final = 50
_AT_ONCE: Final[Mapping[str, Callable[..., Any]]] = {"approve": acts.approve, "process": acts.process}
_WITH_REASON: Final[Mapping[str, Callable[..., Any]]] = {
    "give_back": acts.give_back,
    "refuse": acts.refuse,
    "fail": acts.fail,
}


@never_cache
@require_safe
@for_roles(*COUNTY, "ministry")
def queue(request: HttpRequest) -> HttpResponse:
    """Changes that wait for review, the oldest first; and those decided."""
    shown = "done" if request.GET.get("shown") == "done" else "waiting"
    visible = ConnectionChange.objects.visible_to(user_of(request)).select_related("application")
    waiting = visible.waiting_for_review()
    done = visible.exclude(state="requested").order_by("-sent_at", "pk")
    page = Paginator(waiting if shown == "waiting" else done, PAGE_SIZE).get_page(request.GET.get("page"))
    now = clock.now()
    rows = [
        {"change": one, "days": one.waited_days(now), "colour": COLOURS[one.state], "notes": _notes(one)}
        for one in page.object_list
    ]
    tabs = [
        Tab(text("changes:tabs.waiting"), "?shown=waiting", shown == "waiting", waiting.count()),
        Tab(text("changes:tabs.done"), "?shown=done", shown == "done", done.count()),
    ]
    return render(request, "changes/queue.html", {"page": page, "rows": rows, "tabs": tabs, "shown": shown})


def _notes(change: ConnectionChange) -> int:
    return len(noticed(change)) if change.state == "requested" else 0


def change_of(request: HttpRequest, change_id: uuid.UUID) -> ConnectionChange:
    """The change; raises Http404 for one outside the reader's reach as for one there is not."""
    visible = ConnectionChange.objects.visible_to(user_of(request)).select_related("application")
    return get_object_or_404(visible, pk=change_id)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(*READERS)
def change(request: HttpRequest, change_id: uuid.UUID) -> HttpResponse:
    """One change: old beside new, what was noticed, and what may be done with it."""
    subject = change_of(request, change_id)
    if request.method == "POST":
        _act(request, subject)
        return redirect("changes:change", change_id=change_id)
    user = user_of(request)
    application = subject.application
    open_acts = tuple(acts_on(user, subject)) if user.may_act else ()
    if user.role == "vendor" and not subject.released:
        open_acts = ()
    compares = user.role in COUNTY
    context = {
        "change": subject,
        "application": application,
        "colour": COLOURS[subject.state],
        "desk": desk_name(current(), application.county, application.unit, application.institution_type),
        "differences": subject.differences_in_full if compares else subject.differences,
        "number": request.session.pop(_place(subject), "") or subject.masked_person_id,
        "may_unmask": compares and user.may_act,
        "findings": noticed(subject) if subject.state == "requested" else (),
        "at_once": [_button(name) for name in open_acts if name in _AT_ONCE],
        "with_reason": [_button(name) for name in open_acts if name in _WITH_REASON],
        "back": _back(user.role),
        "contact": subject.rules.contact_window(application.institution_type),
    }
    return render(request, "changes/change.html", context)


def _button(name: str) -> dict[str, str]:
    return {
        "name": name,
        "label": text(f"changes:acts.{name}"),
        "note": text(f"changes:act_notes.{name}"),
    }


def _back(role: str) -> dict[str, str]:
    where = "lists" if role == "vendor" else "queue"
    return {"url": f"changes:{where}", "label": text(f"changes:back.{where}")}


def _act(request: HttpRequest, subject: ConnectionChange) -> None:
    wanted = request.POST.get("act", "")
    if wanted not in _AT_ONCE:
        return
    try:
        done = _AT_ONCE[wanted](subject, actor_for(user_of(request), subject, wanted))
    except Refused as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, text(f"changes:done.{wanted}", name=done.application.institution_name))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(*COUNTY, "vendor")
def decide(request: HttpRequest, change_id: uuid.UUID, act: str) -> HttpResponse:
    """Say what an act will do, ask for its reason, do it."""
    subject = change_of(request, change_id)
    if act not in _WITH_REASON:
        raise Http404
    if act not in acts_on(user_of(request), subject):
        values = {"act": text(f"changes:acts.{act}"), "state": subject.state_label}
        messages.warning(request, text("flow:not_permitted", **values))
        return redirect("changes:change", change_id=change_id)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            by = actor_for(user_of(request), subject, act)
            _WITH_REASON[act](subject, by, reason=form.cleaned_data["reason"])
        except Refused as refused:
            form.refuse(refused.message)
        else:
            messages.success(request, text(f"changes:done.{act}", name=subject.application.institution_name))
            return redirect("changes:change", change_id=change_id)
    context = {
        "change": subject,
        "application": subject.application,
        "colour": COLOURS[subject.state],
        "differences": subject.differences,
        "form": form,
        "decision": _button(act),
    }
    return render(request, "changes/decide.html", context)


@require_POST
@for_roles(*COUNTY)
def unmask(request: HttpRequest, change_id: uuid.UUID) -> HttpResponse:
    """Show the new person's full ID number on the next look, once; who looked is recorded."""
    subject = change_of(request, change_id)
    request.session[_place(subject)] = look_at_number(subject, user_of(request))
    return redirect("changes:change", change_id=change_id)


def _place(subject: ConnectionChange) -> str:
    return f"unmasked:{subject.pk}"
