"""Pages of the county's officer."""

import uuid
from itertools import groupby

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from careward.accounts.access import COUNTY, actor_of, for_roles, user_of
from careward.applications import serving
from careward.applications.models import Application, ApplicationQuerySet, Document
from careward.flow import Refused
from careward.kernel import clock
from careward.kernel.texts import text
from careward.review import acts
from careward.review.forms import SignOffForm
from careward.rulebook import NATIONWIDE, current
from careward.shell.components import Tab

PAGE_SIZE = 50
TABS = ("waiting", "lacking", "signed")


def _shown(visible: ApplicationQuerySet, tab: str) -> ApplicationQuerySet:
    if tab == "lacking":
        return visible.waiting_for_documents().order_by("submitted_at")
    if tab == "signed":
        return visible.filter(state="signed_off", sign_offs__voided_at=None).order_by("-sign_offs__signed_at")
    return visible.waiting_for_review()


@require_safe
@for_roles(*COUNTY)
def queue(request: HttpRequest) -> HttpResponse:
    """The officer's cases: to be reviewed, lacking documents, signed."""
    season = current().season_at(clock.now(), county=user_of(request).county or NATIONWIDE)
    visible = Application.objects.visible_to(user_of(request)).of_season(season.code)
    shown = request.GET.get("shown", "waiting")
    shown = shown if shown in TABS else "waiting"
    tabs = [
        Tab(text(f"review:tabs.{name}"), f"?shown={name}", name == shown, _shown(visible, name).count())
        for name in TABS
    ]
    page = Paginator(_shown(visible, shown), PAGE_SIZE).get_page(request.GET.get("page"))
    closes = season.moment("review_closes").at
    context = {
        "page": page,
        "tabs": tabs,
        "shown": shown,
        "closes": closes,
        "overdue": season.review_overdue(clock.now()),
    }
    return render(request, "review/queue.html", context)


def _case(request: HttpRequest, application_id: uuid.UUID) -> Application:
    return get_object_or_404(Application.objects.visible_to(user_of(request)), pk=application_id)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(*COUNTY)
def case(request: HttpRequest, application_id: uuid.UUID) -> HttpResponse:
    """One case: data beside the document, the checklist, the sign-off."""
    application = _case(request, application_id)
    checklist = application.checklist
    form = SignOffForm(checklist, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            acts.sign_off(
                application,
                actor_of(request),
                ticked=form.cleaned_data["ticked"],
                remark=form.cleaned_data["remark"],
            )
        except Refused as refused:
            form.refuse(refused.message)
            application = _case(request, application_id)
        else:
            messages.success(request, text("review:done.signed_off", name=application.institution_name))
            return redirect("review:queue")
    return render(request, "review/case.html", _about(request, application, form))


def _about(request: HttpRequest, application: Application, form: SignOffForm) -> dict[str, object]:
    ticked = request.POST.getlist("ticked")
    # The error summary leads to id_ticked_0: it must be the first box on the page.
    rows = [
        {"item": item, "ticked": item.id in ticked, "id": f"id_ticked_{place}"}
        for place, item in enumerate(sorted(form.checklist, key=lambda item: _GROUP_ORDER.index(item.group)))
    ]
    groups = [
        {"label": text(f"review:groups.{name}"), "rows": list(members)}
        for name, members in groupby(rows, key=lambda row: row["item"].group)  # type: ignore[attr-defined]
    ]
    return {
        "application": application,
        "colour": text(f"review:colours.{application.state}"),
        "form": form,
        "groups": groups,
        "papers": [_paper(document) for document in application.documents.in_force()],
        "closes": application.rules.moment("review_closes").at,
        "may_sign": "sign_off" in application.open_to(user_of(request).role),
        "sign_off": application.sign_offs.in_force().first(),
        "person_id": request.session.pop(_unmasked(application), "") or application.masked_person_id,
    }


_GROUP_ORDER = ("eligibility", "identity", "documents", "addresses")


def _paper(document: Document) -> dict[str, object]:
    pages = [
        reverse("review:document_page", args=[document.pk, n + 1]) for n in range(len(document.page_keys))
    ]
    return {
        "document": document,
        "pages": pages,
        "download_url": reverse("review:document", args=[document.pk]),
    }


def _unmasked(application: Application) -> str:
    return f"unmasked:{application.pk}"


@require_POST
@for_roles(*COUNTY)
def unmask(request: HttpRequest, application_id: uuid.UUID) -> HttpResponse:
    """Show the full ID number on the next look at the case, once; who looked is recorded."""
    application = _case(request, application_id)
    request.session[_unmasked(application)] = acts.unmask(application, user_of(request))
    return redirect("review:case", application_id=application_id)


def _document(request: HttpRequest, document_id: uuid.UUID) -> Document:
    reachable = Application.objects.visible_to(user_of(request))
    return get_object_or_404(Document.objects.in_force().filter(application__in=reachable), pk=document_id)


@never_cache
@require_safe
@for_roles(*COUNTY)
def document(request: HttpRequest, document_id: uuid.UUID) -> FileResponse:
    """The original file, always as a download."""
    return serving.original(_document(request, document_id))


@never_cache
@require_safe
@for_roles(*COUNTY)
def document_page(request: HttpRequest, document_id: uuid.UUID, page: int) -> FileResponse:
    """A picture of one page, drawn on the server."""
    return serving.page_picture(_document(request, document_id), page)
