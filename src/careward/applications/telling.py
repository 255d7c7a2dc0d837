"""Answers in words, and what differs between two sets of them: old beside new, people masked."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from careward import rulebook
from careward.applications.rules import label_of, listed, shown_source
from careward.kernel.identifiers import mask_id
from careward.kernel.text import mask_name
from careward.rulebook import Season


@dataclass(frozen=True, slots=True)
class Difference:
    """One answer that changed, as people read it."""

    field: str
    label: str
    old: str
    new: str


def differences(
    season: Season, before: Mapping[str, Any], after: Mapping[str, Any]
) -> tuple[Difference, ...]:
    """What of ``after`` differs from ``before``, in its order. Two masked names may look the same: they differ."""
    return tuple(
        Difference(name, label_of(name), said(season, name, before.get(name)), said(season, name, value))
        for name, value in after.items()
        if (before.get(name) or "") != (value or "")
    )


def said(season: Season, field: str, value: object) -> str:
    """One answer in words; empty for none. Names and ID numbers are masked (domain.md §5)."""
    if not value:
        return ""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return listed(shown_source(str(one)) for one in value)
    word = _WORDS.get(field)
    return word(season, str(value)) if word else str(value)


_WORDS: Final[Mapping[str, Callable[[Season, str], str]]] = {
    "institution_type": lambda _, value: rulebook.current().institution_type(value).label,
    "county": lambda _, value: rulebook.current().county(value).name,
    "ownership": lambda _, value: rulebook.current().ownership(value).label,
    "mode": lambda season, value: season.mode(value).label,
    "person_name": lambda _, value: mask_name(value),
    "contact_name": lambda _, value: mask_name(value),
    "vendor_contact": lambda _, value: mask_name(value),
    "person_id": lambda _, value: mask_id(value),
}
