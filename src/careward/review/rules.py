"""Pure decisions of the review desk."""

import json
from collections.abc import Collection, Mapping, Sequence

from careward.rulebook.season import ChecklistItem


def unticked(checklist: Sequence[ChecklistItem], ticked: Collection[str]) -> tuple[ChecklistItem, ...]:
    """Items of the checklist that are not ticked, in its order; ticks for items it does not have count for nothing."""
    return tuple(item for item in checklist if item.id not in ticked)


def canonical(answers: Mapping[str, object]) -> str:
    """The answers in one fixed form, so that equal answers have equal digests."""
    return json.dumps(answers, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
