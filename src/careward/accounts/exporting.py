"""Lists that leave the platform as files: each time is recorded, whoever takes it."""

from collections.abc import Mapping, Sequence

from django.db import transaction
from django.http import HttpRequest, HttpResponse

from careward.accounts.access import reader_of, user_of
from careward.accounts.models import ListExport
from careward.journal import acting
from careward.kernel.texts import text
from careward.shell.importing import table_download
from careward.store.spreadsheets import Cell

_LONGEST = 400


def list_download(
    request: HttpRequest,
    kind: str,
    title: str,
    heading: list[str],
    rows: Sequence[Sequence[Cell]],
    filters: Mapping[str, str] | None = None,
) -> HttpResponse:
    """A list as a file to keep, and the row that says who took it: no file without the row.

    ``filters`` are what it was narrowed to, label to value in words; empty values are left out.
    """
    answer = table_download(kind, title, heading, rows)
    record_export(request, kind, title, len(rows), filters)
    return answer


def record_export(
    request: HttpRequest, kind: str, title: str, rows: int, filters: Mapping[str, str] | None = None
) -> None:
    """Record that a list was taken away in another form, such as PDF. Source: security-baseline.md 16."""
    match = request.resolver_match
    with transaction.atomic(), acting(reader_of(request), "list.export"):
        ListExport.objects.create(
            by=user_of(request),
            listing=match.view_name if match else "",
            title=title[:120],
            filters=_in_words(filters or {})[:_LONGEST],
            format=kind,
            rows=rows,
        )


def _in_words(filters: Mapping[str, str]) -> str:
    said = [
        text("accounts:exports.filter", label=label, value=value) for label, value in filters.items() if value
    ]
    return text("store:tables.separator").join(said)
