"""The lists of staff: who was invited, who answered, who did not; importing and inviting."""

import uuid

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from careward.accounts.access import actor_of, for_roles, user_of
from careward.accounts.exporting import list_download
from careward.accounts.models import COUNTY
from careward.continuing import carrying, jobs
from careward.continuing.importing import PARTICIPANTS, season_now
from careward.continuing.models import Invitation
from careward.continuing.procedure import KEEPERS, LISTED
from careward.continuing.rules import Standing
from careward.kernel import clock
from careward.kernel.texts import text
from careward.shell.components import Tab
from careward.shell.importing import import_page
from careward.store.spreadsheets import FORMATS

PAGE_SIZE = 50
READERS = (*COUNTY, *KEEPERS)


@require_safe
@for_roles(*READERS)
def participants(request: HttpRequest) -> HttpResponse:
    """Last season's institutions within one's reach, by where they stand; ``?as=ods`` is the list as a file."""
    season = season_now()
    reachable = Invitation.objects.of_season(season.code).visible_to(user_of(request)).with_standing()
    everybody = list(reachable)
    shown = request.GET.get("shown", "")
    chosen = [one for one in everybody if not shown or one.standing == shown]
    if request.GET.get("as") in FORMATS:
        return _download(request, shown, chosen)
    counts = {one: sum(invited.standing == one for invited in everybody) for one in Standing}
    tabs = [Tab(text("continuing:tabs.all"), "?", not shown, len(everybody))]
    tabs += [
        Tab(text(f"continuing:standings.{one}"), f"?shown={one}", shown == one, counts[one])
        for one in Standing
        if counts[one] or shown == one
    ]
    context = {
        "season": season,
        "before": int(season.code) - 1,
        "tabs": tabs,
        "shown": shown,
        "page": Paginator(chosen, PAGE_SIZE).get_page(request.GET.get("page")),
        "formats": FORMATS,
        "keeps": user_of(request).role in KEEPERS,
        "to_carry": len(carrying.to_carry(season.code)),
        "to_invite": counts[Standing.NOT_INVITED],
        "closes": season.moment("institution_window_closes"),
        "open": season.window_open(clock.now()),
    }
    return render(request, "continuing/participants.html", context)


def _download(request: HttpRequest, shown: str, chosen: list[Invitation]) -> HttpResponse:
    title = text(f"continuing:standings.{shown}") if shown in list(Standing) else text("continuing:tabs.all")
    heading = [text(f"continuing:export.{name}") for name in EXPORTED]
    rows: list[list[str | int | float | None]] = [
        [
            one.institution.county_label,
            one.institution.type_label,
            one.institution.code,
            one.institution.name,
            one.mailbox,
            one.standing_label,
            one.reference,
        ]
        for one in chosen
    ]
    named = text("continuing:export.title", standing=title)
    return list_download(request, request.GET["as"], named, heading, rows)


EXPORTED = ("county", "type", "code", "name", "mailbox", "standing", "reference")


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(*KEEPERS)
def import_participants(request: HttpRequest) -> HttpResponse:
    """Import last season's participants: choose, see, confirm."""
    return import_page(request, PARTICIPANTS, lambda: actor_of(request))


@require_POST
@for_roles(*KEEPERS)
def carry(request: HttpRequest) -> HttpResponse:
    """List last season's signed-off institutions without a table."""
    season = season_now()
    count = carrying.carry_over(season.code, actor_of(request))
    messages.success(request, text("continuing:carried", count=count, before=int(season.code) - 1))
    return redirect("continuing:participants")


@require_POST
@for_roles(*KEEPERS)
def invite(request: HttpRequest) -> HttpResponse:
    """Send the invitations that have not left yet; the worker sends one by one."""
    season = season_now()
    waiting = Invitation.objects.of_season(season.code).filter(state=LISTED).count()
    if not season.window_open(clock.now()):
        messages.error(request, text("continuing:inviting.not_open"))
    elif waiting:
        jobs.invite_all.defer(season=season.code)
        messages.success(request, text("continuing:inviting.queued", count=waiting))
    return redirect("continuing:participants")


@require_safe
@for_roles(*READERS)
def staff_proof(request: HttpRequest, invitation_id: uuid.UUID) -> HttpResponse:
    """What an institution clicked, to be printed."""
    reachable = Invitation.objects.visible_to(user_of(request)).with_standing()
    invitation = get_object_or_404(reachable, pk=invitation_id)
    context = {
        "invitation": invitation,
        "institution": invitation.institution,
        "application": invitation.application,
        "season": invitation.rules,
        "before": int(invitation.season) - 1,
        "proofs": invitation.proofs.all(),
        "staff": True,
    }
    return render(request, "continuing/proof.html", context)
