"""Looking at a record in full; what is free to be destroyed, and the certificates."""

import uuid
from collections.abc import Mapping
from typing import Any, Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from careward import rulebook
from careward.accounts.access import for_roles, user_of, with_right
from careward.accounts.exporting import list_download
from careward.custody import acts
from careward.custody.forms import DisposalForm, LookForm
from careward.custody.looking import record
from careward.custody.models import Disposal, FullLook, free
from careward.intake.models import Delivery
from careward.intake.procedure import DISPOSED
from careward.kernel import clock
from careward.kernel.texts import text
from careward.store.spreadsheets import FORMATS, Cell

PAGE_SIZE: Final = 50


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@for_roles("institution", "ministry")
@with_right("unmask")
def look(request: HttpRequest, ticket: str) -> HttpResponse:
    """One record of a delivery without masks: only after a reason is given, which is kept."""
    reachable = Delivery.objects.visible_to(user_of(request)).exclude(state=DISPOSED)
    delivery = get_object_or_404(reachable.select_related("institution"), ticket=ticket)
    form = LookForm(request.POST or None, initial={"line": request.GET.get("line", "")[:8]})
    context: dict[str, Any] = {"delivery": delivery, "form": form, "may": user_of(request).may_act}
    if request.method == "POST" and form.is_valid():
        line = form.cleaned_data["line"]
        acts.look(delivery, user_of(request), line=line, reason=form.cleaned_data["reason"])
        context |= {"line": line, "record": record(delivery, line), "looked": True}
    context["looks"] = delivery.full_looks.select_related("by").order_by("-at", "-pk")[:PAGE_SIZE]
    return render(request, "custody/look.html", context)


@never_cache
@require_safe
@for_roles("administrator")
def looks(request: HttpRequest) -> HttpResponse:
    """Everybody who looked at a record in full, of all institutions: for those who oversee it."""
    found = FullLook.objects.select_related("by", "delivery__institution").order_by("-at", "-pk")
    kind, title = request.GET.get("as", ""), text("custody:looks.title")
    if kind in FORMATS:
        heading = [text(f"custody:looks.columns.{name}") for name in _LOOK_COLUMNS]
        return list_download(request, kind, title, heading, [_look_cells(one) for one in found])
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "custody/looks.html", {"title": title, "page": page, "formats": FORMATS})


_LOOK_COLUMNS: Final = (
    "at",
    "name",
    "role",
    "code",
    "institution",
    "ticket",
    "dataset",
    "period",
    "line",
    "reason",
)


def _look_cells(one: FullLook) -> list[Cell]:
    delivery, role = one.delivery, rulebook.current().role(one.by.role).label
    place = [delivery.institution.code, delivery.institution.name]
    file = [delivery.ticket, delivery.dataset_label, delivery.period]
    return [one.at, one.by.name, role, *place, *file, one.line, one.reason]


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@for_roles("administrator")
def keeping(request: HttpRequest) -> HttpResponse:
    """What is free to be destroyed now, and every certificate; POST orders the destruction."""
    form = DisposalForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        disposal = acts.dispose_due(user_of(request), witness=form.cleaned_data["witness"])
        if disposal is None:
            messages.info(request, text("custody:nothing_due"))
            return redirect("custody:keeping")
        messages.success(request, text("custody:ordered", count=disposal.lines.count()))
        return redirect("custody:certificate", disposal_id=disposal.pk)
    due = free(clock.now())
    groups = list(due.order_by().values("dataset", "lane", "state").annotate(count=Count("pk")))
    disposals = (
        Disposal.objects.select_related("by").annotate(count=Count("lines")).order_by("-confirmed_at", "-pk")
    )
    context = {
        "form": form,
        "groups": [_named(group) for group in groups],
        "count": sum(group["count"] for group in groups),
        "most": acts.MOST_AT_ONCE,
        "page": Paginator(disposals, PAGE_SIZE).get_page(request.GET.get("page")),
        "retention": rulebook.current().retention,
        "may": user_of(request).may_act,
    }
    return render(request, "custody/keeping.html", context)


def _named(group: Mapping[str, Any]) -> dict[str, object]:
    like = Delivery(**{name: group[name] for name in ("dataset", "lane", "state")}, spec=_spec())
    return {"delivery": like, "count": group["count"]}


def _spec() -> str:
    return rulebook.current().season_at(clock.now(), county=rulebook.NATIONWIDE).season.interchange


@never_cache
@require_safe
@for_roles("administrator")
def certificate(request: HttpRequest, disposal_id: uuid.UUID) -> HttpResponse:
    """The certificate of one destruction, to be printed."""
    disposal = get_object_or_404(Disposal.objects.select_related("by"), pk=disposal_id)
    lines = disposal.lines.select_related("delivery", "delivery__institution")
    return render(request, "custody/certificate.html", {"disposal": disposal, "lines": lines})
