"""The list of cases as a file to take away: what the queue shows, filtered as its address says, all pages of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.http import HttpRequest, HttpResponse

from careward.accounts.exporting import list_download
from careward.applications.models import Application
from careward.kernel.texts import text
from careward.review.queue import Wish
from careward.store.spreadsheets import Cell

COLUMNS: Final = (
    "reference", "code", "name", "county", "type", "kind", "mode", "state", "submitted_at", "due", "days",
    "findings", "assignee",
)  # fmt: skip


def download(
    request: HttpRequest,
    kind: str,
    wish: Wish,
    found: Any,
    choices: Mapping[str, list[tuple[str, str]]],
    now: datetime,
) -> HttpResponse:
    """The cases of a wish as a file of ``kind``; that it was taken is recorded, with what it was narrowed to."""
    title = text("review:listing.title", tab=text(f"review:tabs.{wish.shown}"))
    heading = [text(f"review:listing.columns.{name}") for name in COLUMNS]
    rows = [_cells(case, now) for case in found]
    narrowed = {
        text(f"review:listing.narrowed.{name}"): _said(name, value, choices)
        for name, value in wish.values.items()
    }
    return list_download(request, kind, title, heading, rows, narrowed)


def _said(name: str, value: str, choices: Mapping[str, list[tuple[str, str]]]) -> str:
    """A chosen value as the page words it; what was typed stays as it is."""
    return dict(choices.get(name, [])).get(value, value)


def waited(case: Application, now: datetime) -> int | None:
    """Whole days since a case was complete, or sent."""
    since = case.completed_at or case.submitted_at
    return max((now - since).days, 0) if since else None


def _cells(case: Any, now: datetime) -> list[Cell]:
    assignment = getattr(case, "assignment", None)
    officer = assignment.officer if assignment else None
    return [
        case.reference, case.institution_code, case.institution_name, case.county_label, case.type_label,
        case.kind_label, case.mode_label, case.state_label, case.submitted_at, case.due, waited(case, now),
        case.open_findings, officer.name if officer else "",
    ]  # fmt: skip
