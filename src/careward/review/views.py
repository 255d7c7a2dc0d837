"""One case: data beside the document, the checklist, the sign-off."""

import uuid
from itertools import groupby

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from careward.accounts.access import COUNTY, for_roles, user_of
from careward.accounts.models import User
from careward.applications.models import Application, Document
from careward.flow import Refused
from careward.kernel import clock
from careward.kernel.texts import text
from careward.registry.deputies import actor_for, acts_on
from careward.review import acts, comparing, moving, supplementing
from careward.review.assigning import colleagues
from careward.review.forms import NoteForm, SignOffForm
from careward.review.queue_views import following, queue_address
from careward.review.reaching import case_of
from careward.review.rules import desk_name
from careward.review.timeline import timeline
from careward.rulebook import current

DECISIONS = ("confirm", "return_to_officer", "mark_not_mended", "close_supplement", "revoke")
"""Acts of the desk that are one page with at most a reason: see deciding_views."""


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(*COUNTY)
def case(request: HttpRequest, application_id: uuid.UUID) -> HttpResponse:
    """One case; POST signs it, or with ``all_match`` gives the page back with every item ticked.

    With ``next`` the next case of the list follows at once, so that nobody goes back to the list in between.
    """
    application = case_of(request, application_id)
    checklist = application.checklist
    if request.method == "POST" and "all_match" in request.POST:
        ticked = [item.id for item in checklist]
        initial = {"ticked": ticked, "remark": request.POST.get("remark", "")}
        form = SignOffForm(checklist, initial=initial)
        return render(request, "review/case.html", about(request, application, form, ticked))
    form = SignOffForm(checklist, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        onward = following(request, application) if "next" in request.POST else None
        try:
            by = actor_for(user_of(request), application, "sign_off")
            application = acts.sign_off(application, by, **form.cleaned_data)
        except Refused as refused:
            form.refuse(refused.message)
            application = case_of(request, application_id)
        else:
            done = text(f"review:done.{application.state}", name=application.institution_name)
            messages.success(request, done)
            return redirect("review:case", onward.pk) if onward else redirect(queue_address(request))
    return render(request, "review/case.html", about(request, application, form))


def about(
    request: HttpRequest, application: Application, form: SignOffForm, ticked: list[str] | None = None
) -> dict[str, object]:
    """What the page of a case shows."""
    user = user_of(request)
    marked = request.POST.getlist("ticked") if ticked is None else ticked
    return {
        **_history(application),
        **_permitted(application, user),
        "application": application,
        "colour": text(f"review:colours.{application.state}"),
        "desk": desk_name(current(), application.county, application.unit, application.institution_type),
        "form": form,
        "groups": _groups(form, marked),
        "all_marked": ticked is not None,
        "papers": [_paper(document) for document in application.documents.in_force()],
        "findings": _findings(application),
        "closes": application.rules.moment("review_closes").at,
        "contact": application.rules.contact_window(application.institution_type),
        "colleagues": colleagues(application) if user.may_act else [],
        "assignee": _assignee(application),
        "note_form": NoteForm(auto_id="note_%s"),
        "notes": application.notes.select_related("by"),
        "timeline": timeline(application),
        "queue": queue_address(request),
        "following": following(request, application),
        "person_id": request.session.pop(_unmasked(application), "") or application.masked_person_id,
    }


def _history(application: Application) -> dict[str, object]:
    """What was signed, asked for and changed, old beside new."""
    signed = application.sign_offs.in_force().select_related("officer", "second").first()
    former = application.sign_offs.exclude(voided_at=None).order_by("-voided_at", "-pk").first()
    return {
        "sign_off": signed,
        "former": former,
        "since_former": comparing.since_signed(application, former if signed is None else None),
        "changed_since": comparing.since_signed(application, signed),
        "documents_differ": comparing.documents_differ(application, signed),
        "rounds": list(comparing.rounds(application)),
        "running": application.supplements.running().first(),
        "corrections": _corrections(application),
        "former_papers": _former_papers(application),
    }


def _former_papers(application: Application) -> list[dict[str, object]]:
    """Files taken back, the latest first, each with the way to see it beside what stands in its place."""
    documents = list(application.documents.order_by("added_at", "pk"))
    taken_back = [one for one in documents if one.removed_at]
    pairs = comparing.replaced(taken_back, (one for one in documents if not one.removed_at))
    address = {pair.old.pk: beside_address(pair) for pair in pairs}
    latest_first = sorted(taken_back, key=lambda one: str(one.removed_at), reverse=True)
    return [{"document": one, "beside": address.get(one.pk, "")} for one in latest_first]


def beside_address(pair: comparing.Replaced) -> str:
    """Where both versions of a document are seen side by side."""
    return reverse("review:beside", args=[pair.new.pk, 1, pair.old.pk])


def _permitted(application: Application, user: User) -> dict[str, object]:
    """What the reader may do with the case as it stands."""
    permitted = acts_on(user, application)
    in_time = "mark_not_mended" not in permitted or supplementing.past_due(application, clock.now())
    return {
        "may_sign": "sign_off" in permitted,
        "may_ask": "ask_supplement" in permitted,
        "may_move": "transfer" in permitted,
        "decisions": [
            _decision(application, act)
            for act in DECISIONS
            if act in permitted and (in_time or act != "mark_not_mended")
        ],
        "second_step": moving.second_step_at(moving.desk_of(application)),
    }


def _groups(form: SignOffForm, ticked: list[str]) -> list[dict[str, object]]:
    # The error summary leads to id_ticked_0: it must be the first box on the page.
    rows = [
        {"item": item, "ticked": item.id in ticked, "id": f"id_ticked_{place}"}
        for place, item in enumerate(sorted(form.checklist, key=lambda item: _GROUP_ORDER.index(item.group)))
    ]
    return [
        {"label": text(f"review:groups.{name}"), "rows": list(members)}
        for name, members in groupby(rows, key=lambda row: row["item"].group)  # type: ignore[attr-defined]
    ]


_GROUP_ORDER = ("eligibility", "identity", "documents", "addresses")


def _findings(application: Application) -> list[dict[str, object]]:
    found = application.findings.in_force().select_related("verdict", "verdict__by")
    return [{"finding": finding, "verdict": getattr(finding, "verdict", None)} for finding in found]


def _corrections(application: Application) -> list[dict[str, object]]:
    return [
        {"made": made, "changes": comparing.changes(made.before, made.changes, application)}
        for made in application.corrections.made().reverse()
    ]


def _decision(application: Application, act: str) -> dict[str, object]:
    return {
        "label": text(f"review:decisions.{act}.title"),
        "url": reverse("review:decide", args=[application.pk, act]),
        "main": act in ("confirm", "mark_not_mended"),
    }


def _assignee(application: Application) -> User | None:
    assignment = getattr(application, "assignment", None)
    return assignment.officer if assignment else None


def _paper(document: Document) -> dict[str, object]:
    pages = [
        reverse("review:document_page", args=[document.pk, n + 1]) for n in range(len(document.page_keys))
    ]
    looks = [reverse("review:look", args=[document.pk, n + 1]) for n in range(len(document.page_keys))]
    return {
        "document": document,
        "pages": pages,
        "looks": looks,
        "sheets": list(zip(pages, looks, strict=True)),
        "download_url": reverse("review:document", args=[document.pk]),
    }


def _unmasked(application: Application) -> str:
    return f"unmasked:{application.pk}"


@require_POST
@for_roles(*COUNTY)
def unmask(request: HttpRequest, application_id: uuid.UUID) -> HttpResponse:
    """Show the full ID number on the next look at the case, once; who looked is recorded."""
    application = case_of(request, application_id)
    request.session[_unmasked(application)] = acts.unmask(application, user_of(request))
    return redirect("review:case", application_id=application_id)
