"""The desk's list of cases, and the same act on many of them."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from careward.accounts.access import COUNTY, for_roles, user_of
from careward.accounts.models import User
from careward.applications.models import Application
from careward.applications.procedure import PROCEDURE
from careward.kernel import clock
from careward.kernel.texts import text
from careward.review import bulk, listing, queue
from careward.review.assigning import forget_view, keep_view
from careward.review.forms import ReasonForm
from careward.review.models import SavedView, SignOff
from careward.rulebook import NATIONWIDE, current
from careward.rulebook.season import Season
from careward.shell.components import Tab
from careward.store.spreadsheets import FORMATS

PAGE_SIZE: Final = 50
_REMEMBERED: Final = "review.queue"
_MOST_VIEWS: Final = 20
_ALWAYS_SHOWN: Final = ("q",)
"""Filters that are not folded away on a phone."""


def queue_address(request: HttpRequest) -> str:
    """The list as this person last had it, filters and all."""
    query = request.session.get(_REMEMBERED, "")
    return f"{reverse('review:queue')}?{query}" if query else reverse("review:queue")


def following(request: HttpRequest, after: Application) -> Application | None:
    """The next case of the list this person last had; None when no other is left there."""
    user, now = user_of(request), clock.now()
    season = _season(user)
    wish = queue.Wish.read(QueryDict(request.session.get(_REMEMBERED, "")))
    closes = season.moment("review_closes").at
    return queue.following(queue.of_desk(user, season), wish, user, closes, now, after)


def _season(user: User) -> Season:
    return current().season_at(clock.now(), county=user.county or NATIONWIDE)


@never_cache
@require_safe
@for_roles(*COUNTY)
def queue_page(request: HttpRequest) -> HttpResponse:
    """The cases by due time, filtered as the address says."""
    user, now = user_of(request), clock.now()
    season, wish = _season(user), queue.Wish.read(request.GET)
    cases, closes = queue.of_desk(user, season), season.moment("review_closes").at
    found = queue.listed(cases, wish, user, closes, now)
    choices = _choices(season, user)
    if (kind := request.GET.get("format", "")) in FORMATS:
        return listing.download(request, kind, wish, found, choices, now)
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    remembered = wish.address()
    if request.session.get(_REMEMBERED) != remembered:
        request.session[_REMEMBERED] = remembered
    numbers = queue.counts(cases)
    context = {
        "page": page,
        "rows": [_row(application, now) for application in page.object_list],
        "tabs": [
            Tab(
                text(f"review:tabs.{name}"), f"?{wish.address(shown=name)}", name == wish.shown, numbers[name]
            )
            for name in queue.TABS
        ],
        "wish": wish,
        "choices": choices,
        "formats": FORMATS,
        "chosen": wish.values,
        "filtered": bool(wish.values),
        "views": list(SavedView.objects.filter(owner=user)),
        "query": remembered,
        "all_marked": "mark" in request.GET,
        "mark_address": f"?{remembered}&page={page.number}&mark=all",
        "closes": closes,
        "overdue": season.review_overdue(now),
        "may_act": user.may_act,
        "folded": sum(1 for name in wish.values if name not in _ALWAYS_SHOWN),
        "bulk_acts": _bulk_acts(wish.shown, user) if user.may_act else [],
    }
    return render(request, "review/queue.html", context)


def _row(application: Application, now: Any) -> dict[str, object]:
    assignment = getattr(application, "assignment", None)
    due: Any = application.due  # type: ignore[attr-defined]
    return {
        "application": application,
        "colour": text(f"review:colours.{application.state}"),
        "days": listing.waited(application, now),
        "assignee": assignment.officer if assignment else None,
        "late": due < now and application.state in _UNDECIDED,
        "decided": application.state not in _UNDECIDED,
    }


_UNDECIDED: Final = ("lacking", "submitted", "supplement", "awaiting_second")


def _bulk_acts(shown: str, user: User) -> list[tuple[str, str]]:
    """What may be done to many cases of a tab at once: the procedure says it, and who still works on them."""
    states = queue.TABS[shown] or PROCEDURE.states
    offered = {act for s in states for role in user.roles_today() for act in PROCEDURE.permitted(s, role)}
    if not set(_UNDECIDED).isdisjoint(states):
        offered.add("take")
    return [(act, text(f"review:bulk.acts.{act}.button")) for act in bulk.ACTS if act in offered]


def _choices(season: Season, user: User) -> Mapping[str, list[tuple[str, str]]]:
    """What each filter offers, the empty value first."""
    book = current()
    people = User.objects.filter(is_active=True, role__in=COUNTY, county=user.county, unit=user.unit)
    words = {
        name: text(f"review:filters.{name}.all")
        for name in ("type", "mode", "kind", "assignee", "findings", "waited")
    }
    return {
        "type": [("", words["type"]), *((t.id, t.label) for t in book.institution_types.values())],
        "mode": [("", words["mode"]), *((m.id, m.label) for m in season.modes.values())],
        "kind": [("", words["kind"]), *((k.id, k.label) for k in season.kinds.values())],
        "assignee": [
            ("", words["assignee"]),
            (queue.MINE, text("review:filters.assignee.me")),
            (queue.NOBODY, text("review:filters.assignee.none")),
            *((one.email, one.name) for one in people.order_by("name") if one != user),
        ],
        "findings": [
            ("", words["findings"]),
            (queue.FOUND, text("review:filters.findings.with")),
            (queue.CLEAN, text("review:filters.findings.without")),
        ],
        "waited": [
            ("", words["waited"]),
            *((days, text("review:filters.waited.days", days=days)) for days in queue.WAITED),
        ],
    }


@require_POST
@for_roles(*COUNTY)
def save_view(request: HttpRequest) -> HttpResponse:
    """Keep the present filters under a name, or give up one that was kept."""
    user, name = user_of(request), " ".join(request.POST.get("name", "").split())[:40]
    mine = SavedView.objects.filter(owner=user)
    query = queue.Wish.read(QueryDict(request.POST.get("query", "")[:500])).address()
    if "forget" in request.POST:
        forget_view(user, request.POST["forget"])
        messages.success(request, text("review:views.forgotten"))
    elif not name:
        messages.error(request, text("review:views.name_missing"))
    elif mine.exclude(name=name).count() >= _MOST_VIEWS:
        messages.error(request, text("review:views.too_many", most=_MOST_VIEWS))
    else:
        keep_view(user, name, query)
        messages.success(request, text("review:views.kept", name=name))
    return redirect(f"{reverse('review:queue')}?{query}")


@never_cache
@require_POST
@for_roles(*COUNTY)
def many(request: HttpRequest) -> HttpResponse:
    """The same act on every chosen case: first shown with what it means, then done, then told case by case."""
    user, act = user_of(request), request.POST.get("act", "")
    ids = [UUID(given) for given in request.POST.getlist("selected") if _is_id(given)]
    if act not in bulk.ACTS or not ids:
        messages.error(request, text("review:bulk.nothing_chosen"))
        return redirect(queue_address(request))
    form = ReasonForm(request.POST if "sure" in request.POST or act == "take" else None, needed=False)
    context = {
        "act": act,
        "title": text(f"review:bulk.acts.{act}.title"),
        "explains": text(f"review:bulk.acts.{act}.explains"),
        "button": text(f"review:bulk.acts.{act}.button"),
        "queue": queue_address(request),
        "form": form,
        "remarks": act in bulk.WITH_REMARK,
    }
    found = list(Application.objects.visible_to(user).filter(pk__in=ids).order_by("reference"))
    if form.is_bound and form.is_valid():
        results = bulk.perform(act, ids, user, form.cleaned_data["reason"])
        context |= {"results": results, "done": sum(one.done for one in results)}
        return render(request, "review/many_done.html", context)
    context |= {"cases": _with_signatures(act, found), "ids": ids, "gone": len(ids) - len(found)}
    return render(request, "review/many.html", context)


def _with_signatures(act: str, cases: list[Application]) -> list[tuple[Application, SignOff | None]]:
    """Each case with what the officer signed, where that is what is confirmed."""
    if act != "confirm":
        return [(case, None) for case in cases]
    signed = SignOff.objects.in_force().filter(application__in=cases).select_related("officer")
    of_case = {one.application_id: one for one in signed}
    return [(case, of_case.get(case.pk)) for case in cases]


def _is_id(given: str) -> bool:
    try:
        UUID(given)
    except ValueError:
        return False
    return True
