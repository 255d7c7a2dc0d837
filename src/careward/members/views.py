"""Pages of a place's people: who they are, where one sits, what is delegated and what was looked at."""

import uuid
from datetime import timedelta
from typing import Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from careward import rulebook
from careward.accounts import seats
from careward.accounts.access import actor_of, at_seat, for_roles, start_page_of, user_of
from careward.accounts.throttle import Throttle
from careward.flow import Refused
from careward.kernel import clock
from careward.kernel.texts import text
from careward.members import acts
from careward.members.forms import AddForm, CodeForm, DelegationForm
from careward.members.models import Delegation, Look, Member
from careward.registry.models import Institution
from careward.vendors.models import SystemVendor

LOOKS_SHOWN: Final = 100
_FEW: Final = 10
"""So many places are listed whole; more can be searched."""


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@for_roles("institution")
def choose(request: HttpRequest) -> HttpResponse:
    """Where to sit now: the own institutions and companies, and what was delegated to the companies."""
    user = user_of(request)
    offered = seats.seats_of(user)
    wanted = request.POST.get("seat", "")
    seat = next((one for one in offered if one.id == wanted), None)
    if request.method == "POST" and seat is not None:
        seats.take(request, user, seat)
        to = request.GET.get("next", "")
        safe = url_has_allowed_host_and_scheme(to, {request.get_host()}, require_https=request.is_secure())
        return redirect(to if safe and to else start_page_of(user))
    words = request.GET.get("search", "").strip()
    shown = [one for one in offered if words in one.name or words == one.institution_code]
    context = {
        "seats": shown,
        "words": words,
        "many": len(offered) > _FEW,
        "any": bool(offered),
        "user": user,
    }
    return render(request, "members/choose.html", context)


def _place(request: HttpRequest) -> Institution | SystemVendor:
    return _institution(request) if _seat(request).institution_code else _company(request)


def _institution(request: HttpRequest) -> Institution:
    return Institution.objects.get(code=_seat(request).institution_code)


def _company(request: HttpRequest) -> SystemVendor:
    return SystemVendor.objects.get(pk=uuid.UUID(_seat(request).company))


def _seat(request: HttpRequest) -> seats.Seat:
    seat = user_of(request).seat
    assert seat is not None
    return seat


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@at_seat("people")
def people(request: HttpRequest) -> HttpResponse:
    """Who may sign in here; the head adds and removes clerks."""
    place = _place(request)
    adding = request.method == "POST"
    form = AddForm(request.POST if adding else None)
    if adding and form.is_valid() and (made := _added(request, form, place)):
        return redirect("members:person", member_id=made.pk)
    listed = Member.objects.at(place).there().select_related("user")
    most = rulebook.current().policies.members.people.value
    return render(
        request, "members/people.html", {"form": form, "place": place, "people": listed, "most": most}
    )


def _added(request: HttpRequest, form: AddForm, place: Institution | SystemVendor) -> Member | None:
    data = form.cleaned_data
    if not _codes().take(data["mailbox"]):
        form.fail("mailbox", "too_many_codes")
        return None
    try:
        return acts.invite(place, data["mailbox"], data["name"], actor_of(request))
    except Refused as refused:
        form.refuse(refused.message)
        return None


def _codes() -> Throttle:
    policy = rulebook.current().policies.mailbox_code
    return Throttle("member-code", limit=policy.codes_per_hour.value, lock=timedelta(hours=1))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@at_seat("people")
def person(request: HttpRequest, member_id: uuid.UUID) -> HttpResponse:
    """One of them: type the code that came to the mailbox, have another sent, take the seat away."""
    there = Member.objects.at(_place(request)).there().select_related("user", "institution", "company")
    member = get_object_or_404(there, pk=member_id)
    wanted = request.POST.get("act", "")
    form = CodeForm(request.POST if wanted == "answer" else None, member=member)
    if wanted == "answer" and form.is_valid() and _proved(request, member, form):
        messages.success(request, text("members:done.proved", name=member.name))
        return redirect("members:people")
    if wanted == "send_code":
        _send_code(request, member)
        return redirect("members:person", member_id=member_id)
    if wanted == "remove" and _removed(request, member):
        return redirect("members:people")
    member = there.get(pk=member_id)
    context = {"member": member, "form": form, "waiting": member.code_is_waiting(clock.now())}
    return render(request, "members/person.html", context)


def _proved(request: HttpRequest, member: Member, form: CodeForm) -> bool:
    found = acts.answer(member, form.cleaned_data["code"], actor_of(request))
    if found is not acts.Answer.PROVED:
        form.fail("code", found.value)
    return found is acts.Answer.PROVED


def _send_code(request: HttpRequest, member: Member) -> None:
    if not _codes().take(member.user.email):
        messages.error(request, text("members:add.fields.mailbox.errors.too_many_codes"))
        return
    try:
        acts.send_code(member, actor_of(request))
    except Refused as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, text("members:done.sent", mailbox=member.user.email))


def _removed(request: HttpRequest, member: Member) -> bool:
    try:
        acts.remove(member, actor_of(request))
    except Refused as refused:
        messages.error(request, refused.message)
        return False
    messages.success(request, text("members:done.removed", name=member.name))
    return True


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@at_seat("delegate")
def delegations(request: HttpRequest) -> HttpResponse:
    """To whom this institution delegated, what was looked at, and a new delegation."""
    place = _institution(request)
    form = DelegationForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = acts.grant(Delegation(institution=place, **form.cleaned_data), actor_of(request))
        except Refused as refused:
            form.refuse(refused.message)
        else:
            messages.success(request, text("members:done.granted", name=made.company.name))
            return redirect("members:delegations")
    given = Delegation.objects.filter(institution=place).select_related("company")
    today = clock.now().date()
    looks = Look.objects.filter(delegation__institution=place).select_related("delegation__company", "user")
    context = {
        "form": form,
        "place": place,
        "given": [(one, one.standing(today)) for one in given],
        "looks": looks[:LOOKS_SHOWN],
        "most": rulebook.current().policies.members.delegation_days.value,
    }
    return render(request, "members/delegations.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@at_seat("delegate")
def end(request: HttpRequest, delegation_id: uuid.UUID) -> HttpResponse:
    """End a delegation of one's own institution now."""
    own = Delegation.objects.filter(institution=_institution(request)).select_related(
        "company", "institution"
    )
    return _end(request, get_object_or_404(own, pk=delegation_id), "members:delegations")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@at_seat("clients")
def give_back(request: HttpRequest, delegation_id: uuid.UUID) -> HttpResponse:
    """End what an institution delegated to one's own company."""
    own = Delegation.objects.filter(company=_company(request)).select_related("company", "institution")
    return _end(request, get_object_or_404(own, pk=delegation_id), "members:clients")


def _end(request: HttpRequest, delegation: Delegation, back: str) -> HttpResponse:
    if request.method == "POST":
        try:
            acts.revoke(delegation, actor_of(request))
        except Refused as refused:
            messages.error(request, refused.message)
        else:
            messages.success(request, text("members:done.ended"))
        return redirect(back)
    return render(request, "members/end.html", {"delegation": delegation, "back": back})


@never_cache
@require_safe
@at_seat("clients")
def clients(request: HttpRequest) -> HttpResponse:
    """The institutions that delegated to one's own company, those to come and those that are over."""
    place = _company(request)
    today = clock.now().date()
    given = Delegation.objects.filter(company=place).select_related("institution", "company")
    words = request.GET.get("search", "").strip()
    if words:
        given = given.filter(institution__in=Institution.objects.called(words))
    rows = [(one, one.standing(today), f"delegation:{one.pk}") for one in given]
    rows.sort(key=lambda row: (row[1] != "holds", row[1] != "to_come", row[0].institution.name))
    return render(request, "members/clients.html", {"place": place, "rows": rows, "words": words})
