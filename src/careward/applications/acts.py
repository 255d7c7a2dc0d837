"""What changes an application: one function per act of the table.

``arrived_at`` is the moment the whole submission had arrived; it decides about deadlines (domain.md §2),
however long the platform then takes to do the act.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from careward import rulebook
from careward.applications.models import ANSWERS, Application
from careward.applications.procedure import SUBMITTED
from careward.applications.rules import listed, new_reference, say
from careward.flow import Refusal, Step, act, guard


@dataclass(frozen=True, slots=True)
class Scan:
    """A file that was looked into and lies in the object store: see :class:`Document` for the fields."""

    key: str
    name: str
    media_type: str
    size: int
    sha256: str
    pages: int


@guard("application", "window_open")
def window_open(step: Step[Any]) -> Refusal | None:
    """Between the season's opening and its closing, both moments included [decided, domain.md §2]."""
    application: Application = step.subject
    season, arrived = application.rules, _arrived(step)
    if season.window_open(arrived):
        return None
    closes = season.moment("institution_window_closes")
    if closes.passed(arrived):
        code = "window_closed_lacking" if application.submitted_at else "window_closed"
        return Refusal(
            code, {"moment": say(closes.at), "arrived": say(arrived, exact=True), **_whom(application)}
        )
    return Refusal(
        "window_not_open", {"moment": say(season.moment("applications_open").at), **_whom(application)}
    )


@guard("application", "form_complete")
def form_complete(step: Step[Any]) -> Refusal | None:
    """Every page of the form the chosen mode needs is filled."""
    return Refusal("form_incomplete") if step.subject.unfinished_sections else None


@guard("application", "documents_complete")
def documents_complete(step: Step[Any]) -> Refusal | None:
    """Of every needed document at least one file is in force. Source: S0 相關表單."""
    missing = step.subject.missing_documents
    if not missing:
        return None
    return Refusal("documents_missing", {"documents": listed(document.label for document in missing)})


@guard("application", "document_room")
def document_room(step: Step[Any]) -> Refusal | None:
    """One document may be several files, but not any number (season's limits)."""
    application: Application = step.subject
    most = application.rules.limits.uploads_per_document.value
    there = application.documents.in_force().of_kind(step.facts["kind"])
    if step.facts.get("replaces"):
        there = there.exclude(pk=step.facts["replaces"])
    return Refusal("too_many_files", {"most": most}) if there.count() >= most else None


@act("application", "start")
def start(step: Step[Application], *, arrived_at: datetime) -> None:
    """Begin: ``subject`` is unsaved and carries season, kind and the first page's answers."""
    step.subject.started_at = arrived_at


@act("application", "save")
def save(step: Step[Application], *, changes: Mapping[str, object], arrived_at: datetime) -> None:
    """Keep a page's answers, by field of :data:`ANSWERS`. Raises ValueError for any other field."""
    strangers = set(changes) - set(ANSWERS)
    if strangers:
        raise ValueError(f"no answers of the form: {sorted(strangers)}")
    application = step.subject
    changed = {name: value for name, value in changes.items() if getattr(application, name) != value}
    for name, value in changed.items():
        setattr(application, name, value)
    if application.way and application.institution_type not in application.way.institution_types.value:
        application.mode = ""
    if changed:
        application.data_version += 1


@act("application", "submit")
def submit(step: Step[Application], *, notice_version: str, arrived_at: datetime) -> None:
    """Send it: the declaration is made, the reference given, the clock of the deadline stopped."""
    application = step.subject
    application.notice_version = notice_version
    application.declared_at = application.submitted_at = arrived_at
    application.reference = _free_reference(application.season)
    if step.transition.next == SUBMITTED:
        application.completed_at = arrived_at


@act("application", "add_document")
def add_document(
    step: Step[Application], *, kind: str, scan: Scan, arrived_at: datetime, replaces: UUID | None = None
) -> None:
    """Hand in a file for a document, or instead of the one named by ``replaces``.

    Raises UnknownDocument when the mode does not need this kind, Document.DoesNotExist when there is nothing
    to replace (any more).
    """
    from careward.applications.jobs import render_pages

    application = step.subject
    if kind not in {document.id for document in application.needed_documents}:
        raise UnknownDocument(kind)
    if replaces:
        _take_back(application, replaces, arrived_at)
    document = application.documents.create(
        kind=kind,
        version=application.data_version,
        key=scan.key,
        name=scan.name,
        media_type=scan.media_type,
        size=scan.size,
        sha256=scan.sha256,
        pages=scan.pages,
        added_at=arrived_at,
    )
    render_pages.defer(document_id=str(document.pk))


@act("application", "remove_document")
def remove_document(step: Step[Application], *, document: UUID, arrived_at: datetime) -> None:
    """Take a file back; it stays in the store and the journal.

    Raises Document.DoesNotExist when it is not there.
    """
    _take_back(step.subject, document, arrived_at)


@act("application", "complete")
def complete(step: Step[Application], *, arrived_at: datetime) -> None:
    """Say that all documents are there: the county may begin."""
    step.subject.completed_at = arrived_at


class UnknownDocument(LookupError):
    """The application's mode does not ask for this kind of document."""


def _arrived(step: Step[Any]) -> datetime:
    arrived = step.facts["arrived_at"]
    assert isinstance(arrived, datetime)
    return arrived


def _whom(application: Application) -> dict[str, object]:
    """Whom to call: the window of one's type, or every window while the type is unknown."""
    windows = application.rules.contact_windows.values()
    types = rulebook.current().institution_types
    mine = [window for window in windows if window.id == application.institution_type] or list(windows)
    return {"contact": listed(f"{types[window.id].label} {window.phone}" for window in mine)}


def _take_back(application: Application, document: UUID, at: datetime) -> None:
    found = application.documents.in_force().get(pk=document)
    found.removed_at = at
    found.save(update_fields=["removed_at"])


def _free_reference(season: str) -> str:
    while True:
        reference = new_reference(season)
        if not Application.objects.filter(reference=reference).exists():
            return reference
