"""What happened to one invitation, told from the journal: who, when, what changed and why; people masked."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from careward.accounts.models import User
from careward.continuing.models import Invitation
from careward.continuing.procedure import KEEPERS
from careward.kernel.text import mask_name
from careward.kernel.texts import text
from careward.shell import wording

_PEOPLE: Final = ("person_name", "contact_name")
_REASONED: Final = ("rectify", "strike", "put_back")
_SHOWN: Final = (*_PEOPLE, "contact_phone", "mailbox")


@dataclass(frozen=True, slots=True)
class Entry:
    """One act: its words, who did it, when, and lines about what changed."""

    label: str
    who: str
    at: datetime
    lines: tuple[str, ...]


def history(invitation: Invitation) -> list[Entry]:
    """The entries, the newest first."""
    journalled: Any = invitation
    events = list(journalled.events.order_by("pgh_id"))
    names = {str(one.pk): one.name for one in User.objects.filter(pk__in=_people(events))}
    found = []
    for before, event in zip([None, *events], events, strict=False):
        context = event.pgh_context
        name = context["act"].rpartition(".")[2]
        label = wording.optional(f"continuing:acts.{name}")
        if label is None:
            continue
        role = text(f"continuing:roles.{context['role']}")
        who = names.get(context["actor"])
        found.append(
            Entry(
                label,
                f"{role} {who}" if who else role,
                datetime.fromisoformat(context["at"]),
                tuple(_lines(before, event)),
            )
        )
    return found[::-1]


def _people(events: list[Any]) -> list[str]:
    staff = (event.pgh_context for event in events if event.pgh_context["role"] in KEEPERS)
    return [told["actor"] for told in staff if _is_id(told["actor"])]


def _is_id(actor: str) -> bool:
    try:
        UUID(actor)
    except ValueError:
        return False
    return True


def _lines(before: Any, event: Any) -> Iterator[str]:
    if before is None:
        return
    for name in _SHOWN:
        old, new = getattr(before, name) or "", getattr(event, name) or ""
        if old != new:
            yield text(
                "continuing:history.was",
                label=text(f"continuing:fields.{name}"),
                old=_said(name, old),
                new=_said(name, new),
            )
    if event.pgh_context["act"].rpartition(".")[2] in _REASONED:
        yield text("continuing:history.reason", reason=event.reason)


def _said(name: str, value: str) -> str:
    shown = mask_name(value) if name in _PEOPLE and value else value
    return shown or text("continuing:history.nothing")
