"""The page on which a clerk drops a file and sees its receipt before sending it."""

from datetime import timedelta
from tempfile import TemporaryFile
from threading import BoundedSemaphore
from typing import Final

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from careward import rulebook
from careward.accounts.access import at_seat, user_of
from careward.accounts.throttle import Throttle
from careward.intake.confirming import marked
from careward.intake.grouping import Found, Receipt
from careward.intake.prechecking import Prechecked, precheck
from careward.intake.receipt_books import write_unsent
from careward.intake.receipts import BOOKS
from careward.intake.report import receipt_text
from careward.kernel import clock
from careward.registry.models import Institution
from careward.shell.errors import too_large, too_many
from careward.shell.forms import PlainForm
from careward.store.spreadsheets import FORMATS

FINDINGS_SHOWN: Final = 300
"""More are in the workbook; nothing is kept that a second page could be made of."""
OFTEN: Final = Throttle("intake.precheck", limit=30, lock=timedelta(minutes=10))
"""Per person [decided]: a month's ten datasets, each mended twice."""
_ONE_AT_A_TIME: Final = BoundedSemaphore(1)
"""Per process: a large file takes a second of computing, which others must not wait behind."""
_HOPELESS: Final = 2


class PrecheckForm(PlainForm):
    """The file, and how its receipt is wanted."""

    texts = "intake:precheck"

    file = forms.FileField(max_length=255, allow_empty_file=True)
    want = forms.ChoiceField(choices=[(name, "") for name in ("page", *BOOKS, "txt")], initial="page")

    def clean_file(self) -> "UploadedFile[bytes]":
        """Not larger than such a file may be."""
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        most = _most_bytes()
        if (file.size or 0) > most:
            raise self.fault("too_large", most=most >> 20)
        return file


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@at_seat("read")
def page(request: HttpRequest) -> HttpResponse:
    """Choose a file; see what its receipt would say. Nothing is sent, kept or noted."""
    institution = get_object_or_404(Institution.objects.visible_to(user_of(request)))
    if int(request.META.get("CONTENT_LENGTH") or 0) > _HOPELESS * _most_bytes():
        return too_large(request)
    if request.method != "POST":
        return _page(request, institution, PrecheckForm())
    if not OFTEN.take(str(user_of(request).pk)):
        return too_many(request)
    form = PrecheckForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, institution, form)
    if not _ONE_AT_A_TIME.acquire(blocking=False):
        form.fail("file", "busy")
        return _page(request, institution, form)
    try:
        file = form.cleaned_data["file"]
        found = precheck(file.read(), str(file.name), institution, clock.now())
    finally:
        _ONE_AT_A_TIME.release()
    want = form.cleaned_data["want"]
    return _page(request, institution, PrecheckForm(), found) if want == "page" else _as_file(found, want)


def _page(
    request: HttpRequest, institution: Institution, form: PrecheckForm, found: Prechecked | None = None
) -> HttpResponse:
    context: dict[str, object] = {
        "institution": institution,
        "form": form,
        "most_megabytes": _most_bytes() >> 20,
    }
    if found is not None:
        written = Receipt(found.document)
        context |= {
            "written": written,
            "counts": found.document["counts"],
            "shown": _marked(institution, found, written),
            "left": max(0, len(written.findings) - FINDINGS_SHOWN),
        }
    return render(request, "intake/precheck.html", context)


def _marked(institution: Institution, found: Prechecked, written: Receipt) -> list[Found]:
    listed = written.findings[:FINDINGS_SHOWN]
    return marked(institution, found.dataset.id, listed) if found.dataset else list(listed)


def _as_file(found: Prechecked, want: str) -> HttpResponse:
    if want == "txt":
        content, kind = receipt_text(found.document).encode("utf-8-sig"), "text/plain; charset=utf-8"
    else:
        with TemporaryFile(prefix="careward-receipt-") as file:
            write_unsent(want, found, file)
            file.seek(0)
            content, kind = file.read(), FORMATS[want].media_type
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="precheck.{want}"'
    return response


def _most_bytes() -> int:
    return rulebook.current().policies.precheck.max_bytes.value
