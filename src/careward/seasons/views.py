"""The season's moments, for those who may move them."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from careward.accounts.access import actor_of, for_roles
from careward.flow import Refused
from careward.kernel import clock
from careward.kernel.texts import text
from careward.rulebook import NATIONWIDE, Season, current
from careward.seasons import acts
from careward.seasons.calendar import feed
from careward.seasons.forms import MoveForm, TypedForm
from careward.seasons.models import MomentMove

_WHO = ("ministry", "administrator")


def _season() -> Season:
    return current().season_at(clock.now(), county=NATIONWIDE)


@require_safe
def calendar(request: HttpRequest, county: str = NATIONWIDE) -> HttpResponse:
    """The public moments as a feed that calendars subscribe to; of the whole country, or as they are in a county."""
    book = current()
    if county and county not in book.counties:
        raise Http404
    made = feed(book.season_at(clock.now(), county=county), county)
    return HttpResponse(made, content_type="text/calendar; charset=utf-8")


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(*_WHO)
def moments(request: HttpRequest) -> HttpResponse:
    """All moments of the season served now, what was moved, and the form to move one in two steps."""
    season = _season()
    form = MoveForm(season, request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return _overview(request, season, form)
    row = MomentMove(
        season=season.code,
        code=form.cleaned_data["moment"],
        county=form.cleaned_data["place"],
        at=form.at,
        reason=form.cleaned_data["reason"],
    )
    refusal = acts.would_refuse(row, actor_of(request))
    if refusal:
        form.refuse(refusal)
        return _overview(request, season, form)
    return _confirm(request, season, form, row)


def _confirm(request: HttpRequest, season: Season, form: MoveForm, row: MomentMove) -> HttpResponse:
    typed = TypedForm(row.place_label, request.POST if "typed" in request.POST else None)
    if typed.is_bound and typed.is_valid():
        try:
            acts.move(row, actor_of(request))
        except Refused as refused:
            form.refuse(refused.message)
            return _overview(request, season, form)
        messages.success(request, text("seasons:done.move", label=row.label, place=row.place_label))
        return redirect("seasons:moments")
    given = [(name, request.POST.get(name, "")) for name in form.fields]
    shown = season if not row.county else current().season(season.code, county=row.county)
    own = MomentMove.objects.in_force().filter(season=season.code, code=row.code).exclude(county=NATIONWIDE)
    context = {
        "season": season,
        "row": row,
        "moment": shown.moment(row.code),
        "given": given,
        "form": typed,
        "keep_their_own": [] if row.county else [other.place_label for other in own],
    }
    return render(request, "seasons/confirm.html", context)


def _overview(request: HttpRequest, season: Season, form: MoveForm) -> HttpResponse:
    rows = MomentMove.objects.of_season(season.code)
    context = {
        "season": season,
        "form": form,
        "in_force": [row for row in rows if row.state == "in_force"],
        "ended": [row for row in rows if row.state != "in_force"],
        "may_move": request.user.role in _WHO,  # type: ignore[union-attr]
    }
    return render(request, "seasons/moments.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(*_WHO)
def take_back(request: HttpRequest, move_id: uuid.UUID) -> HttpResponse:
    """Show what would hold again, and take the move back once the place's name is typed."""
    row = get_object_or_404(MomentMove.objects.in_force(), pk=move_id)
    form = TypedForm(row.place_label, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            acts.take_back(row, actor_of(request))
        except Refused as refused:
            form.refuse(refused.message)
        else:
            messages.success(request, text("seasons:done.take_back", label=row.label, place=row.place_label))
            return redirect("seasons:moments")
    return render(request, "seasons/take_back.html", {"row": row, "form": form})
