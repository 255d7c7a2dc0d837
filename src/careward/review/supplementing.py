"""補件: the county asks, the institution mends, in as many rounds as it takes. Source: S0 審查階段; domain.md §2."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from careward.accounts.models import User
from careward.applications.models import Application
from careward.applications.opening import NOTHING, OpenParts, parts_named
from careward.applications.rules import say
from careward.flow import Refusal, Step, act, guard
from careward.review.models import Supplement, SupplementItem
from careward.review.rules import canonical, worded
from careward.rulebook.season import ChecklistItem


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be mended: an item of the checklist, a phrase of it or none, own words or none."""

    item: str
    phrase: str = ""
    words: str = ""


@guard("application", "window_shut")
def window_shut(step: Step[Any]) -> Refusal | None:
    """While the form is open an institution that lacks documents completes them by itself."""
    closes = step.subject.rules.moment("institution_window_closes")
    return None if closes.passed(step.at) else Refusal("window_still_open", {"moment": say(closes.at)})


@guard("application", "supplement_reasoned")
def supplement_reasoned(step: Step[Any]) -> Refusal | None:
    """At least one item of this case's checklist, and every one with a reason."""
    items = _items(step.subject)
    wanted: Sequence[Wanted] = step.facts["wanted"]
    if not wanted or not all(one.item in items for one in wanted):
        return Refusal("supplement_without_item")
    bare = [one for one in wanted if not worded(items[one.item], one.phrase, one.words)]
    return Refusal("supplement_without_reason", {"item": items[bare[0].item].text}) if bare else None


@guard("application", "supplement_in_time")
def supplement_in_time(step: Step[Any]) -> Refusal | None:
    """Due after now, at the latest at the season's moment."""
    latest = step.subject.rules.moment("supplement_latest_due")
    if latest.passed(step.at) or latest.at == step.at:
        return Refusal("supplement_too_late", {"moment": say(latest.at)})
    in_time = step.at < step.facts["due"] <= latest.at
    return None if in_time else Refusal("supplement_due_outside", {"moment": say(latest.at)})


@guard("application", "supplement_open")
def supplement_open(step: Step[Any]) -> Refusal | None:
    """Until its due time, that moment included; when the act arrived decides."""
    due = _current(step.subject).due_at
    return None if step.facts["arrived_at"] <= due else Refusal("supplement_over", {"moment": say(due)})


@guard("application", "supplement_past_due")
def supplement_past_due(step: Step[Any]) -> Refusal | None:
    """未依限補正 becomes available after the due time, not before (S0 審查階段)."""
    due = _current(step.subject).due_at
    return None if step.at > due else Refusal("supplement_not_over", {"moment": say(due)})


@act("application", "ask_supplement")
def ask_supplement(step: Step[Application], *, wanted: Sequence[Wanted], due: datetime) -> None:
    """Ask the institution to mend ``wanted`` until ``due``; only those parts are open to it."""
    application, items = step.subject, _items(step.subject)
    supplement = Supplement.objects.create(
        application=application,
        number=application.supplements.count() + 1,
        asked_by=User.objects.get(pk=step.by.id),
        asked_at=step.at,
        due_at=due,
        before=canonical(application.answers),
    )
    for place, one in enumerate(wanted):
        item = items[one.item]
        SupplementItem.objects.create(
            supplement=supplement,
            place=place,
            item=item.id,
            phrase=one.phrase,
            reason=worded(item, one.phrase, one.words),
            parts=list(item.opened_by(one.phrase)),
        )


@act("application", "answer_supplement")
def answer_supplement(step: Step[Application], *, reply: str, arrived_at: datetime) -> None:
    """Say that everything is mended: the county looks again."""
    _close(step.subject, arrived_at, answered_at=arrived_at, reply=reply)


@act("application", "close_supplement")
def close_supplement(step: Step[Application], *, reason: str) -> None:
    """Take the case back as it stands: asked by mistake, or mended but not sent by the institution."""
    _close(step.subject, step.at, closing=reason)


def past_due(application: Application, at: datetime) -> bool:
    """Whether a round is running whose due time has passed: 未依限補正 may be signed."""
    return application.supplements.running().filter(due_at__lt=at).exists()


def end_round(application: Application, at: datetime) -> None:
    """End the open round because the case is decided; nothing when none is open."""
    application.supplements.running().update(closed_at=at)


def parts_open(application: Application, at: datetime) -> OpenParts:
    """The parts the running round opens, until its due time."""
    supplement = application.supplements.running().first()
    if supplement is None or at > supplement.due_at:
        return NOTHING
    return parts_named(application, supplement.parts, supplement.due_at)


def _close(application: Application, at: datetime, **changes: object) -> None:
    supplement = _current(application)
    supplement.closed_at = at
    for name, value in changes.items():
        setattr(supplement, name, value)
    supplement.save()
    application.completed_at = application.completed_at or at


def _current(application: Application) -> Supplement:
    supplement: Supplement = application.supplements.running().get()
    return supplement


def _items(application: Application) -> dict[str, ChecklistItem]:
    return {item.id: item for item in application.checklist}
