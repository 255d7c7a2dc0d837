"""The page of an institution's own keys: those that are valid, a new one, its system vendor's, and ending one."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from careward.accounts.access import actor_of, at_seat, user_of
from careward.flow import Refused
from careward.kernel import clock
from careward.kernel.texts import text
from careward.provisioning import key_acts
from careward.provisioning.forms import KeyForm
from careward.provisioning.models import UploadAccount
from careward.provisioning.rules import MAY_UPLOAD
from careward.rulebook import current


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@at_seat("keys")
def keys(request: HttpRequest, account_id: uuid.UUID) -> HttpResponse:
    """The keys of an institution's own account; every button of the page is a POST to it."""
    visible = UploadAccount.objects.visible_to(user_of(request)).filter(state__in=MAY_UPLOAD, through="")
    subject = get_object_or_404(visible.select_related("institution", "application"), pk=account_id)
    wanted = request.POST.get("act", "register") if request.method == "POST" else ""
    form = KeyForm(request.POST if wanted == "register" else None)
    if wanted and (wanted != "register" or form.is_valid()):
        try:
            said = _perform(request, subject, wanted, form)
        except Refused as refused:
            if form.is_bound:
                form.refuse(refused.message)
            else:
                messages.error(request, refused.message)
        else:
            messages.success(request, said)
            return redirect("provisioning:keys", account_id=account_id)
    now = clock.now()
    context = {
        "account": subject,
        "keys": subject.account_keys.not_ended_at(now).order_by("-pk"),
        "form": form,
        "secret": subject.secret_standing(now),
        "offered": key_acts.vendor_key_to_offer(subject, now),
    }
    return render(request, "provisioning/keys.html", context)


def _perform(request: HttpRequest, subject: UploadAccount, wanted: str, form: KeyForm) -> str:
    """Do what was asked for and say what is so now. Raises Refused."""
    by = actor_of(request)
    if wanted == "end":
        given = request.POST.get("key", "")
        key_acts.end_key(subject, by, key=int(given) if given.isascii() and given.isdigit() else 0)
        return text("provisioning:key.ended")
    if wanted == "vendor":
        offered = key_acts.vendor_key_of(subject.application)
        key_acts.register_vendor_key(subject, by, line=offered.line if offered else "")
    else:
        key_acts.register_key(subject, by, line=form.cleaned_data["line"])
    newest = subject.account_keys.latest("pk")
    # The older ones of whoever changed theirs got their end at the moment the new one came.
    older = subject.account_keys.filter(vendor_code=newest.vendor_code, valid_to__gt=newest.valid_from)
    days = current().policies.gateway.key_overlap_days.value
    said = "changed" if older.exists() else "done"
    return text(f"provisioning:key.{said}", fingerprint=newest.fingerprint, days=days)
