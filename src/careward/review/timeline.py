"""Everything that happened to one case, told from the journal: who, when, which act, what became of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.apps import apps

from careward.accounts.models import User
from careward.applications.models import Application
from careward.kernel.texts import text
from careward.shell import wording

Detail = Callable[[Any], str | None]
_PACKAGES: list[str] = ["applications", "correspondence"]
"""Packages whose words for acts are asked, in this order."""


@dataclass
class Entry:
    """One act: its words, who did it, when (platform clock), and lines about what changed."""

    act: str
    role: str
    actor: str
    at: datetime
    recorded_at: datetime
    deputy_for: str = ""
    who: str = ""
    lines: list[str] = field(default_factory=list)

    @property
    def label(self) -> str:
        """The act in words; its id when nobody worded it, rather than nothing."""
        name = self.act.rpartition(".")[2]
        keys = [f"review:timeline.acts.{self.act.replace('.', '_')}"]
        keys += [f"{package}:acts.{name}" for package in _PACKAGES]
        return next((found for key in keys if (found := wording.optional(key))), self.act)


def timeline(application: Application) -> list[Entry]:
    """The entries, oldest first; events of one act, actor and moment are one entry."""
    events = sorted(_events(application), key=lambda found: _when(found[1], found[0]))
    found: dict[tuple[str, str, str], Entry] = {}
    for _place, event, detail in events:
        context = event.pgh_context
        key = (context["act"], context["actor"], context["at"])
        entry = found.get(key)
        if entry is None:
            entry = found[key] = Entry(
                context["act"], context["role"], context["actor"],
                datetime.fromisoformat(context["at"]), event.pgh_created_at,
                context.get("deputy_for") or "",
            )  # fmt: skip
        line = detail(event)
        if line and line not in entry.lines:
            entry.lines.append(line)
    entries = list(found.values())
    _name(entries)
    return entries


def _when(event: Any, place: int) -> tuple[datetime, datetime, int, int]:
    """By time; what has the same time (one transaction) by its table, the case itself first: ids run in each alone."""
    return datetime.fromisoformat(event.pgh_context["at"]), event.pgh_created_at, place, event.pgh_id


def _events(application: Application) -> Iterator[tuple[int, Any, Detail]]:
    for place, (label, lookup, detail) in enumerate(_SOURCES):
        model = apps.get_model(label)
        events = model._meta.get_field("events").related_model._base_manager
        about = f"{application._meta.label_lower}:{application.pk}"
        value: object = about if lookup == "about" else application.pk
        for event in events.filter(**{lookup: value}):
            yield place, event, detail


def _name(entries: list[Entry]) -> None:
    ids = {one for entry in entries for one in (entry.actor, entry.deputy_for) if _is_id(one)}
    names = {str(user.pk): user for user in User.objects.filter(pk__in=ids)}
    for entry in entries:
        user = names.get(entry.actor)
        if user is not None:
            entry.who = text("review:timeline.person", name=user.name, role=user.role_label)
            if entry.deputy_for in names:
                entry.who += text("review:timeline.deputy", name=names[entry.deputy_for].name)
        else:
            entry.who = wording.optional(f"review:timeline.roles.{entry.role}") or entry.role


def _is_id(actor: str) -> bool:
    try:
        UUID(actor)
    except ValueError:
        return False
    return True


def _state(event: Any) -> str | None:
    return text(f"applications:states.application.{event.state}")


def _document(event: Any) -> str | None:
    if event.pgh_label == "insert":
        return text("review:timeline.document_added", name=event.name, sha256=event.sha256[:12])
    drawn = event.pgh_context["act"].startswith("document.")
    gone = event.removed_at and not drawn  # a picture may be drawn of a file that was taken back before
    return text("review:timeline.document_removed", name=event.name) if gone else None


def _sign_off(event: Any) -> str | None:
    if event.voided_at:
        return text("review:timeline.voided", reason=event.void_reason or text("review:timeline.no_reason"))
    outcome = text(f"review:outcomes.{event.outcome}")
    return text("review:timeline.signed", outcome=outcome, data=event.signed_data[:12])


def _supplement(event: Any) -> str | None:
    return text("review:timeline.round", number=event.number)


def _item(event: Any) -> str | None:
    return str(event.reason)


def _transfer(event: Any) -> str | None:
    return text("review:timeline.moved", reason=event.reason)


def _letter(event: Any) -> str | None:
    key = "letter_sent" if event.sent_at else "letter_written"
    return text(f"review:timeline.{key}", subject=event.subject)


def _finding(event: Any) -> str | None:
    key = "finding_lifted" if event.lifted_at else "finding_made"
    finding = apps.get_model("applications.Finding")(kind=event.kind, values=event.values)
    return text(f"review:timeline.{key}", says=finding.says)


def _nothing(_event: Any) -> str | None:
    return None


_SOURCES: list[tuple[str, str, Detail]] = [
    ("applications.Application", "pgh_obj_id", _state),
    ("applications.Document", "application_id", _document),
    ("applications.Correction", "application_id", _nothing),
    ("applications.Finding", "application_id", _finding),
    ("review.SignOff", "application_id", _sign_off),
    ("review.Supplement", "application_id", _supplement),
    ("review.SupplementItem", "supplement__application_id", _item),
    ("review.Transfer", "application_id", _transfer),
    ("review.Assignment", "application_id", _nothing),
    ("review.Note", "application_id", _nothing),
    ("review.Unmasking", "application_id", _nothing),
    ("review.CaseExport", "application_id", _nothing),
    ("correspondence.Letter", "about", _letter),
]


def follow(label: str, lookup: str, detail: Detail = _nothing) -> None:
    """Let a later package's table be told about too: its label and the way from its event to the application."""
    _SOURCES.append((label, lookup, detail))
    package = label.partition(".")[0]
    if package not in _PACKAGES:
        _PACKAGES.append(package)
