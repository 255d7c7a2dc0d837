"""Pure decisions of the review desk."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from careward.rulebook import Rulebook
from careward.rulebook.season import ChecklistItem


def unticked(checklist: Sequence[ChecklistItem], ticked: Collection[str]) -> tuple[ChecklistItem, ...]:
    """Items of the checklist that are not ticked, in its order; ticks for items it does not have count for nothing."""
    return tuple(item for item in checklist if item.id not in ticked)


def canonical(answers: Mapping[str, object]) -> str:
    """The answers in one fixed form, so that equal answers have equal digests."""
    return json.dumps(answers, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Desk:
    """Who reviews: a county (five-digit code) and a local unit of it (id of the rulebook)."""

    county: str
    unit: str

    @property
    def key(self) -> str:
        """The desk as forms name it."""
        return f"{self.county}:{self.unit}"


def worded(item: ChecklistItem, phrase: str, words: str) -> str:
    """The reason of 補件 as the institution reads it: the phrase, then one's own words; empty when neither is given."""
    chosen = item.phrases[phrase].text if phrase in item.phrases else ""
    return chosen + words.strip()


def desk_name(book: Rulebook, county: str, unit: str, institution_type: str) -> str:
    """A desk in words: the county's name and its unit, that of the type when ``unit`` is empty."""
    chosen = book.types.local_units[unit] if unit else book.local_unit(institution_type, county)
    return f"{book.county(county).name}{chosen.label}"
