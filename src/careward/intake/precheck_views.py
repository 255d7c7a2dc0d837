"""The page on which a clerk drops a file and sees its receipt before sending it."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from threading import BoundedSemaphore
from typing import IO, Any, Final

from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.datastructures import MultiValueDict
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from careward import rulebook
from careward.accounts.access import at_seat, user_of
from careward.accounts.throttle import Throttle
from careward.intake.confirming import marked
from careward.intake.grouping import Found, Receipt
from careward.intake.prechecking import TooHeavy, bundle_of_books, precheck, precheck_file
from careward.intake.receipts import BOOKS
from careward.kernel import clock
from careward.registry.models import Institution
from careward.shell.errors import too_many
from careward.shell.forms import PlainForm
from careward.store.spreadsheets import FORMATS

FINDINGS_SHOWN: Final = 300
"""More are in the workbook; nothing is kept that a second page could be made of."""
OFTEN: Final = Throttle("intake.precheck", limit=30, lock=timedelta(minutes=10))
"""Per person [decided]: a month's ten datasets, each mended twice."""
_ONE_AT_A_TIME: Final = BoundedSemaphore(1)
"""Per process: a large file takes seconds of computing, which others must not wait behind."""
_HOPELESS: Final = 2
_SHOWN_OF_EACH: Final = 20
"""Of a ZIP with many files."""


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
def page(request: HttpRequest) -> HttpResponseBase:
    """Choose a file; see what its receipt would say. Nothing is sent, kept or noted."""
    institution = get_object_or_404(Institution.objects.visible_to(user_of(request)))
    if int(request.META.get("CONTENT_LENGTH") or 0) > _HOPELESS * _most_bytes():
        return _page(request, institution, _unread(), status=413)
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
        return _answered(request, institution, form)
    except TooHeavy:
        form.fail("file", "too_heavy")
        return _page(request, institution, form)
    finally:
        _ONE_AT_A_TIME.release()


def _answered(request: HttpRequest, institution: Institution, form: PrecheckForm) -> HttpResponseBase:
    file, want, now = form.cleaned_data["file"], form.cleaned_data["want"], clock.now()
    if want == "page":
        found = precheck(file, str(file.name), institution, now, shown=FINDINGS_SHOWN)
        most = max(_SHOWN_OF_EACH, FINDINGS_SHOWN // max(1, len(found)))
        return _page(request, institution, PrecheckForm(), [_told(institution, one, most) for one in found])
    with precheck_file(file, str(file.name), institution, now, want) as made:
        return _as_file(made, want)


@dataclass(frozen=True)
class Told:
    """What the page says of one file; ``left`` findings are not among those it shows."""

    written: Receipt
    shown: Sequence[Found]
    left: int

    @property
    def counts(self) -> Mapping[str, int]:
        """Rows, errors, warnings."""
        counts: Mapping[str, int] = self.written.document["counts"]
        return counts


def _told(institution: Institution, document: Mapping[str, Any], most: int) -> Told:
    written, dataset = Receipt(document), document["dataset"]
    listed = written.findings[:most]
    shown = marked(institution, dataset["id"], listed) if dataset else list(listed)
    return Told(written, shown, written.counted["line"] - len(shown))


def _unread() -> PrecheckForm:
    """The form of somebody whose file is so large that it is not looked at."""
    form = PrecheckForm({"want": "page"}, MultiValueDict({"file": [SimpleUploadedFile("unread", b"")]}))
    form.full_clean()
    form.fail("file", "too_large", most=_most_bytes() >> 20)
    return form


def _page(
    request: HttpRequest,
    institution: Institution,
    form: PrecheckForm,
    answers: Sequence[Told] = (),
    status: int = 200,
) -> HttpResponse:
    context = {
        "institution": institution,
        "form": form,
        "most_megabytes": _most_bytes() >> 20,
        "most_unpacked": rulebook.current().policies.precheck.unpacked_bytes.value >> 20,
        "answers": answers,
        "faulty": sum(bool(one.counts["errors"]) for one in answers),
    }
    return render(request, "intake/precheck.html", context, status=status)


def _as_file(made: IO[bytes], want: str) -> HttpResponseBase:
    """However long it is, in pieces; the file has no name and is gone with the answer."""
    kept = os.fdopen(os.dup(made.fileno()), "rb")
    packed = want in BOOKS and bundle_of_books(kept)
    form = "zip" if packed else want
    media = {"txt": "text/plain; charset=utf-8", "zip": "application/zip"}
    kind = media[form] if form in media else FORMATS[form].media_type
    return FileResponse(kept, as_attachment=True, filename=f"precheck.{form}", content_type=kind)


def _most_bytes() -> int:
    return rulebook.current().policies.precheck.max_bytes.value
