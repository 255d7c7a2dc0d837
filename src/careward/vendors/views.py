"""Pages of the directory: entering, one's own entry behind the mailed link, the list of staff."""

import uuid
from datetime import timedelta
from typing import Final
from uuid import UUID

from allauth.account.adapter import get_adapter
from allauth.core.internal.ratelimit import truncate_ip
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from careward.accounts.access import actor_of, for_roles
from careward.accounts.links import OpenedLinkRequest, opened_link
from careward.accounts.throttle import Throttle
from careward.flow import Refused
from careward.journal import Actor
from careward.kernel.texts import text
from careward.shell.forms import PlainForm
from careward.vendors import acts, jobs
from careward.vendors.forms import ClosingForm, ConfirmForm, DataForm, EntryForm, LinkForm
from careward.vendors.models import PURPOSE, SystemVendor
from careward.vendors.procedure import LISTED, UNPROVED

_ENTERING: Final = Throttle("vendors.enter", limit=10, lock=timedelta(hours=1))
"""Entries of one source [decided]: a company enters itself once."""
_LINKS: Final = Throttle("vendors.link", limit=5, lock=timedelta(hours=1))
"""Links asked for by one company's number [decided]: more is harassment."""
KEEPERS: Final = ("ministry", "vendor")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def enter(request: HttpRequest) -> HttpResponse:
    """Enter a vendor; whether the company is known already, the answer is the same."""
    form = EntryForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return render(request, "vendors/enter.html", {"form": form})
    if not _ENTERING.take(_source(request)):
        form.refuse(text("vendors:throttled"))
        return render(request, "vendors/enter.html", {"form": form}, status=429)
    data = form.cleaned_data
    if SystemVendor.objects.listed().filter(business_id=data["business_id"]).exists():
        jobs.send_link.defer(business_id=data["business_id"])
    else:
        acts.enter(SystemVendor(**data), Actor("applicant", "vendor"))
    return redirect("vendors:entered")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def link(request: HttpRequest) -> HttpResponse:
    """Mail me my link again, to the mailbox of the entry; whether there is one nobody learns."""
    form = LinkForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return render(request, "vendors/link.html", {"form": form})
    if not _ENTERING.take(_source(request)):
        form.refuse(text("vendors:throttled"))
        return render(request, "vendors/link.html", {"form": form}, status=429)
    if _LINKS.take(form.cleaned_data["business_id"]):
        jobs.send_link.defer(business_id=form.cleaned_data["business_id"])
    return redirect("vendors:link_sent")


@never_cache
@require_safe
def link_sent(request: HttpRequest) -> HttpResponse:
    """The one answer to every asking."""
    return render(request, "vendors/link_sent.html")


def _source(request: HttpRequest) -> str:
    return str(truncate_ip(str(get_adapter(request).get_client_ip(request) or "")))


@never_cache
@require_safe
def entered(request: HttpRequest) -> HttpResponse:
    """The one answer to every entering."""
    return render(request, "vendors/entered.html")


def _mine(request: OpenedLinkRequest) -> SystemVendor:
    return get_object_or_404(SystemVendor, pk=UUID(request.opened_link.subject_id))


def _holder(request: OpenedLinkRequest) -> Actor:
    return Actor("applicant", f"link:{request.opened_link.pk}")


@require_http_methods(["GET", "HEAD", "POST"])
@opened_link(PURPOSE)
def mine(request: OpenedLinkRequest) -> HttpResponse:
    """One's own entry; while it is unproved, confirm it by the typed 統一編號."""
    vendor = _mine(request)
    form = ConfirmForm(request.POST if request.method == "POST" else None, vendor=vendor)
    if request.method == "POST" and form.is_valid():
        try:
            acts.confirm(vendor, _holder(request))
        except Refused as refused:
            form.refuse(refused.message)
        else:
            messages.success(request, text("vendors:done.listed"))
            return redirect("vendors:mine")
    context = {"vendor": vendor, "form": form, "waiting": vendor.state == UNPROVED}
    return render(request, "vendors/mine.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@opened_link(PURPOSE)
def change(request: OpenedLinkRequest) -> HttpResponse:
    """Correct one's own entry."""
    vendor = _mine(request)
    if vendor.state != LISTED:
        return redirect("vendors:mine")
    known = {
        "name": vendor.name,
        "contact": vendor.contact,
        "phone": vendor.phone,
        "sources": "\n".join(vendor.sources),
        "public_key": vendor.public_key,
    }
    form: PlainForm = DataForm(request.POST if request.method == "POST" else None, initial=known)
    if request.method == "POST" and form.is_valid():
        acts.change(vendor, _holder(request), changes=form.cleaned_data)
        messages.success(request, text("vendors:done.changed"))
        return redirect("vendors:mine")
    return render(request, "vendors/change.html", {"vendor": vendor, "form": form})


@require_safe
@for_roles(*KEEPERS)
def directory(request: HttpRequest) -> HttpResponse:
    """Every vendor institutions may choose."""
    return render(request, "vendors/directory.html", {"vendors": SystemVendor.objects.listed()})


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(*KEEPERS)
def close(request: HttpRequest, vendor_id: uuid.UUID) -> HttpResponse:
    """Take an entry out of the directory, with a reason the vendor is told."""
    vendor = get_object_or_404(SystemVendor.objects.listed(), pk=vendor_id)
    form = ClosingForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        acts.close(vendor, actor_of(request), reason=form.cleaned_data["reason"])
        messages.success(request, text("vendors:done.closed", name=vendor.name))
        return redirect("vendors:directory")
    return render(request, "vendors/close.html", {"vendor": vendor, "form": form})
