"""Pure decisions of the review desk."""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence

from careward.rulebook.season import ChecklistItem


def unticked(checklist: Sequence[ChecklistItem], ticked: Collection[str]) -> tuple[ChecklistItem, ...]:
    """Items of the checklist that are not ticked, in its order; ticks for items it does not have count for nothing."""
    return tuple(item for item in checklist if item.id not in ticked)


def digest_of(answers: Mapping[str, object]) -> str:
    """SHA-256 over the answers in a fixed form, so that equal answers have equal digests."""
    canonical = json.dumps(answers, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8")).hexdigest()
