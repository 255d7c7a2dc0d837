"""The pages of supervisors and the ministry; officers' receipts and how they want to be told."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from careward import rulebook
from careward.accounts.access import for_roles, user_of
from careward.accounts.exporting import list_download
from careward.accounts.links import OpenedLinkRequest, opened_link
from careward.kernel.texts import text
from careward.oversight import exports as exported
from careward.oversight import figures, lists, receipts
from careward.oversight.figures import FunnelRow
from careward.oversight.forms import ChoiceForm
from careward.oversight.lists import LISTS, Look
from careward.oversight.models import Notice
from careward.registry.rules import types_of
from careward.shell.components import Tab
from careward.store.spreadsheets import FORMATS

OVERSEERS = ("supervisor", "ministry")
PAGE_SIZE = 50
MOST_ON_SHEET = 5
"""Overdue cases on the daily report, so that it stays one sheet with all counties."""


@require_safe
@for_roles(*OVERSEERS)
def overview(request: HttpRequest) -> HttpResponse:
    """Where the cases stand: what is pressing, how far they are, how long they take."""
    look = lists.look_of(user_of(request))
    return render(request, "oversight/overview.html", {**_summary(look), "formats": FORMATS})


@require_safe
@for_roles(*OVERSEERS)
def report(request: HttpRequest) -> HttpResponse:
    """One page to print every day."""
    look = lists.look_of(user_of(request))
    context = {
        **_summary(look),
        "overdue_cases": figures.overdue(look.viewer, look.season.code, look.now)[:MOST_ON_SHEET],
    }
    return render(request, "oversight/report.html", context)


def _summary(look: Look) -> dict[str, object]:
    season = look.season.code
    rows = figures.funnel(look.viewer, season)
    of_counties = figures.by_county(rows)
    return {
        "now": look.now,
        "season": look.season,
        "viewer": look.viewer,
        "closes": look.season.moment("review_closes").at,
        "is_overdue": look.season.review_overdue(look.now),
        "pressing": [
            {"id": name, "label": text(f"oversight:lists.{name}.title"), "count": count}
            for name, count in (
                ("unsigned", figures.unsigned(look.viewer, season).count()),
                ("near", figures.near(look.viewer, season, look.now).count()),
                ("overdue", figures.overdue(look.viewer, season, look.now).count()),
                ("unanswered", figures.unanswered(look.viewer, season).count()),
                ("undelivered", lists.undelivered(look).count()),
            )
        ],
        "heading": lists.funnel_heading(),
        "by_type": [_named(row) for row in figures.by_type(rows)],
        "by_county": [_named(row) for row in of_counties] if len(of_counties) > 1 else [],
        "total": figures.together(rows),
        "stays": figures.stays(look.viewer, season),
    }


def _named(row: FunnelRow) -> dict[str, object]:
    labels = [label for label in lists.place(row) if label]
    return {
        "label": labels[0] if labels else "",
        "cells": list(zip(lists.funnel_heading(), row.cells, strict=True)),
    }


@require_safe
@for_roles(*OVERSEERS)
def listed(request: HttpRequest, name: str) -> HttpResponse:
    """One list, by pages; ``?format=ods`` (xlsx, csv) is the whole of it as a file."""
    if name not in LISTS:
        raise Http404(name)
    found = LISTS[name](lists.look_of(user_of(request)))
    title = text(f"oversight:lists.{name}.title")
    kind = request.GET.get("format", "")
    if kind in FORMATS:
        return list_download(request, kind, title, list(found.heading), found.rows())
    page = Paginator(found.things, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "title": title,
        "says": text(f"oversight:lists.{name}.says"),
        "empty": text(f"oversight:lists.{name}.empty"),
        "heading": found.heading,
        "page": page,
        "rows": [
            (found.address(thing), list(zip(found.heading, found.cells(thing), strict=True)))
            for thing in page
        ],
        "formats": FORMATS,
    }
    return render(request, "oversight/list.html", context)


@require_safe
@for_roles("administrator")
def exports(request: HttpRequest) -> HttpResponse:
    """Who took which list or case out of the platform; taking the log away is an export too."""
    found, title = exported.exports(), text("oversight:exports.title")
    kind = request.GET.get("format", "")
    if kind in FORMATS:
        rows = [exported.cells(one) for one in found]
        return list_download(request, kind, title, list(exported.columns()), rows)
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    heading = exported.columns()
    context = {
        "title": title,
        "says": text("oversight:exports.says"),
        "empty": text("oversight:exports.empty"),
        "heading": heading,
        "page": page,
        "rows": [("", list(zip(heading, exported.cells(one), strict=True))) for one in page],
        "formats": FORMATS,
        "apart": True,
    }
    return render(request, "oversight/list.html", context)


@require_safe
@for_roles(*OVERSEERS)
def comparison(request: HttpRequest) -> HttpResponse:
    """What counties ask to have mended, item by item: the answer to differing standards."""
    look = lists.look_of(user_of(request))
    measure = request.GET.get("measure", "supplement")
    measure = measure if measure in lists.MEASURES else "supplement"
    found = lists.compared(look, measure)
    book = rulebook.current()
    context = {
        "season": look.season,
        "measure": measure,
        "says": text(f"oversight:lists.{measure}.says"),
        "tabs": [
            Tab(text(f"oversight:lists.{name}.title"), f"?measure={name}", name == measure)
            for name in lists.MEASURES
        ],
        "found": found,
        "counties": [
            (book.county(code).name, count)
            for code, count in zip(found.counties, found.reviewed, strict=True)
        ],
        "lines": [
            (line, list(zip([book.county(code).name for code in found.counties], line.cells, strict=True)))
            for line in found.lines
        ],
        "smallest": book.policies.oversight.smallest_number.value,
        "types": [book.institution_type(id_).label for id_ in types_of(look.viewer)],
        "formats": FORMATS,
    }
    return render(request, "oversight/comparison.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@opened_link(receipts.PURPOSE)
def receipt(request: OpenedLinkRequest) -> HttpResponse:
    """Confirm receipt of the cases of one letter, without signing in; only the POST does."""
    reachable = Notice.objects.select_related("officer").filter(officer__is_active=True)
    notice = get_object_or_404(reachable, pk=request.opened_link.subject_id)
    if request.method == "POST":
        count = receipts.confirm(notice)
        done = "confirmed" if count else "confirmed_before"
        messages.success(request, text(f"oversight:done.{done}", count=count))
        return redirect("oversight:receipt")
    lines = notice.lines.select_related("arrival__application").order_by("arrival__at", "pk")
    arrivals = [line.arrival for line in lines]
    context = {
        "arrivals": arrivals,
        "open": [one for one in arrivals if one.confirmed_at is None],
        "closes": arrivals[0].application.rules.moment("review_closes").at,
    }
    return render(request, "oversight/receipt.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles("officer")
def notices(request: HttpRequest) -> HttpResponse:
    """How an officer wants to be told of new cases."""
    officer = user_of(request)
    form = ChoiceForm(
        request.POST if request.method == "POST" else None, initial={"how": receipts.how_of(officer)}
    )
    if request.method == "POST" and form.is_valid():
        receipts.choose(officer, form.cleaned_data["how"])
        messages.success(request, text("oversight:done.chosen"))
        return redirect("accounts:home")
    return render(request, "oversight/notices.html", {"form": form})
