"""Public pages of the interchange specification in force, generated from the rulebook."""

from typing import Final, get_args

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from careward.checking.receipt.verifying import PUBLISHED
from careward.checking.sample_forms import Form
from careward.intake import catalogue, publishing, specification_files
from careward.intake.models import ReceiptKey
from careward.rulebook import current
from careward.rulebook.interchange import Dataset
from careward.store.spreadsheets import FORMATS

_BOOKS: Final = ("ods", "xlsx")
_MEDIA: Final = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "jsonl": "application/x-ndjson",
    "pdf": "application/pdf",
    **{kind: FORMATS[kind].media_type for kind in _BOOKS},
}


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """How a file is made, which datasets there are, and a search through all of it."""
    season, spec = publishing.season_in_force(), publishing.specification_in_force()
    asked = request.GET.get("q", "").strip()[:60]
    required = season.datasets.required.value
    context = {
        "spec": spec,
        "season": season,
        "encodings": catalogue.encodings(spec),
        "most_bytes": min(spec.limits.file_bytes.value, current().policies.delivery.max_bytes.value),
        "most_rows": f"{spec.limits.rows.value:,}",
        "most_rows_held_whole": f"{spec.limits.rows_held_whole.value:,}",
        "required": [spec.datasets[name] for name in required],
        "optional": [each for name, each in spec.datasets.items() if name not in required],
        "asked": asked,
        "found": catalogue.search(spec, asked),
        "others": publishing.other_versions(),
    }
    return render(request, "intake/specification.html", context)


@require_safe
def dataset(request: HttpRequest, dataset: str) -> HttpResponse:
    """One dataset: fields, checks, samples in every form."""
    season, spec = publishing.season_in_force(), publishing.specification_in_force()
    known = _dataset(dataset)
    context = {
        "spec": spec,
        "season": season,
        "part": catalogue.part(spec, known, season.datasets.required.value),
        "forms": get_args(Form),
        "most_bytes": min(spec.most_bytes(known), current().policies.delivery.max_bytes.value),
        "most_rows": f"{spec.most_rows(known):,}",
    }
    return render(request, "intake/dataset.html", context)


@require_safe
def checks(request: HttpRequest) -> HttpResponse:
    """The checks of a file as a whole, and how check ids are made."""
    spec = publishing.specification_in_force()
    lines = catalogue.check_lines(spec, spec.file_checks)
    return render(request, "intake/file_checks.html", {"spec": spec, "lines": lines})


@require_safe
def codes(request: HttpRequest) -> HttpResponse:
    """All code lists."""
    return render(request, "intake/codes.html", {"spec": publishing.specification_in_force()})


@never_cache
@require_safe
def receipt_keys(request: HttpRequest) -> HttpResponse:
    """The keys receipts are signed with, and how a receipt is verified."""
    context = {"spec": publishing.specification_in_force(), "keys": ReceiptKey.objects.published()}
    return render(request, "intake/receipt_keys.html", context)


@never_cache
@require_safe
def receipt_keys_file(request: HttpRequest) -> HttpResponse:
    """The same keys for ``careward receipt verify`` and other programs."""
    response = HttpResponse(publishing.receipt_keys(), content_type=_MEDIA["json"])
    response["Content-Disposition"] = f'attachment; filename="{PUBLISHED}"'
    return response


@require_safe
def download(request: HttpRequest, kind: str) -> HttpResponse:
    """The whole version as a book of sheets, or to print; ``?version`` another than the one in force."""
    version = request.GET.get("version", publishing.specification_in_force().version)
    if version not in current().interchanges:
        raise Http404
    name = f"interchange-{version}.{kind}"
    content = publishing.files_of(version).get(f"{version}/{name}")
    if content is None:
        raise Http404
    return _file(content, kind, name)


@require_safe
def sample(request: HttpRequest, dataset: str, form: str) -> HttpResponse:
    """A generated file of invented rows, as a delivery should look; ``?faulty`` one with planted faults."""
    if form not in get_args(Form):
        raise Http404
    spec, known = publishing.specification_in_force(), _dataset(dataset)
    period = publishing.season_in_force().months[0]
    faulty = "faulty" in request.GET
    content = specification_files.sample(spec, known, period, form=form, faulty=faulty)  # type: ignore[arg-type]
    return _file(content, form, specification_files.sample_name(known, period, form=form, faulty=faulty))


def _dataset(dataset: str) -> Dataset:
    known = publishing.specification_in_force().datasets.get(dataset)
    if known is None:
        raise Http404
    return known


def _file(content: bytes, kind: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=_MEDIA[kind])
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    patch_cache_control(response, public=True, max_age=3600)
    return response
