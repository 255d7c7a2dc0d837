"""連線自我檢測: what happened to the connections of an account, for the institution itself and for the vendor."""

import uuid
from collections.abc import Sequence
from typing import Final

from django.core.paginator import Paginator
from django.db.models import F, Max, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from careward.accounts.access import at_seat, for_roles, user_of
from careward.gateway.checklist import checklist
from careward.gateway.locks import locks_of
from careward.gateway.models import Stranger
from careward.gateway.recent import MOST_SHOWN, happened_to, happened_to_system
from careward.kernel import clock
from careward.provisioning.models import SystemAccount, UploadAccount, UploadAccountQuerySet
from careward.provisioning.rules import right_of
from careward.provisioning.system_acts import opens_at

_PAGE: Final = 50
_STRANGERS_SHOWN: Final = 50
_NEWEST_FIRST: Final = F("last_attempt").desc(nulls_last=True)


@require_safe
@at_seat("read")
def own(request: HttpRequest) -> HttpResponse:
    """The institution's own account: check-list and last connections; the newest account unless one is named."""
    accounts = list(_accounts(request).order_by("-created_at", "-pk"))
    wanted = request.GET.get("account", "")
    account = next((one for one in accounts if one.username == wanted), accounts[0] if accounts else None)
    return _page(request, account, accounts)


@require_safe
@for_roles("vendor")
def connections(request: HttpRequest) -> HttpResponse:
    """All accounts by their last connection, searched by account, code or name; systems and strangers beside them."""
    search = request.GET.get("search", "").strip()
    accounts = _accounts(request).annotate(last_attempt=Max("connection_attempts__at"))
    if search:
        wanted = Q(username__icontains=search) | Q(institution__name__icontains=search)
        accounts = accounts.filter(wanted | Q(institution__code=search))
    accounts = accounts.order_by(_NEWEST_FIRST, "username")
    systems = SystemAccount.objects.annotate(last_attempt=Max("connection_attempts__at"))
    context = {
        "search": search,
        "page": Paginator(accounts, _PAGE).get_page(request.GET.get("page")),
        "systems": systems.order_by(_NEWEST_FIRST, "username"),
        "strangers": Stranger.objects.order_by("-last_at", "-pk")[:_STRANGERS_SHOWN],
    }
    return render(request, "gateway/connections.html", context)


@require_safe
@for_roles("vendor")
def of_account(request: HttpRequest, account_id: uuid.UUID) -> HttpResponse:
    """What the institution sees of one account, for the help desk."""
    return _page(request, get_object_or_404(_accounts(request), pk=account_id), ())


@require_safe
@for_roles("vendor")
def of_system(request: HttpRequest, system_id: uuid.UUID) -> HttpResponse:
    """The connections of a system's account, with the institutions its files were for."""
    system = get_object_or_404(SystemAccount, pk=system_id)
    attempts = happened_to_system(system)
    context = {
        "account": system,
        "attempts": attempts,
        "lines": checklist(attempts),
        "opens": opens_at(system),
        "most": MOST_SHOWN,
    }
    return render(request, "gateway/system.html", context)


def _accounts(request: HttpRequest) -> UploadAccountQuerySet:
    """Those that may have connected: with a name of their own, or uploaded for by a system."""
    created = UploadAccount.objects.visible_to(user_of(request)).exclude(username="", through="")
    return created.select_related("institution")


def _page(
    request: HttpRequest, account: UploadAccount | None, accounts: Sequence[UploadAccount]
) -> HttpResponse:
    attempts = happened_to(account) if account else []
    right = right_of(account) if account else None
    now = clock.now()
    context = {
        "account": account,
        "accounts": accounts,
        "attempts": attempts,
        "lines": checklist(attempts),
        "instead": next((one for one in accounts if right_of(one).holds(now)), None),
        "locks": locks_of(account, attempts) if account else (),
        "opens": right.opens if right else None,
        "ends": right.ends if right else None,
        "system": SystemAccount.objects.of_mode(account.through) if account and account.through else None,
        "most": MOST_SHOWN,
    }
    page = "gateway/through_system.html" if account and account.through else "gateway/connection.html"
    return render(request, page, context)
