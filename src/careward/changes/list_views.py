"""Pages of the months' lists: seen by everybody in charge, released by the ministry, processed by the vendor."""

from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from careward.accounts.access import actor_of, for_roles, user_of
from careward.accounts.exporting import list_download, record_export
from careward.accounts.models import User
from careward.changes import acts, listing, releasing
from careward.changes.importing import RESULTS
from careward.changes.models import ConnectionChange
from careward.changes.releasing import Month
from careward.changes.review_views import COLOURS, READERS
from careward.flow import Refused
from careward.journal import Actor
from careward.kernel import clock
from careward.kernel.texts import text
from careward.shell.forms import ids_among
from careward.shell.importing import import_page
from careward.store.spreadsheets import FORMATS

MOST_SHOWN: Final = 500
"""Changes on one list page [decided]: more than a month brings; the files hold all."""


@never_cache
@require_safe
@for_roles(*READERS)
def lists(request: HttpRequest) -> HttpResponse:
    """Every list begun, the latest first: when it is frozen, how many are on it, how far it is."""
    now, user = clock.now(), user_of(request)
    rows = [_row(month, user) | {"standing": _standing(month, user)} for month in releasing.months(now)]
    return render(request, "changes/lists.html", {"rows": rows, "vendor": user.role == "vendor"})


def _row(month: Month, user: User) -> dict[str, Any]:
    on_it = listing.of(month, user)
    return {
        "month": month,
        "label": listing.label(month),
        "count": on_it.count(),
        "unprocessed": on_it.unprocessed().count(),
    }


def _standing(month: Month, user: User) -> dict[str, str]:
    """Open, waiting to be released, being processed, or done – as it is for this reader."""
    on_it = listing.of(month, user)
    if not month.frozen(clock.now()):
        name = "gathering"
    elif not on_it.exists():
        name = "empty"
    elif not on_it.unprocessed().exists():
        name = "done"
    else:
        waits = on_it.unprocessed().filter(application__institution_type__in=listing.types_of(month.released))
        name = "processing" if waits.exists() else "frozen"
    return {"label": text(f"changes:standings.{name}"), "colour": listing.STANDINGS[name]}


def _month(season: str, month: str) -> Month:
    found = releasing.month_of(season, month)
    if found is None:
        raise Http404
    return found


@never_cache
@require_safe
@for_roles(*READERS)
def month_list(request: HttpRequest, season: str, month: str) -> HttpResponse:
    """One month's list as far as the reader reaches."""
    shown, user = _month(season, month), user_of(request)
    on_it = list(listing.of(shown, user)[:MOST_SHOWN])
    released = shown.released
    rows = [{"change": one, "colour": COLOURS[one.state], "ready": one.unit in released} for one in on_it]
    context = {
        **_row(shown, user),
        "standing": _standing(shown, user),
        "rows": rows,
        "frozen": shown.frozen(clock.now()),
        "to_release": releasing.may_release(user, shown),
        "waiting_for": [label for id_, label in shown.units.items() if id_ not in released],
        "may_process": user.role == "vendor" and any(_processable(row) for row in rows),
        "vendor": user.role == "vendor",
        "formats": FORMATS,
    }
    return render(request, "changes/list.html", context)


def _processable(row: dict[str, Any]) -> bool:
    return bool(row["ready"]) and row["change"].state == "approved"


@require_POST
@for_roles("ministry")
def release(request: HttpRequest, season: str, month: str) -> HttpResponse:
    """Release one's office's part of a frozen list to the vendor."""
    shown = _month(season, month)
    try:
        row = releasing.release(user_of(request), shown, request.POST.get("unit", ""))
    except Refused as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, text("changes:done.release", office=shown.units[row.unit]))
    return redirect("changes:list", season=season, month=month)


@require_POST
@for_roles("vendor")
def process_chosen(request: HttpRequest, season: str, month: str) -> HttpResponse:
    """Process the chosen items of a list as one batch, each for itself; every one is answered."""
    shown, user = _month(season, month), user_of(request)
    chosen = list(listing.of(shown, user).filter(pk__in=ids_among(request.POST.getlist("chosen"))))
    if not chosen:
        messages.error(request, text("changes:bulk.nothing"))
        return redirect("changes:list", season=season, month=month)
    results = [(one, _processed(one, actor_of(request))) for one in chosen]
    context = {
        "results": results,
        "done": sum(not why for _, why in results),
        "month": shown,
        "label": listing.label(shown),
    }
    return render(request, "changes/results.html", context)


def _processed(one: ConnectionChange, by: Actor) -> str:
    """Why it was not processed; empty when it was."""
    try:
        acts.process(one, by)
    except Refused as refused:
        return refused.message
    return ""


@require_safe
@for_roles(*READERS)
def download(request: HttpRequest, season: str, month: str, kind: str) -> HttpResponse:
    """The list as a file: a table to keep, or PDF to print."""
    shown = _month(season, month)
    on_it = listing.of(shown, user_of(request))
    if kind == "pdf":
        record_export(request, kind, listing.label(shown), len(on_it))
        return listing.print_out(shown, on_it)
    if kind not in FORMATS:
        raise Http404
    heading = [*text("changes:list.heading").split("|")]
    return list_download(request, kind, listing.label(shown), heading, listing.rows(on_it))


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles("vendor")
def import_results(request: HttpRequest) -> HttpResponse:
    """Results of a batch that was processed elsewhere."""
    return import_page(request, RESULTS, lambda: actor_of(request))
