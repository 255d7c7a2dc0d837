"""Pages on which an institution confirms warnings, sees what it confirmed, and takes it back."""

from typing import Final

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from careward.accounts.access import actor_of, at_seat, user_of
from careward.intake import confirming
from careward.intake.models import Delivery, WarningConfirmation
from careward.kernel.texts import text
from careward.shell.forms import PlainForm

PER_PAGE: Final = 50
_LISTED: Final = 20


class ReasonForm(PlainForm):
    """Why the values are right."""

    texts = "intake:confirm_warning"

    reason = forms.CharField(max_length=300, widget=forms.Textarea(attrs={"rows": 3}))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@at_seat("confirm")
def confirm(request: HttpRequest, ticket: str) -> HttpResponse:
    """Confirm the warnings of one rule (``rule``), or only those of one line (``line``), with a reason."""
    visible = Delivery.objects.visible_to(user_of(request)).select_related("institution")
    delivery = get_object_or_404(visible, ticket=ticket)
    rule, line = request.GET.get("rule", ""), request.GET.get("line", "")
    if not delivery.is_answered or not delivery.has_findings:
        return redirect("intake:receipt", ticket=ticket)
    listed = confirming.open_warnings(delivery, rule=rule, line=line) if rule else ()
    if not listed:
        messages.info(request, text("intake:confirm_warning.none"))
        return redirect("intake:receipt", ticket=ticket)
    form = ReasonForm(request.POST) if request.method == "POST" else ReasonForm()
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        user = user_of(request)
        made = confirming.confirm(delivery, listed, reason=reason, user=user, by=actor_of(request))
        messages.success(request, text("intake:confirm_warning.done", count=made))
        return redirect("intake:receipt", ticket=ticket)
    context = {
        "delivery": delivery,
        "form": form,
        "listed": listed[:_LISTED],
        "count": len(listed),
        "perhaps_more": len(listed) == confirming.MOST_AT_ONCE,
    }
    return render(request, "intake/confirm_warning.html", context)


@never_cache
@require_safe
@at_seat("read")
def confirmed(request: HttpRequest) -> HttpResponse:
    """Everything confirmed and still in force, newest first."""
    listed = WarningConfirmation.objects.visible_to(user_of(request)).in_force()
    page = Paginator(listed.order_by("-confirmed_at", "-pk"), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "intake/confirmed_warnings.html", {"page": page})


@require_POST
@at_seat("confirm")
def revoke(request: HttpRequest, confirmation_id: int) -> HttpResponse:
    """Take one back."""
    visible = WarningConfirmation.objects.visible_to(user_of(request)).in_force()
    found = visible.filter(pk=confirmation_id).first()
    if found is None:
        raise Http404
    confirming.revoke(found, actor_of(request))
    messages.success(request, text("intake:confirm_warning.revoked"))
    return redirect("intake:confirmed")
