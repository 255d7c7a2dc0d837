"""The institution's own pages, and the public pages of the interchange specification."""

from collections.abc import Sequence
from typing import Final

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from careward.accounts.access import actor_of, at_seat, user_of
from careward.flow import NotPermitted
from careward.intake import acts
from careward.intake.confirming import marked
from careward.intake.grouping import Receipt
from careward.intake.models import Delivery
from careward.intake.receipt_books import made_here
from careward.intake.receipts import BOOKS, open_receipt
from careward.kernel.texts import text
from careward.registry.models import Institution
from careward.shell.components import Tab
from careward.store.spreadsheets import FORMATS

DELIVERIES_PER_PAGE: Final = 25
FINDINGS_PER_PAGE: Final = 100
_MEDIA: Final = {"json": "application/json", "txt": "text/plain; charset=utf-8"} | {
    form: FORMATS[form].media_type for form in BOOKS
}


@never_cache
@require_safe
@at_seat("read")
def home(request: HttpRequest) -> HttpResponse:
    """What an institution sees after signing in: its accounts, and what became of everything it sent."""
    institution = get_object_or_404(Institution.objects.visible_to(user_of(request)))
    deliveries = Delivery.objects.visible_to(user_of(request)).order_by("-received_at", "-pk")
    page = Paginator(deliveries, DELIVERIES_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "intake/home.html", {"institution": institution, "page": page})


@never_cache
@require_safe
@at_seat("read")
def receipt(request: HttpRequest, ticket: str) -> HttpResponse:
    """One delivery and its receipt: every finding, by line, by rule or by record."""
    delivery = _own(request, ticket)
    context: dict[str, object] = {"delivery": delivery, "institution": delivery.institution}
    if delivery.is_answered:
        context |= _found(request, Receipt.for_page(delivery))
        page = context["page"]
        if context["by"] == "line" and isinstance(page, Page):
            page.object_list = marked(delivery.institution, delivery.dataset, page.object_list)
    return render(request, "intake/receipt.html", context)


def _found(request: HttpRequest, written: Receipt) -> dict[str, object]:
    """The view of the receipt that was asked for; ``rule`` and ``line`` narrow the list of findings."""
    by, rule, line = (request.GET.get(name, "") for name in ("by", "rule", "line"))
    ways: dict[str, Sequence[object]] = {
        "line": written.findings,
        "rule": written.by_rule,
        "record": written.by_record,
    }
    by = by if by in ways else "rule" if written.shortened and not (rule or line) else "line"
    listed = written.chosen(rule=rule, line=line) if by == "line" else ways[by]
    return {
        "written": written,
        "by": by,
        "tabs": [
            Tab(text(f"intake:tabs.{way}"), f"?by={way}", by == way, written.counted[way]) for way in ways
        ],
        "page": Paginator(listed, FINDINGS_PER_PAGE).get_page(request.GET.get("page")),
        "chosen_rule": next((group for group in written.by_rule if group.rule == rule), None),
        "chosen_line": line,
    }


@require_POST
@at_seat("confirm")
def confirm(request: HttpRequest, ticket: str) -> HttpResponse:
    """Say that a held file is whole after all, so that it is checked."""
    try:
        acts.confirm(_own(request, ticket), actor_of(request))
    except NotPermitted as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, text("intake:done.confirm"))
    return redirect("intake:receipt", ticket=ticket)


@never_cache
@require_safe
@at_seat("read")
def receipt_file(request: HttpRequest, ticket: str, form: str) -> HttpResponseBase:
    """The receipt to take along, as it was written when the check ended."""
    delivery = _own(request, ticket)
    if not delivery.is_answered:
        raise Http404
    if form in BOOKS:
        if not delivery.has_findings:
            raise Http404
        if not made_here(delivery):
            messages.info(request, text("intake:book_is_being_made"))
            return redirect("intake:receipt", ticket=ticket)
    name = f"{delivery.receipt_name}.{form}"
    return FileResponse(
        open_receipt(delivery, form), as_attachment=True, filename=name, content_type=_MEDIA[form]
    )


def _own(request: HttpRequest, ticket: str) -> Delivery:
    visible = Delivery.objects.visible_to(user_of(request)).select_related("institution")
    return get_object_or_404(visible, ticket=ticket)
