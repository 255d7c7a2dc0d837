"""A month's list as rows, files and a page to print. People stand in it masked: the platform itself keeps the names."""

import json
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any, Final

from django.http import HttpResponse

from careward.applications.rules import say, say_until
from careward.changes.importing import result_of
from careward.changes.models import ConnectionChange, ConnectionChangeQuerySet
from careward.changes.releasing import Month
from careward.kernel import clock
from careward.kernel.texts import text
from careward.registry.rules import types_of_office
from careward.shell.paper import printed
from careward.store.spreadsheets import Cell

SHEET: Final = Path(__file__).with_name("typst") / "list.typ"
STANDINGS: Final = {
    "gathering": "blue",
    "frozen": "yellow",
    "processing": "orange",
    "done": "green",
    "empty": "grey",
}


def of(month: Month, viewer: object) -> ConnectionChangeQuerySet:
    """What stands on the list, as far as a person may see it, by the time of approval."""
    visible = ConnectionChange.objects.visible_to(viewer).select_related("application__upload_account")
    return visible.of_list(month.season, month.listed)


def label(month: Month) -> str:
    """The list's name for people."""
    of_month = month.listed.month
    return text("changes:list.title", year=of_month.year, month=of_month.month)


def types_of(units: Iterable[str]) -> list[str]:
    """Institution types of some of the ministry's offices."""
    return [kind for unit in units for kind in types_of_office(unit)]


def rows(on_it: Collection[ConnectionChange]) -> list[list[Cell]]:
    """Every change as a row for a file; the first column names it when results come back."""
    return [
        [
            one.reference,
            one.application.institution_code,
            one.application.institution_name,
            one.application.type_label,
            one.application.county_label,
            _account(one),
            _side(one, "label"),
            _side(one, "old"),
            _side(one, "new"),
            one.approved_at,
            one.state_label,
            result_of(one),
            one.reason,
        ]
        for one in on_it
    ]


def _account(change: ConnectionChange) -> str:
    account = getattr(change.application, "upload_account", None)
    return account.username if account else ""


def _side(change: ConnectionChange, part: str) -> str:
    return text("changes:list.between").join(getattr(one, part) for one in change.differences)


def print_out(month: Month, on_it: Collection[ConnectionChange]) -> HttpResponse:
    """The list as a PDF that no cache keeps."""
    return HttpResponse(
        pdf(month, on_it),
        content_type="application/pdf",
        headers={
            "Content-Disposition": f'attachment; filename="changes-{month.listed.code}.pdf"',
            "Cache-Control": "no-store",
        },
    )


def pdf(month: Month, on_it: Collection[ConnectionChange]) -> bytes:
    """Print the list as it stands now, A4 across, tagged for reading aloud."""
    frozen = month.frozen(clock.now())
    key = "changes:list.frozen" if frozen else "changes:list.still_open"
    sheet: dict[str, Any] = {
        "title": label(month),
        "season": month.season.season.label,
        "frozen": text(key, at=say_until(month.listed.at)),
        "count": text("changes:list.count", count=len(on_it)),
        "heading": text("changes:list.sheet_heading").split("|"),
        "rows": [_printed(one) for one in on_it],
        "empty": text("changes:list.empty"),
        "printed": text("changes:list.printed", at=say(clock.now())),
    }
    inputs = {"sheet": json.dumps(sheet, ensure_ascii=False)}
    return printed(SHEET, inputs, f"list of {month.listed.code}").pdf


def _printed(one: ConnectionChange) -> dict[str, list[Any]]:
    """Cells before the differences, the differences each on lines of its own, and the cells after them."""
    application = one.application
    assert one.approved_at is not None
    place = f"{application.institution_name}\n{application.institution_code}\n{application.county_label}"
    return {
        "before": [one.reference, place, _account(one)],
        "differences": [[each.label, each.old, each.new] for each in one.differences],
        "after": [say(one.approved_at), "\n".join(part for part in (one.state_label, one.reason) if part)],
    }
