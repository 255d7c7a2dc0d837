"""The administrator's pages about accounts of staff, and everybody's own deputies."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from careward import rulebook
from careward.accounts import acts, staff, warning
from careward.accounts.access import actor_of, for_roles, user_of
from careward.accounts.exporting import list_download
from careward.accounts.importing import STAFF
from careward.accounts.models import AccountReview, Deputyship, Role, User
from careward.accounts.staff_forms import AccountReviewForm, DeputyForm, StaffSearch
from careward.flow import Refused
from careward.kernel import clock
from careward.kernel.texts import text
from careward.shell.importing import import_page
from careward.store.spreadsheets import FORMATS

PAGE_SIZE = 50
WITH_DEPUTIES = tuple(role.id for role in rulebook.current().roles.values() if role.deputies)


@require_safe
@for_roles("administrator")
def people(request: HttpRequest) -> HttpResponse:
    """All accounts of staff, searched by the address; ``?format=ods`` is the list for the account review."""
    form = StaffSearch(request.GET)
    asked: dict[str, Any] = form.cleaned_data if form.is_valid() else {}
    found = staff.listed(words=asked.get("q", ""), role=asked.get("role", ""), state=asked.get("state", ""))
    kind = request.GET.get("format", "")
    if kind in FORMATS:
        title, rows = text("accounts:staff.title"), staff.rows(found)
        return list_download(request, kind, title, staff.heading(), rows, form.chosen_in_words())
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    now = clock.now()
    context = {
        "form": form,
        "page": page,
        "rows": [(user, staff.state_of(user, now)) for user in page],
        "formats": FORMATS,
        "review": AccountReviewForm(),
        "soon": warning.soon_unused(now).count(),
        "review_overdue": warning.review_overdue(now),
        "rule": rulebook.current().policies.sign_in,
        "last_review": AccountReview.objects.select_related("by").order_by("-at", "-pk").first(),
    }
    return render(request, "accounts/staff.html", context)


@require_POST
@for_roles("administrator")
def review(request: HttpRequest) -> HttpResponse:
    """Note that all accounts were gone through."""
    form = AccountReviewForm(request.POST)
    if form.is_valid():
        made = acts.review_accounts(user_of(request), form.cleaned_data["remark"])
        messages.success(request, text("accounts:staff.done.reviewed", count=made.accounts))
    else:
        messages.error(request, next(form.faults())[1])
    return redirect("accounts:staff")


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles("administrator")
def import_staff(request: HttpRequest) -> HttpResponse:
    """Import accounts: choose, see, confirm."""
    return import_page(request, STAFF, lambda: actor_of(request))


def _person(user_id: uuid.UUID) -> User:
    return get_object_or_404(User.objects.exclude(role=Role.INSTITUTION), pk=user_id)


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles("administrator")
def person(request: HttpRequest, user_id: uuid.UUID) -> HttpResponse:
    """One account: close it, open it again, name a deputy for somebody who cannot do it."""
    shown = _person(user_id)
    form = _deputy_form(request, shown)
    if request.method == "POST" and _done(request, shown, form):
        return redirect("accounts:person", user_id=user_id)
    shown = _person(user_id)
    context = {
        **_about_deputies(shown),
        "person": shown,
        "state": staff.state_of(shown, clock.now()),
        "form": form,
    }
    return render(request, "accounts/person.html", context)


def _done(request: HttpRequest, shown: User, form: DeputyForm) -> bool:
    wanted = request.POST.get("act", "")
    if wanted in ("close", "reopen"):
        try:
            (acts.close_account if wanted == "close" else acts.reopen_account)(shown, actor_of(request))
        except Refused as refused:
            messages.error(request, refused.message)
            return True
        done = "closed" if wanted == "close" else "reopened"
        messages.success(request, text(f"accounts:staff.done.{done}", name=shown.name))
        return True
    return _deputy_done(request, shown, form)


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(*WITH_DEPUTIES)
def deputies(request: HttpRequest) -> HttpResponse:
    """My own deputies: name one with dates, end it early; and whom I stand in for."""
    mine = user_of(request)
    form = _deputy_form(request, mine)
    if request.method == "POST" and _deputy_done(request, mine, form):
        return redirect("accounts:deputies")
    context = {**_about_deputies(mine), "person": mine, "form": form}
    return render(request, "accounts/deputies.html", context)


def _deputy_form(request: HttpRequest, of: User) -> DeputyForm:
    naming = request.method == "POST" and request.POST.get("act") == "name_deputy"
    return DeputyForm(of, request.POST if naming else None)


def _deputy_done(request: HttpRequest, of: User, form: DeputyForm) -> bool:
    if request.POST.get("act") == "end_deputy":
        ending = get_object_or_404(Deputyship, pk=_number(request.POST.get("deputyship", "")), person=of)
        acts.end_deputyship(ending, actor_of(request))
        messages.success(request, text("accounts:staff.done.deputy_ended"))
        return True
    if not form.is_valid():
        return False
    facts = form.cleaned_data
    try:
        acts.name_deputy(
            of,
            form.people[facts["deputy"]],
            actor_of(request),
            first_day=facts["first_day"],
            last_day=facts["last_day"],
        )
    except Refused as refused:
        form.refuse(refused.message)
        return False
    messages.success(request, text("accounts:staff.done.deputy_named"))
    return True


def _number(written: str) -> int:
    return int(written) if written.isascii() and written.isdigit() and len(written) < 19 else 0


def _about_deputies(of: User) -> dict[str, object]:
    today = clock.now().date()
    to_come = Deputyship.objects.to_come(today)
    return {
        "may_have_deputies": rulebook.current().role(of.role).deputies,
        "deputyships": to_come.filter(person=of).select_related("deputy"),
        "standing_in": to_come.filter(deputy=of).select_related("person"),
        "today": today,
    }
