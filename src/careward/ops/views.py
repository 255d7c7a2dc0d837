"""Health for machines, and the demo's pages for people who try the platform."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.utils.html import conditional_escape, format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from careward.kernel import clock
from careward.kernel.texts import text
from careward.ops import health
from careward.ops import mailbox as mails
from careward.ops.demo import changes as demo_changes
from careward.ops.demo import clock as demo_clock
from careward.ops.demo import people, season
from careward.rulebook import NATIONWIDE, current

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]

_FARTHEST = timedelta(days=3650)
"""How far from its beginning the demo's clock can be put [decided]."""


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 while every part is up, else 503; the JSON names each part and its state."""
    healthy, parts = health.report()
    status = "ok" if healthy else "down"
    return JsonResponse({"status": status, "parts": parts}, status=200 if healthy else 503)


def only_in_demo(view: View[P]) -> View[P]:
    """Outside of demo mode the page is not there."""

    @wraps(view)
    def in_demo(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not settings.DEMO:
            raise Http404
        return view(request, *args, **kwargs)

    return in_demo


@never_cache
@require_safe
@only_in_demo
def demo(request: HttpRequest) -> HttpResponse:
    """The demo's own page: the clock's jumps, the people, the accounts."""
    context = {"jumps": jumps(), "people": people.everybody(), "uploaders": season.uploaders()}
    return render(request, "ops/demo.html", context)


def jumps() -> list[dict[str, object]]:
    """The moments of the season the clock can be put to, and a minute before each deadline, in order."""
    places: list[dict[str, object]] = [{"label": text("ops:demo.beginning"), "at": demo_clock.BEGINNING}]
    for moment in current().season_at(clock.now(), county=NATIONWIDE).in_order:
        if not moment.opens:
            before = moment.at - timedelta(minutes=1)
            places.append({"label": text("ops:demo.before", label=moment.label), "at": before})
        places.append({"label": moment.label, "at": moment.at})
    return sorted(places, key=lambda place: place["at"])  # type: ignore[arg-type,return-value]


@require_POST
@only_in_demo
def move_clock(request: HttpRequest) -> HttpResponse:
    """Put the demo's clock to a moment of the years around the season, in every process at once.

    At others pages could not be drawn any more, the one to come back from among them.
    """
    try:
        moment = datetime.fromisoformat(request.POST.get("at", ""))
    except ValueError as unreadable:
        raise Http404 from unreadable
    if moment.tzinfo is None or abs(moment - demo_clock.BEGINNING) > _FARTHEST:
        raise Http404
    demo_clock.set_to(moment)
    demo_changes.happen(moment)
    messages.success(request, text("ops:demo.moved"))
    back = request.POST.get("back", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
        return redirect("ops:demo")
    return HttpResponseRedirect(back)


@never_cache
@require_safe
@only_in_demo
def mailbox(request: HttpRequest) -> HttpResponse:
    """Every letter the demo has sent, newest first; ``q`` looks for a mailbox or a word of the subject."""
    wanted = request.GET.get("q", "").strip()
    found = [m for m in mails.all_mails() if wanted in m.to or wanted in m.cc or wanted in m.subject]
    page = Paginator(found, 30).get_page(request.GET.get("page"))
    return render(request, "ops/mailbox.html", {"page": page, "wanted": wanted})


@never_cache
@require_safe
@only_in_demo
def letter(request: HttpRequest, mail_id: str) -> HttpResponse:
    """One letter as it arrived, its links alive."""
    found = mails.mail(mail_id)
    if found is None:
        raise Http404
    return render(request, "ops/letter.html", {"mail": found, "body": _with_links(found.body)})


_LINK = re.compile(r"(https?://[^\s<>]+)")


def _with_links(body: str) -> SafeString:
    parts = _LINK.split(body)
    linked = [
        format_html('<a class="govuk-link cw-break" href="{}">{}</a>', part, part)
        if n % 2
        else conditional_escape(part)
        for n, part in enumerate(parts)
    ]
    return mark_safe("".join(linked))  # noqa: S308 - every part is escaped above  # nosec B703 B308
