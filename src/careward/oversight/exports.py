"""The log of what left the platform: lists and whole cases, by whom, when, narrowed to what."""

from typing import Any, Final

from django.db.models import F, IntegerField, QuerySet, Value

from careward import rulebook
from careward.accounts.models import ListExport
from careward.kernel.texts import text
from careward.oversight.lists import heading
from careward.review.models import CaseExport
from careward.store.spreadsheets import Cell

COLUMNS: Final = ("exported_at", "exported_by", "role", "what", "filters", "format", "rows")
_FIELDS: Final = ("at", "who", "role", "case", "what", "narrowed", "kind", "number", "id")


def exports() -> QuerySet[Any]:
    """Every export, the latest first."""
    lists = ListExport.objects.annotate(
        who=F("by__name"),
        role=F("by__role"),
        case=Value(0, IntegerField()),
        what=F("title"),
        narrowed=F("filters"),
        kind=F("format"),
        number=F("rows"),
    )
    cases = CaseExport.objects.annotate(
        who=F("by__name"),
        role=F("by__role"),
        case=Value(1, IntegerField()),
        what=F("application__reference"),
        narrowed=Value(""),
        kind=Value("zip"),
        number=Value(1, IntegerField()),
    )
    found: QuerySet[Any] = lists.values(*_FIELDS).union(cases.values(*_FIELDS), all=True)
    return found.order_by("-at", "case", "-id")


def cells(one: dict[str, Any]) -> list[Cell]:
    """One export as a row."""
    what = text("oversight:exports.case", reference=one["what"]) if one["case"] else one["what"]
    role = rulebook.current().role(one["role"]).label
    return [one["at"], one["who"], role, what, one["narrowed"], one["kind"].upper(), one["number"]]


def columns() -> tuple[str, ...]:
    """The columns in words."""
    return heading(*COLUMNS)
