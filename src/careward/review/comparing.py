"""Old beside new: what of an application changed, in words. An ID number stays masked on both sides."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from careward.applications.models import ANSWERS, Application, Document
from careward.applications.rules import label_of
from careward.kernel.texts import text
from careward.review.models import SignOff, Supplement


@dataclass(frozen=True, slots=True)
class Change:
    """One answer that differs: the field's label, then both values as people read them."""

    label: str
    old: str
    new: str


def changes(before: str, after: Mapping[str, Any], application: Application) -> list[Change]:
    """What differs between answers kept as JSON and later ones; fields the older ones lack are left out."""
    old: dict[str, Any] = json.loads(before)
    differing = [f for f in ANSWERS if f in old and old[f] != after.get(f)]
    was, now = _as(application, old), _as(application, after)
    return [Change(label_of(f), in_words(was, f), in_words(now, f)) for f in differing]


def _as(application: Application, answers: Mapping[str, Any]) -> Application:
    """An unsaved application with other answers, for its words."""
    other = Application(season=application.season, kind=application.kind)
    for field, value in answers.items():
        setattr(other, field, value)
    return other


_WORDS: Mapping[str, str] = {
    "institution_type": "type_label",
    "county": "county_label",
    "ownership": "ownership_label",
    "mode": "mode_label",
    "person_id": "masked_person_id",
}


def in_words(application: Application, field: str) -> str:
    """An answer as people read it."""
    if field == "sources":
        return text("applications:list_separator").join(application.shown_sources)
    return str(getattr(application, _WORDS.get(field, field)) or "")


@dataclass(frozen=True, slots=True)
class Replaced:
    """A file taken back and the one that stands in its place."""

    old: Document
    new: Document


def replaced(removed: Iterable[Document], present: Iterable[Document]) -> list[Replaced]:
    """Each file taken back beside its successor: of the same kind, at the same place of the order.

    Where a document has fewer files now, the last of them stands for the rest. What has no successor is left out.
    """
    now: dict[str, list[Document]] = defaultdict(list)
    for document in present:
        now[document.kind].append(document)
    seen: Counter[str] = Counter()
    pairs = []
    for old in removed:
        later = [one for one in now[old.kind] if one.pk != old.pk]
        if later:
            pairs.append(Replaced(old, later[min(seen[old.kind], len(later) - 1)]))
        seen[old.kind] += 1
    return pairs


@dataclass(frozen=True, slots=True)
class Round:
    """A round of 補件 as the desk reads it: what was asked, what was changed, which files came and went."""

    supplement: Supplement
    changes: list[Change]
    added: list[Document]
    removed: list[Document]

    @property
    def replaced(self) -> list[Replaced]:
        """The files that came beside those that went."""
        return replaced(self.removed, self.added)


def rounds(application: Application) -> Iterator[Round]:
    """All rounds, the latest first, each compared with what stood there when the next one began."""
    after: Mapping[str, Any] = application.answers
    documents = list(application.documents.order_by("added_at", "pk"))
    for supplement in application.supplements.prefetch_related("items").order_by("-number"):
        yield Round(
            supplement,
            changes(supplement.before, after, application),
            [d for d in documents if _within(d.added_at, supplement)],
            [d for d in documents if d.removed_at and _within(d.removed_at, supplement)],
        )
        after = json.loads(supplement.before)


def _within(moment: Any, supplement: Supplement) -> bool:
    ended = supplement.closed_at
    return bool(supplement.asked_at <= moment and (ended is None or moment <= ended))


def since_signed(application: Application, signed: SignOff | None) -> list[Change]:
    """What of the answers differs from what was signed; nothing when nothing was or its answers were not kept."""
    if signed is None or not signed.signed_answers:
        return []
    return changes(signed.signed_answers, application.answers, application)


def documents_differ(application: Application, signed: SignOff | None) -> bool:
    """Whether other files are in force now than those that were signed."""
    if signed is None:
        return False
    now = {str(d.pk): d.sha256 for d in application.documents.in_force()}
    return bool(now != signed.signed_documents)
