"""連線自我檢測: what happened to the connections of an account, for the institution itself and for the vendor."""

import uuid
from collections.abc import Sequence
from typing import Final

from django.core.paginator import Paginator
from django.db.models import Max, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from careward.accounts.access import at_seat, for_roles, user_of
from careward.gateway.checklist import checklist
from careward.gateway.models import ConnectionAttempt, Stranger
from careward.provisioning.models import UploadAccount, UploadAccountQuerySet
from careward.provisioning.rules import upload_right

MOST_SHOWN: Final = 50
_PAGE: Final = 50
_STRANGERS_SHOWN: Final = 50


@require_safe
@at_seat("read")
def own(request: HttpRequest) -> HttpResponse:
    """The institution's own account: check-list and last connections; the newest account unless one is named."""
    accounts = list(_accounts(request).order_by("-created_at"))
    wanted = request.GET.get("account", "")
    account = next((one for one in accounts if one.username == wanted), accounts[0] if accounts else None)
    return _page(request, account, accounts)


@require_safe
@for_roles("vendor")
def connections(request: HttpRequest) -> HttpResponse:
    """All accounts by their last connection, searched by account, code or name; and strangers beside them."""
    search = request.GET.get("search", "").strip()
    accounts = _accounts(request).annotate(last_attempt=Max("connection_attempts__at"))
    if search:
        wanted = Q(username__icontains=search) | Q(institution__name__icontains=search)
        accounts = accounts.filter(wanted | Q(institution__code=search))
    accounts = accounts.order_by("-last_attempt", "username")
    context = {
        "search": search,
        "page": Paginator(accounts, _PAGE).get_page(request.GET.get("page")),
        "strangers": Stranger.objects.order_by("-last_at")[:_STRANGERS_SHOWN],
    }
    return render(request, "gateway/connections.html", context)


@require_safe
@for_roles("vendor")
def of_account(request: HttpRequest, account_id: uuid.UUID) -> HttpResponse:
    """What the institution sees of one account, for the help desk."""
    return _page(request, get_object_or_404(_accounts(request), pk=account_id), ())


def _accounts(request: HttpRequest) -> UploadAccountQuerySet:
    created = UploadAccount.objects.visible_to(user_of(request)).exclude(username="")
    return created.select_related("institution")


def _page(
    request: HttpRequest, account: UploadAccount | None, accounts: Sequence[UploadAccount]
) -> HttpResponse:
    attempts = list(ConnectionAttempt.objects.newest([account], MOST_SHOWN)) if account else []
    context = {
        "account": account,
        "accounts": accounts,
        "attempts": attempts,
        "lines": checklist(attempts),
        "right": upload_right(account, account.rules) if account else None,
        "most": MOST_SHOWN,
    }
    return render(request, "gateway/connection.html", context)
