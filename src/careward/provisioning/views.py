"""Pages of the vendor, and the page behind the secret's link."""

import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from careward.accounts.access import actor_of, for_roles, user_of
from careward.accounts.exporting import list_download
from careward.accounts.links import OpenedLinkRequest, opened_link
from careward.applications.rules import shown_source
from careward.flow import Refused
from careward.journal import Actor
from careward.kernel import clock
from careward.kernel.texts import text
from careward.provisioning import acts, at_once, key_acts
from careward.provisioning.forms import CreateForm, EndKeyForm, KeyForm, SuspendForm
from careward.provisioning.hostkeys import fingerprints_if_any
from careward.provisioning.importing import INDICATOR, RESULTS
from careward.provisioning.models import UploadAccount, UploadAccountQuerySet
from careward.provisioning.rules import right_of
from careward.registry.deputies import acts_on
from careward.rulebook import NATIONWIDE, current
from careward.seasons.moves import held_moves
from careward.shell.components import Tab
from careward.shell.forms import PlainForm, ids_among
from careward.shell.importing import import_page
from careward.store.spreadsheets import FORMATS

PAGE_SIZE = 50
KEEPERS = ("vendor", "ministry")
"""Who sees the accounts: the vendor makes them, both may stop one at once."""


@require_safe
@for_roles(*KEEPERS)
def queue(request: HttpRequest) -> HttpResponse:
    """Signed-off applications that wait for an account, and those done, by the season's moment."""
    asked = request.GET.get("q", "").strip()
    visible = UploadAccount.objects.visible_to(user_of(request)).select_related("institution", "application")
    lists = _lists(visible, asked)
    shown = _shown(request, lists, asked)
    page = Paginator(lists[shown], PAGE_SIZE).get_page(request.GET.get("page"))
    season = current().season_at(clock.now(), county=NATIONWIDE)
    left = visible.waiting_for_the_vendor().count()
    with held_moves():
        now = clock.now()
        over = {one.pk for one in page if right_of(one).is_over(now)}
    context = {
        "page": page,
        "over": over,
        "shown": shown,
        "left": left,
        "tabs": _tabs(lists, shown, asked),
        "due": season.moment("provisioning_due").at,
        "asked": asked,
        "mark_address": f"?{urlencode({'shown': shown, 'q': asked, 'page': page.number, 'mark': 'all'})}",
        "all_marked": request.GET.get("mark") == "all",
        "most": at_once.MOST,
        "creates": user_of(request).role != "ministry",
        "systems": [mode for mode in season.modes.values() if not mode.asks_source_addresses.value],
    }
    return render(request, "provisioning/queue.html", context)


def _lists(visible: UploadAccountQuerySet, asked: str) -> dict[str, UploadAccountQuerySet]:
    """Both lists of the page, of each what was asked for."""
    found = visible.called(asked) if asked else visible
    done = found.exclude(state="requested").order_by("-created_at", "pk")
    return {"waiting": found.waiting_for_the_vendor(), "done": done}


def _shown(request: HttpRequest, lists: Mapping[str, UploadAccountQuerySet], asked: str) -> str:
    """The list that is wanted; the other when only there something was found."""
    wanted, other = ("done", "waiting") if request.GET.get("shown") == "done" else ("waiting", "done")
    return other if asked and not lists[wanted].exists() and lists[other].exists() else wanted


def _tabs(lists: Mapping[str, UploadAccountQuerySet], shown: str, asked: str) -> list[Tab]:
    query = {"q": asked} if asked else {}
    return [
        Tab(
            text(f"provisioning:tabs.{name}"),
            f"?{urlencode({'shown': name, **query})}",
            shown == name,
            found.count(),
        )
        for name, found in lists.items()
    ]


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(*KEEPERS)
def account(request: HttpRequest, account_id: uuid.UUID) -> HttpResponse:
    """One account: what to create it from, or what it has become."""
    visible = UploadAccount.objects.visible_to(user_of(request))
    subject = get_object_or_404(visible.select_related("institution", "application"), pk=account_id)
    form = _form(request, subject)
    stopping = SuspendForm(request.POST if request.POST.get("act") == "suspend" else None)
    keys = subject.account_keys.not_ended_at(clock.now()).order_by("-pk")
    ending = EndKeyForm(request.POST if request.POST.get("act") == "revoke_key" else None, keys=keys)
    if request.method == "POST":
        if _act_on(request, subject, {"create": form, "suspend": stopping, "revoke_key": ending}):
            return redirect("provisioning:account", account_id=account_id)
        subject = visible.get(pk=account_id)
    acts = acts_on(user_of(request), subject)
    right = right_of(subject)
    context = {
        "account": subject,
        "form": form,
        "stopping": stopping,
        "may_stop": "suspend" in acts and user_of(request).may_act,
        "ending": ending,
        "may_end_key": "revoke_key" in acts and bool(keys) and user_of(request).may_act,
        "right": right,
        "over": right.is_over(clock.now()),
        "secret": subject.secret_standing(clock.now()),
        "keys": keys,
        "buttons": [_button(name) for name in acts if name in _SIMPLE],
        "may_create": "create" in acts,
        "vendor_key": key_acts.vendor_key_of(subject.application),
        "host": settings.SFTP_HOST,
        "port": settings.SFTP_PORT,
        "fingerprints": fingerprints_if_any(),
    }
    return render(request, "provisioning/account.html", context)


def _form(request: HttpRequest, subject: UploadAccount) -> CreateForm:
    if request.method == "POST" and request.POST.get("act") == "create":
        return CreateForm(request.POST)
    proposed = "\n".join(shown_source(network) for network in subject.networks)
    return CreateForm(initial={"username": subject.proposed_username, "sources": proposed})


def _button(name: str) -> dict[str, str]:
    label, note = text(f"provisioning:acts.{name}"), text(f"provisioning:act_notes.{name}")
    return {"name": name, "label": label, "note": note}


_SIMPLE = {
    "resume": acts.resume,
    "reissue": acts.reissue,
    "close": acts.close,
    "record_indicator": acts.record_indicator,
}


def _act_on(request: HttpRequest, subject: UploadAccount, forms: Mapping[str, PlainForm]) -> bool:
    wanted = request.POST.get("act", "")
    form = forms.get(wanted)
    if wanted not in (*forms, *_SIMPLE) or (form is not None and not form.is_valid()):
        return False
    try:
        _perform(wanted, subject, form.cleaned_data if form else {}, actor_of(request))
    except Refused as refused:
        messages.error(request, refused.message)
        return True
    messages.success(request, text(f"provisioning:done.{wanted}"))
    return True


def _perform(wanted: str, subject: UploadAccount, values: Mapping[str, Any], by: Actor) -> None:
    if wanted == "suspend":
        acts.suspend(subject, by, reason=values["reason"])
    elif wanted == "revoke_key":
        key_acts.revoke_key(subject, by, key=int(values["key"]), reason=values["reason"])
    elif wanted == "create":
        acts.create(
            subject,
            by,
            username=values["username"],
            sources=values["sources"],
            allow_loopback=settings.DEMO,
        )
    else:
        _SIMPLE[wanted](subject, by)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@opened_link("secret")
def secret(request: OpenedLinkRequest) -> HttpResponse:
    """Make the password and show it once: the answer to a POST, never to be had by GET."""
    subject = UploadAccount.objects.select_related("institution").get(pk=request.opened_link.subject_id)
    now = clock.now()
    context: dict[str, object] = {
        "account": subject,
        "waiting": subject.secret_is_waiting(now),
        "standing": subject.secret_standing(now),
        "right": right_of(subject),
        "window": subject.rules.contact_window(subject.institution.type),
        "vendor_keys": subject.account_keys.valid_at(now).exclude(vendor_code=""),
    }
    form = KeyForm(request.POST if request.POST.get("act") == "key" else None)
    if request.method == "POST" and request.POST.get("act") == "key":
        context |= _registered(subject, form)
    elif request.method == "POST":
        context |= _revealed(subject)
    return render(request, "provisioning/secret.html", {**context, "form": form})


def _revealed(subject: UploadAccount) -> dict[str, object]:
    password = acts.new_password()
    try:
        acts.reveal(subject, Actor("institution", str(subject.pk)), password=password)
    except Refused as refused:
        return {"waiting": False, "refused": refused.message}
    return {"password": password, "waiting": False}


def _registered(subject: UploadAccount, form: KeyForm) -> dict[str, object]:
    """The key instead of a password, only while the secret waits: the link is worth as much as one password."""
    if not subject.secret_is_waiting(clock.now()) or not form.is_valid():
        return {}
    try:
        key_acts.register_key(subject, Actor("institution", str(subject.pk)), line=form.cleaned_data["line"])
    except Refused as refused:
        return {"refused": refused.message}
    return {"key": subject.account_keys.latest("pk"), "waiting": False}


@require_safe
@for_roles("vendor")
def worklist(request: HttpRequest, kind: str) -> HttpResponse:
    """The accounts that wait, as a table for a vendor who works elsewhere."""
    if kind not in FORMATS:
        raise Http404
    waiting = UploadAccount.objects.visible_to(user_of(request)).waiting_for_the_vendor()
    rows = [
        (
            one.institution.code, one.institution.name, one.institution.type_label, one.institution.county_label,
            one.lane_label, one.proposed_username, one.networks_in_words, one.requested_at,
        )
        for one in waiting.select_related("institution")
    ]  # fmt: skip
    heading = text("provisioning:worklist.heading").split("|")
    return list_download(request, kind, text("provisioning:worklist.title"), heading, rows)


@require_POST
@for_roles("vendor")
def create_chosen(request: HttpRequest) -> HttpResponse:
    """Create the chosen accounts, or of all that wait the next so many; every one is answered."""
    visible = UploadAccount.objects.visible_to(user_of(request)).select_related("institution")
    goes_on = "all" in request.POST
    passed = ids_among(request.POST.getlist("passed"))
    if goes_on:
        chosen = list(visible.waiting_for_the_vendor().exclude(pk__in=passed)[: at_once.MOST])
    else:
        found = visible.filter(pk__in=ids_among(request.POST.getlist("chosen")))
        chosen = list(found.order_by("requested_at", "pk"))
    if not chosen:
        messages.error(request, text(f"provisioning:bulk.{'none_left' if goes_on else 'nothing'}"))
        return redirect("provisioning:queue")
    results = at_once.create_each(chosen, actor_of(request))
    passed += [one.account.pk for one in results if one.why]
    left = visible.waiting_for_the_vendor()
    context = {
        "results": results,
        "made": sum(one.made for one in results),
        "left": left.count(),
        "goes_on": goes_on,
        "passed": passed,
        "to_do": left.exclude(pk__in=passed).count() if goes_on else 0,
        "most": at_once.MOST,
    }
    return render(request, "provisioning/created.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles("vendor")
def import_results(request: HttpRequest) -> HttpResponse:
    """Accounts made in the vendor's own system."""
    return import_page(request, RESULTS, lambda: actor_of(request))


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles("ministry")
def import_indicator(request: HttpRequest) -> HttpResponse:
    """Institutions whose application for the season's indicator is on record."""
    return import_page(request, INDICATOR, lambda: actor_of(request))
