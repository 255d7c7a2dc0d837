"""Pages on which an institution shares and takes back, and the one its vendor opens by the mailed link."""

import uuid
from datetime import timedelta
from typing import Final

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from careward import rulebook
from careward.accounts.access import actor_of, at_seat, user_of
from careward.accounts.links import OpenedLinkRequest, opened_link
from careward.accounts.throttle import Throttle
from careward.excerpts import acts
from careward.excerpts.models import PURPOSE, Excerpt
from careward.excerpts.slicing import Slice, as_csv, rules_of, slice_of
from careward.intake.models import Delivery
from careward.kernel import clock
from careward.kernel.texts import text
from careward.shell.forms import PlainForm
from careward.vendors.models import SystemVendor

PER_PAGE: Final = 50
_PREVIEWED: Final = 10
OFTEN: Final = Throttle("excerpts.share", limit=30, lock=timedelta(hours=1))
"""Letters of one person [decided]: more than a bad file has checks that a vendor must see."""


class ShareForm(PlainForm):
    """To whom."""

    texts = "excerpts:share"

    mailbox = forms.EmailField(max_length=254)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@at_seat("share")
def share(request: HttpRequest, ticket: str) -> HttpResponse:
    """Choose a check of a receipt; see exactly what the vendor will see (``rule``); send the link."""
    visible = Delivery.objects.visible_to(user_of(request)).select_related(
        "institution", "account__application"
    )
    delivery = get_object_or_404(visible, ticket=ticket)
    rule = request.GET.get("rule", "")
    shared = slice_of(delivery, rule) if rule else None
    if shared is None:
        return render(request, "excerpts/choose.html", {"delivery": delivery, "rules": rules_of(delivery)})
    sending = request.method == "POST"
    form = ShareForm(request.POST if sending else None, initial={"mailbox": _vendors_mailbox(delivery)})
    if sending and form.is_valid():
        if OFTEN.take(str(user_of(request).pk)):
            return _sent(request, delivery, rule, form.cleaned_data["mailbox"].lower())
        form.fail("mailbox", "too_often")
    return render(request, "excerpts/share.html", _preview(delivery, shared, form))


def _preview(delivery: Delivery, shared: Slice, form: ShareForm) -> dict[str, object]:
    return {
        "delivery": delivery,
        "shared": shared,
        "places": shared.places[:_PREVIEWED],
        "more": len(shared.places) - _PREVIEWED,
        "form": form,
        "days": rulebook.current().policies.excerpts.days.value,
    }


def _sent(request: HttpRequest, delivery: Delivery, rule: str, mailbox: str) -> HttpResponse:
    acts.share(delivery, rule, mailbox=mailbox, user=user_of(request), by=actor_of(request))
    messages.success(request, text("excerpts:done.share", mailbox=mailbox))
    return redirect("excerpts:shared")


def _vendors_mailbox(delivery: Delivery) -> str:
    """Of the vendor the application names, where it stands in the directory."""
    vendor = SystemVendor.objects.with_code(delivery.account.application.vendor_code)
    return vendor.mailbox if vendor else ""


@never_cache
@require_safe
@at_seat("share")
def shared(request: HttpRequest) -> HttpResponse:
    """Everything shared, newest first: to whom, until when, how often it was opened."""
    listed = Excerpt.objects.visible_to(user_of(request)).with_openings().select_related("link", "delivery")
    page = Paginator(listed, PER_PAGE).get_page(request.GET.get("page"))
    now = clock.now()
    lines = [(one, one.link.is_open(now)) for one in page]
    return render(request, "excerpts/shared.html", {"page": page, "lines": lines})


@require_POST
@at_seat("share")
def revoke(request: HttpRequest, excerpt_id: uuid.UUID) -> HttpResponse:
    """Take one back."""
    visible = Excerpt.objects.visible_to(user_of(request)).select_related("link")
    acts.revoke(get_object_or_404(visible, pk=excerpt_id), actor_of(request))
    messages.success(request, text("excerpts:done.revoke"))
    return redirect("excerpts:shared")


@require_safe
@opened_link(PURPOSE)
def excerpt(request: OpenedLinkRequest) -> HttpResponse:
    """What the vendor sees; fit to be printed."""
    found, slice_ = _opened(request)
    return render(
        request, "excerpts/excerpt.html", {"excerpt": found, "shared": slice_, "places": slice_.places}
    )


@require_safe
@opened_link(PURPOSE)
def excerpt_file(request: OpenedLinkRequest) -> HttpResponse:
    """The same as a table."""
    found, slice_ = _opened(request)
    response = HttpResponse(as_csv(slice_), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="excerpt-{found.delivery.ticket}.csv"'
    return response


def _opened(request: OpenedLinkRequest) -> tuple[Excerpt, Slice]:
    found = get_object_or_404(
        Excerpt.objects.select_related("delivery__institution", "link"),
        pk=uuid.UUID(request.opened_link.subject_id),
    )
    slice_ = slice_of(found.delivery, found.rule)
    if slice_ is None:
        raise Http404
    return found, slice_
