"""What an institution sees behind its link: what is in force, what it asked for, and the form of a change.

GET changes nothing; what binds is a second POST with the typed code (security-baseline.md, "Mailed links").
"""

from collections.abc import Callable
from copy import copy
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from allauth.core.internal.ratelimit import truncate_ip
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from careward.accounts.links import OpenedLinkRequest, opened_link
from careward.accounts.throttle import Throttle
from careward.applications import pages
from careward.applications.forms import CodeForm
from careward.applications.holding import application_of, holder
from careward.applications.limits import HOUR, source_of, too_often
from careward.applications.models import Application
from careward.changes import acts, data, jobs
from careward.changes.forms import LinkForm
from careward.changes.models import PURPOSE, ConnectionChange
from careward.changes.procedure import DRAFT, OPEN, REQUESTED, RETURNED
from careward.changes.rules import SECTIONS, Data, differences, in_a_row
from careward.flow import Refused
from careward.kernel import clock
from careward.kernel.text import mask_name
from careward.kernel.texts import text
from careward.shell.forms import PlainForm

_PER_SOURCE: Final = Throttle("changes.link.source", limit=20, lock=timedelta(minutes=10))
_PER_CODE: Final = Throttle("changes.link", limit=5, lock=HOUR)
"""Links asked for [decided]: a vendor's office asks for many institutions; more to one mailbox is harassment."""
_SHOWN: Final = 20


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def link(request: HttpRequest) -> HttpResponse:
    """Send me the link. Known and unknown codes get the same answer in the same time: the worker looks them up."""
    known = getattr(request.user, "institution_code", "")
    form = LinkForm(request.POST if request.method == "POST" else None, initial={"institution_code": known})
    if request.method != "POST" or not form.is_valid():
        return render(request, "changes/link.html", {"form": form})
    code = form.cleaned_data["institution_code"]
    if not _PER_SOURCE.take(str(truncate_ip(source_of(request)))):
        form.refuse(text("applications:throttled"))
        return render(request, "changes/link.html", {"form": form}, status=429)
    if _PER_CODE.take(code.casefold()):
        jobs.send_link.defer(code=code, asked_at=clock.now().isoformat())
    return redirect("changes:link_sent")


@never_cache
@require_safe
def link_sent(request: HttpRequest) -> HttpResponse:
    """The one answer to every asking."""
    return render(request, "changes/link_sent.html")


def _context(application: Application, **more: object) -> dict[str, object]:
    season = application.rules
    now = data.now_of(application)
    listed = season.changes.list_of(clock.now())
    return {
        "application": application,
        "season": season,
        "contact": season.contact_window(application.institution_type),
        "sources": in_a_row(now.sources or ()),
        "person": mask_name(now.person_name) if now.person_name else "",
        "next_list": listed,
        **more,
    }


def _open(application: Application) -> ConnectionChange | None:
    return application.connection_changes.open().first()


@require_safe
@opened_link(PURPOSE)
def mine(request: OpenedLinkRequest) -> HttpResponse:
    """The data in force, the change that is open, and those before."""
    application = application_of(request)
    change = _open(application)
    before = application.connection_changes.exclude(state__in=OPEN).exclude(sent_at=None)
    context = {
        "change": change,
        "differences": _differences(change) if change else (),
        "parts": data.parts_of(application),
        "editable": change is not None and change.state in (DRAFT, RETURNED),
        "waits": change is not None and change.state == REQUESTED,
        "before": before.order_by("-sent_at", "-pk")[:_SHOWN],
        "may_begin": change is None and application.rules.changes_open(clock.now()),
    }
    return render(request, "changes/mine.html", _context(application, **context))


def _differences(change: ConnectionChange) -> tuple[Any, ...]:
    """Beside what is in force while it is being filled in, then beside what was in force when it was sent."""
    if change.state in (DRAFT, RETURNED):
        return differences(data.now_of(change.application), change.wanted)
    return change.differences


@require_http_methods(["GET", "HEAD", "POST"])
@opened_link(PURPOSE)
def edit(request: OpenedLinkRequest, section: str) -> HttpResponse:
    """One page of the application form, for the part that changes; kept beside what is in force."""
    application = application_of(request)
    change = _open(application)
    if section not in SECTIONS or section not in data.parts_of(application):
        raise Http404
    if change is not None and change.state == REQUESTED:
        return redirect("changes:mine")
    form = _form(request, application, change, section)
    if request.method == "POST" and too_often("mend", request):
        form.refuse(text("applications:throttled"))
    elif request.method == "POST" and form.is_valid():
        try:
            _keep(request, application, change, pages.changes_of(section, form))
        except Refused as refused:
            form.refuse(refused.message)
        else:
            return redirect("changes:mine")
    return render(request, f"changes/{section}.html", _context(application, form=form, change=change))


def _form(
    request: HttpRequest, application: Application, change: ConnectionChange | None, section: str
) -> PlainForm:
    """The application form's own page, filled with what is asked for so far; a new person is typed anew, whole."""
    shown = copy(application)
    shown.sources = list((change and change.sources) or data.now_of(application).sources or ())
    shown.person_id = None
    posted = request.POST if request.method == "POST" else None
    return pages.form_for(section, shown, posted, current=source_of(request), person_name="")


def _keep(
    request: OpenedLinkRequest,
    application: Application,
    change: ConnectionChange | None,
    changes: dict[str, object],
) -> None:
    by = holder(request)
    begun = change or acts.begin(ConnectionChange(application=application), by)
    acts.edit(begun, by, changes=changes)


@require_POST
@opened_link(PURPOSE)
def keep(request: OpenedLinkRequest, section: str) -> HttpResponse:
    """Let one part stay as it is after all."""
    application = application_of(request)
    change = _open(application)
    cleared = {"sources": {"sources": None}, "person": {"person_name": None, "person_id": None}}
    if change is not None and section in cleared:
        _do(request, lambda: acts.edit(change, holder(request), changes=cleared[section]))
    return redirect("changes:mine")


@require_http_methods(["GET", "HEAD", "POST"])
@opened_link(PURPOSE)
def send(request: OpenedLinkRequest) -> HttpResponse:
    """Show what will happen, then ask for it by the typed code."""
    application = application_of(request)
    change = _open(application)
    if change is None or change.state not in (DRAFT, RETURNED) or change.wanted == Data(None, None):
        return redirect("changes:mine")
    return _confirm(request, change, "send", lambda: acts.send(change, holder(request)))


@require_http_methods(["GET", "HEAD", "POST"])
@opened_link(PURPOSE)
def cancel(request: OpenedLinkRequest) -> HttpResponse:
    """Show what will happen, then withdraw by the typed code; a draft is dropped the same way."""
    application = application_of(request)
    change = _open(application)
    if change is None:
        return redirect("changes:mine")
    act = acts.drop if change.state == DRAFT else acts.cancel
    return _confirm(request, change, "cancel", lambda: act(change, holder(request)))


def _confirm(
    request: OpenedLinkRequest, change: ConnectionChange, what: str, perform: Callable[[], object]
) -> HttpResponse:
    application = change.application
    form = CodeForm(request.POST if request.method == "POST" else None, application=application)
    if request.method == "POST" and too_often("mend", request):
        form.refuse(text("applications:throttled"))
    elif request.method == "POST" and form.is_valid():
        try:
            perform()
        except Refused as refused:
            form.refuse(refused.message)
        else:
            messages.success(request, text(f"changes:done.{what}"))
            return redirect("changes:mine")
    context = _context(application, form=form, change=change, differences=_differences(change))
    return render(request, f"changes/{what}.html", context)


def _do(request: HttpRequest, perform: Callable[[], object]) -> None:
    try:
        perform()
    except Refused as refused:
        messages.error(request, refused.message)


def of_application(pk: str) -> str:
    """The code that opens an application's link."""
    return get_object_or_404(Application, pk=UUID(pk)).institution_code
