"""Letters as staff see them: what became of each, and how each kind reads."""

import base64
import hashlib
import re
import uuid
from datetime import timedelta
from typing import Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from careward.accounts.access import actor_of, for_roles, user_of
from careward.accounts.throttle import Throttle
from careward.correspondence import acts, composing
from careward.correspondence.models import Letter
from careward.correspondence.procedure import BOUNCED, FAILED, QUEUED, SENT
from careward.flow import Refused
from careward.kernel.texts import text
from careward.mailroom import previews, provider
from careward.mailroom.apps import STAFF
from careward.mailroom.reach import visible_to
from careward.shell.components import Tab

PAGE_SIZE: Final = 50
_TABS: Final = {"back": (BOUNCED, FAILED), "waiting": (QUEUED,), "sent": (SENT,)}
_TOLD = Throttle("mailroom.told", limit=600, lock=timedelta(minutes=1))


@require_safe
@for_roles(*STAFF)
def letters(request: HttpRequest) -> HttpResponse:
    """What came back or was given up, what waits, what was sent; found by mailbox or institution code."""
    wanted = request.GET.get("q", "").strip()[:100]
    found = _matching(visible_to(user_of(request)), wanted)
    shown = request.GET.get("shown", "back")
    shown = shown if shown in _TABS else "back"
    query = f"&q={wanted}" if wanted else ""
    tabs = [
        Tab(
            text(f"mailroom:tabs.{name}"),
            f"?shown={name}{query}",
            name == shown,
            found.filter(state__in=states).count(),
        )
        for name, states in _TABS.items()
    ]
    rows = found.filter(state__in=_TABS[shown]).order_by("-created_at", "-pk")
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"page": page, "tabs": tabs, "shown": shown, "wanted": wanted, "role": user_of(request).role}
    return render(request, "mailroom/letters.html", context)


def _matching(rows: QuerySet[Letter], wanted: str) -> QuerySet[Letter]:
    if not wanted:
        return rows
    return rows.filter(
        Q(institution_code__iexact=wanted) | Q(to__contains=[wanted]) | Q(subject__icontains=wanted)
    )


@require_POST
@for_roles(*STAFF)
def send_again(request: HttpRequest, letter_id: uuid.UUID) -> HttpResponse:
    """Send a letter again that came back or was given up."""
    letter = get_object_or_404(visible_to(user_of(request)), pk=letter_id)
    try:
        acts.send_again(letter, actor_of(request))
    except Refused as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, text("mailroom:done.send_again", subject=letter.subject))
    return redirect("mailroom:letters")


@require_safe
@for_roles(*STAFF)
def kinds(request: HttpRequest) -> HttpResponse:
    """Every letter the platform writes, by what it is about, each with its subject."""
    return render(request, "mailroom/kinds.html", {"previews": previews.previews()})


def _preview(kind: str) -> previews.Preview:
    if kind not in composing.letter_ids():
        raise Http404
    return previews.preview(kind)


@require_safe
@for_roles(*STAFF)
def kind(request: HttpRequest, kind: str) -> HttpResponse:
    """One letter as its reader gets it, with invented values."""
    return render(request, "mailroom/kind.html", {"preview": _preview(kind)})


@require_safe
@for_roles(*STAFF)
def kind_html(request: HttpRequest, kind: str) -> HttpResponse:
    """Its HTML part as a page by itself, in a sandbox: its style sheet alone is allowed, by its digest."""
    made = _preview(kind).html
    style = re.search(r"<style>(.*?)</style>", made, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256((style[1] if style else "").encode()).digest()).decode()
    policy = f"sandbox; default-src 'none'; style-src 'sha256-{digest}'; frame-ancestors 'none'"
    return HttpResponse(made, headers={"Content-Security-Policy": policy})


@csrf_exempt
@require_POST
def told(request: HttpRequest) -> HttpResponseBase:
    """The mail provider tells what it could not deliver; answers only when a provider and its secret are set."""
    view = provider.view()
    if view is None:
        raise Http404
    if not _TOLD.take("all"):
        return HttpResponse(status=429)
    answer: HttpResponseBase = view(request)
    return answer
