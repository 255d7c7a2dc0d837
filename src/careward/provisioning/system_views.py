"""The page of a system's account: opened by the vendor, stopped by vendor or ministry, looked at by both."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from careward.accounts.access import actor_of, for_roles, user_of
from careward.flow import Refused
from careward.journal import Actor
from careward.kernel import clock
from careward.kernel.texts import text
from careward.provisioning import system_acts as acts
from careward.provisioning.forms import CreateForm, EndKeyForm, KeyForm, SystemSuspendForm
from careward.provisioning.hostkeys import fingerprints_if_any
from careward.provisioning.models import AccountKey, SystemAccount, UploadAccount
from careward.provisioning.views import KEEPERS, PAGE_SIZE
from careward.rulebook import NATIONWIDE, current
from careward.rulebook.season import Mode
from careward.shell.forms import PlainForm

_FORMS: Final[Mapping[str, type[PlainForm]]] = {
    "open": CreateForm,
    "register_key": KeyForm,
    "suspend": SystemSuspendForm,
}
_SIMPLE: Final[Mapping[str, Callable[[SystemAccount, Actor], SystemAccount]]] = {
    "resume": acts.resume_system,
    "close": acts.close_system,
}


def _mode(mode: str) -> Mode:
    season = current().season_at(clock.now(), county=NATIONWIDE)
    found = season.modes.get(mode)
    if found is None or found.asks_source_addresses.value:
        raise Http404(mode)
    return found


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(*KEEPERS)
def system(request: HttpRequest, mode: str) -> HttpResponse:
    """The account of a mode's system, its keys, and the institutions it may upload for."""
    way, user = _mode(mode), user_of(request)
    account = SystemAccount.objects.of_mode(way.id)
    wanted = request.POST.get("act", "")
    keys = AccountKey.objects.filter(system=account).not_ended_at(clock.now()) if account else ()
    forms: dict[str, PlainForm] = {
        name: kind(request.POST if wanted == name else None, **_initial(name, way))
        for name, kind in _FORMS.items()
    }
    forms["end_key"] = EndKeyForm(request.POST if wanted == "end_key" else None, keys=keys)
    if request.method == "POST" and _done(request, way, account, forms):
        return redirect("provisioning:system", mode=mode)
    mine = UploadAccount.objects.visible_to(user).through_system(way.id).select_related("institution")
    page = Paginator(mine.order_by("institution__code"), PAGE_SIZE).get_page(request.GET.get("page"))
    open_acts = account.open_to(user.role) if account else ("open",) if user.role == "vendor" else ()
    context = {
        "mode": way,
        "account": account,
        "ready": account is not None and account.can_come_in,
        "keys": keys,
        "forms": forms,
        "acts": open_acts if user.may_act else (),
        "page": page,
        "host": settings.SFTP_HOST,
        "port": settings.SFTP_PORT,
        "fingerprints": fingerprints_if_any(),
    }
    return render(request, "provisioning/system.html", context)


def _initial(name: str, mode: Mode) -> dict[str, Any]:
    if name != "open":
        return {}
    return {"initial": {"username": f"cw-{mode.id.replace('_', '-')}"[:32]}}


def _done(
    request: HttpRequest, mode: Mode, account: SystemAccount | None, forms: Mapping[str, PlainForm]
) -> bool:
    wanted = request.POST.get("act", "")
    form = forms.get(wanted)
    if wanted not in (*forms, *_SIMPLE) or (form is not None and not form.is_valid()):
        return False
    try:
        _perform(wanted, mode, account, form.cleaned_data if form else {}, actor_of(request))
    except Refused as refused:
        messages.error(request, refused.message)
        return True
    messages.success(request, text(f"provisioning:system.done.{wanted}"))
    return True


def _perform(
    wanted: str, mode: Mode, account: SystemAccount | None, values: Mapping[str, Any], by: Actor
) -> None:
    if wanted == "open":
        fresh = SystemAccount(mode=mode.id, username=values["username"], networks=values["sources"])
        acts.open_account(fresh, by)
    elif account is None:
        raise Http404(wanted)
    elif wanted == "register_key":
        acts.register_system_key(account, by, line=values["line"])
    elif wanted == "end_key":
        acts.end_system_key(account, by, key=int(values["key"]), reason=values["reason"])
    elif wanted == "suspend":
        acts.suspend_system(account, by, reason=values["reason"])
    else:
        _SIMPLE[wanted](account, by)
