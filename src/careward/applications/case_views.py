"""What lies behind the mailed link: the state of the case, its documents, and 完成申請.

GET changes nothing here; every act is a POST of a page that says what it will do (security-baseline.md,
"Mailed links").
"""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from careward.accounts.links import OpenedLinkRequest, opened_link
from careward.applications import acts, documents, forms, handing_in, receipt_sheet, receiving, serving
from careward.applications.holding import application_of, holder
from careward.applications.letters import PURPOSE
from careward.applications.limits import too_often
from careward.applications.models import Application, Document, Finding
from careward.applications.opening import open_parts
from careward.applications.procedure import LACKING, SUPPLEMENT
from careward.applications.rules import listed
from careward.applications.upload_form import UploadForm, shown_name
from careward.flow import Refused
from careward.kernel import clock
from careward.kernel.texts import text
from careward.rulebook.season import DocumentKind
from careward.shell.errors import too_large

MEGABYTE: Final = 1 << 20
HOPELESS: Final = 8
"""So many times the limit is not even read to its end."""


@dataclass(frozen=True, slots=True)
class Needed:
    """One needed document as the case page shows it."""

    kind: DocumentKind
    files: list[Document]
    findings: list[Finding]
    open: bool


def _document(request: OpenedLinkRequest, document: UUID) -> Document:
    return get_object_or_404(application_of(request).documents.in_force(), pk=document)


def _kind(application: Application, kind: str) -> DocumentKind:
    for needed in application.needed_documents:
        if needed.id == kind:
            return needed
    raise Http404


def _changeable(application: Application) -> bool:
    """Whether documents come and go freely; what 補件 opens is named kind by kind."""
    free = application.state != SUPPLEMENT and "add_document" in application.open_to("applicant")
    return free and application.rules.window_open(clock.now())


def _may(application: Application, act: str) -> bool:
    return act in application.open_to("applicant") and application.rules.window_open(clock.now())


def context_of(application: Application) -> dict[str, object]:
    """What every page of a case shows: the moments, whom to call, each needed document with its files."""
    season = application.rules
    handed_in = list(application.documents.in_force())
    changeable, opened = _changeable(application), open_parts(application, clock.now()).documents
    return {
        "application": application,
        "season": season,
        "closes": season.moment("institution_window_closes"),
        "review_closes": season.moment("review_closes"),
        "contact": season.contact_window(application.institution_type),
        "changeable": changeable,
        "needed": [
            Needed(
                kind,
                [document for document in handed_in if document.kind == kind.id],
                list(application.findings.in_force().about(kind.id)),
                changeable or kind.id in opened,
            )
            for kind in application.needed_documents
        ],
        "missing": application.missing_documents,
        "may": {
            **{act: _may(application, act) for act in ("correct", "withdraw", "restore")},
            "reopen": bool(application.needed_documents) and _may(application, "reopen"),
        },
    }


@require_safe
@opened_link(PURPOSE)
def case(request: OpenedLinkRequest) -> HttpResponse:
    """Where the case stands, what is missing and until when, every document and what can be done about it."""
    return render(request, "applications/case.html", context_of(application_of(request)))


@require_safe
@opened_link(PURPOSE)
def receipt(request: OpenedLinkRequest) -> HttpResponse:
    """The receipt to keep and to print, as the case stands now."""
    return receipt_sheet.answer(application_of(request))


@require_safe
@opened_link(PURPOSE)
def sheet(request: OpenedLinkRequest, kind: str) -> HttpResponse:
    """A needed document, filled in and ready to be signed, as PDF."""
    application = application_of(request)
    document = _kind(application, kind)
    made = documents.prefilled(application, document)
    return HttpResponse(
        made.pdf,
        content_type="application/pdf",
        headers={
            "Content-Disposition": f'attachment; filename="{application.reference}-{document.wording}.pdf"',
            "Cache-Control": "no-store",
        },
    )


@csrf_exempt
def upload(request: HttpRequest, kind: str) -> HttpResponseBase:
    """Hand in a file.

    The bound on its size must be set before the form is read, hence before the CSRF check, which
    :func:`_upload` makes.
    """
    if request.method == "POST":
        link_is_open = opened_link(PURPOSE)(_bounded)
        return link_is_open(request, kind)
    return _upload(request, kind)


def _bounded(request: OpenedLinkRequest, kind: str) -> HttpResponseBase:
    limit = application_of(request).rules.limits.upload_bytes.value
    if int(request.META.get("CONTENT_LENGTH") or 0) > HOPELESS * limit:
        return too_large(request)
    bound = receiving.Bounded(limit + 1)
    request.upload_handlers.insert(0, bound)
    request.META["careward.bound"] = bound
    return _upload(request, kind)


@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
@opened_link(PURPOSE)
def _upload(request: OpenedLinkRequest, kind: str) -> HttpResponse:
    application = application_of(request)
    document = _kind(application, kind)
    replaced = _replaced(application, document, request)
    most = 1 if replaced else application.rules.limits.uploads_per_document.value
    if request.method != "POST":
        return _upload_page(request, application, document, replaced, UploadForm(most=most))
    files, arrived = request.FILES, clock.now()
    form = UploadForm(request.POST, files, most=most)
    chosen = form.cleaned_data["file"] if form.is_valid() else []
    bound: receiving.Bounded = request.META["careward.bound"]
    if bound.too_large and not files:
        form.errors.clear()
    done = handing_in.hand_in(
        application,
        holder(request),
        chosen,
        kind=document.id,
        arrived_at=arrived,
        replaces=replaced.pk if replaced else None,
        too_often=lambda: too_often("upload", request),
    )
    done.problems += [handing_in.Problem(name, "too_large") for name in bound.too_large]
    _tell(request, application, form, done, replaced)
    if form.errors:
        return _upload_page(request, application, document, replaced, form)
    return redirect("applications:case")


def _tell(
    request: HttpRequest,
    application: Application,
    form: UploadForm,
    done: handing_in.HandedIn,
    replaced: Document | None,
) -> None:
    """Say what was taken, what to look at again, and of each other file why it was not taken."""
    several = len(done.taken) + len(done.problems) > 1
    most = application.rules.limits.upload_bytes.value // MEGABYTE
    for problem in done.problems:
        form.fail_file(
            problem.name if several else "", problem.code, problem.message, **{"most": most, **problem.values}
        )
    if not done.taken:
        return
    if form.errors:
        kept = text("applications:done.some", files=listed(shown_name(name) for name in done.taken))
    elif replaced:
        kept = text("applications:done.replaced")
    else:
        kept = text("applications:done.saved", count=len(done.taken))
    messages.success(request, kept)


def _replaced(application: Application, document: DocumentKind, request: HttpRequest) -> Document | None:
    """The file that the new one takes the place of, when the address names one."""
    try:
        named = UUID(request.GET["replaces"])
    except (KeyError, ValueError):
        return None
    return application.documents.in_force().of_kind(document.id).filter(pk=named).first()


def _upload_page(
    request: HttpRequest,
    application: Application,
    document: DocumentKind,
    replaced: Document | None,
    form: UploadForm,
) -> HttpResponse:
    limits = application.rules.limits
    context = {
        **context_of(application),
        "form": form,
        "document": document,
        "replaced": replaced,
        "most_bytes": limits.upload_bytes.value // MEGABYTE,
        "most_pages": limits.upload_pages.value,
        "most_files": limits.uploads_per_document.value,
    }
    return render(request, "applications/upload.html", context)


@require_safe
@opened_link(PURPOSE)
def preview(request: OpenedLinkRequest, document: UUID) -> HttpResponse:
    """The pages of a file as pictures, once they are made."""
    found = _document(request, document)
    pages = [reverse("applications:page", args=[found.pk, n]) for n in range(1, len(found.page_keys) + 1)]
    context = {**context_of(found.application), "document": found, "pages": pages}
    return render(request, "applications/preview.html", context)


@require_safe
@opened_link(PURPOSE)
def original(request: OpenedLinkRequest, document: UUID) -> FileResponse:
    """The file as it was handed in, as a download."""
    return serving.original(_document(request, document))


@require_safe
@opened_link(PURPOSE)
def page(request: OpenedLinkRequest, document: UUID, page: int) -> FileResponse:
    """The picture of one page."""
    return serving.page_picture(_document(request, document), page)


@require_http_methods(["GET", "HEAD", "POST"])
@opened_link(PURPOSE)
def remove(request: OpenedLinkRequest, document: UUID) -> HttpResponse:
    """Ask, then take a file back."""
    found = _document(request, document)
    form = forms.RemovalForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            acts.remove_document(
                found.application, holder(request), document=found.pk, arrived_at=clock.now()
            )
        except Document.DoesNotExist:
            form.fail(None, "gone")
        except Refused as refused:
            form.refuse(refused.message)
        else:
            messages.success(request, text("applications:done.removed"))
            return redirect("applications:case")
    return render(
        request,
        "applications/remove.html",
        {**context_of(found.application), "document": found, "form": form},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@opened_link(PURPOSE)
def complete(request: OpenedLinkRequest) -> HttpResponse:
    """Show what will happen, then complete the application by the typed code."""
    application = application_of(request)
    if request.method != "POST":
        if application.state != LACKING or application.missing_documents:
            return redirect("applications:case")
        form = forms.CompletionForm(application=application)
        return render(request, "applications/complete.html", {**context_of(application), "form": form})
    data, arrived = request.POST, clock.now()
    form = forms.CompletionForm(data, application=application)
    if form.is_valid():
        if application.state != LACKING:
            return redirect("applications:case")
        try:
            acts.complete(application, holder(request), arrived_at=arrived)
        except Refused as refused:
            form.refuse(refused.message)
        else:
            messages.success(request, text("applications:done.completed"))
            return redirect("applications:case")
    return render(request, "applications/complete.html", {**context_of(application), "form": form})
