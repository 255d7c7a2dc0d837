"""What changes an application: one function per act of the table.

``arrived_at`` is the moment the whole submission had arrived; it decides about deadlines (domain.md §2),
however long the platform then takes to do the act.
"""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from careward import rulebook
from careward.accounts.models import MailedLink
from careward.applications import codes, jobs
from careward.applications.models import ANSWERS, Application, Correction
from careward.applications.opening import fields_of, open_parts
from careward.applications.procedure import LACKING, SUBMITTED
from careward.applications.rules import listed, missing, new_reference, say
from careward.flow import Refusal, Step, act, guard
from careward.rulebook.season import DocumentKind


@dataclass(frozen=True, slots=True)
class Scan:
    """A file that was looked into and lies in the object store: see :class:`Document` for the fields.

    ``codes`` are the texts of all QR codes on its pages.
    """

    key: str
    name: str
    media_type: str
    size: int
    sha256: str
    pages: int
    codes: tuple[str, ...] = ()
    virus_checked_at: datetime | None = None


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
    return _unless_complete(step.subject.missing_documents)


@guard("application", "carried_over")
def carried_over(step: Step[Any]) -> Refusal | None:
    """Last season's data by 同意 alone."""
    return None if step.subject.carried_over else Refusal("not_carried_over")


@guard("application", "has_documents")
def has_documents(step: Step[Any]) -> Refusal | None:
    """Not a bare 同意: one that was taken back is given again on its own page."""
    return Refusal("agree_again") if step.subject.carried_over else None


@guard("application", "document_room")
def document_room(step: Step[Any]) -> Refusal | None:
    """One document may be several files, but not any number (season's limits)."""
    application: Application = step.subject
    most = application.rules.limits.uploads_per_document.value
    there = application.documents.in_force().of_kind(step.facts["kind"])
    if step.facts.get("replaces"):
        there = there.exclude(pk=step.facts["replaces"])
    return Refusal("too_many_files", {"most": most}) if there.count() >= most else None


@guard("application", "documents_remain")
def documents_remain(step: Step[Any]) -> Refusal | None:
    """Without the file to be removed every needed document is still there."""
    application: Application = step.subject
    kept = application.documents.in_force().exclude(pk=step.facts["document"])
    return _unless_complete(missing(application.needed_documents, kept.values_list("kind", flat=True)))


@guard("application", "something_changes")
def something_changes(step: Step[Any]) -> Refusal | None:
    """A correction that corrects nothing would only void a sign-off."""
    application: Application = step.subject
    return None if copy(application).answer(step.facts["changes"]) else Refusal("nothing_changes")


@guard("application", "mailbox_may_change")
def mailbox_may_change(step: Step[Any]) -> Refusal | None:
    """A continuing institution keeps its mailbox. Source: S0 (信箱變更依新加入流程辦理)."""
    application: Application = step.subject
    changed = step.facts["changes"].get("mailbox", application.mailbox) != application.mailbox
    return Refusal("mailbox_fixed") if changed and application.kind == "continuing" else None


@guard("application", "corrected_form_complete")
def corrected_form_complete(step: Step[Any]) -> Refusal | None:
    """With the changes every page the mode needs is still filled; a mailbox that stays needs no new proof."""
    corrected = _corrected(step)
    stays = ("mailbox",) if corrected.mailbox == step.subject.mailbox else ()
    left = [section for section in corrected.unfinished_sections if section.id not in stays]
    return Refusal("form_incomplete") if left else None


@guard("application", "corrected_documents_complete")
def corrected_documents_complete(step: Step[Any]) -> Refusal | None:
    """With the changes, another mode perhaps, every needed document is there."""
    return _unless_complete(_corrected(step).missing_documents)


@guard("application", "part_open")
def part_open(step: Step[Any]) -> Refusal | None:
    """Only what the county asked for is open: the pages and documents an act touches."""
    application: Application = step.subject
    opened = open_parts(application, _arrived(step))
    if not _touched_fields(step) <= {field for name in opened.sections for field in fields_of(name)}:
        return Refusal("part_closed")
    return None if _touched_kinds(step) <= opened.documents else Refusal("part_closed")


def _touched_fields(step: Step[Any]) -> set[str]:
    changes: Mapping[str, object] = step.facts.get("changes", {})
    return {name for name, value in changes.items() if getattr(step.subject, name) != value}


def _touched_kinds(step: Step[Any]) -> set[str]:
    touched = [step.facts[name] for name in ("document", "replaces") if step.facts.get(name)]
    kinds = set(step.subject.documents.filter(pk__in=touched).values_list("kind", flat=True))
    return kinds | ({step.facts["kind"]} if "kind" in step.facts else set())


@guard("application", "mode_fits_type")
def mode_fits_type(step: Step[Any]) -> Refusal | None:
    """The mode of a mended application is one its type may choose; a case has no empty mode any more."""
    application, changes = step.subject, step.facts["changes"]
    mode = changes.get("mode", application.mode)
    kind = changes.get("institution_type", application.institution_type)
    fits = {known.id for known in application.rules.modes_for(kind)}
    return None if mode in fits else Refusal("mode_not_for_type")


@act("application", "start")
def start(step: Step[Application], *, arrived_at: datetime) -> None:
    """Begin: ``subject`` is unsaved and carries season, kind and the first page's answers."""
    step.subject.started_at = arrived_at


@act("application", "save")
def save(step: Step[Application], *, changes: Mapping[str, object], arrived_at: datetime) -> None:
    """Keep a page's answers, by field of :data:`ANSWERS`. Raises ValueError for any other field."""
    _refuse_strangers(changes)
    if step.subject.answer(changes):
        step.subject.data_version += 1


@act("application", "mend")
def mend(step: Step[Application], *, changes: Mapping[str, object], arrived_at: datetime) -> None:
    """Change answers the county asked to have mended. Raises ValueError for a field the form does not have.

    Followers find the answers there were in the step's facts, as ``before``.
    """
    _refuse_strangers(changes)
    step.facts["before"] = step.subject.answers
    if step.subject.answer(changes):
        step.subject.data_version += 1
    _look_at_papers(step.subject)


@act("application", "submit")
def submit(step: Step[Application], *, notice_version: str, arrived_at: datetime) -> None:
    """Send it: the declaration is made, the reference given, the clock of the deadline stopped."""
    application = step.subject
    application.notice_version = notice_version
    application.declared_at = application.submitted_at = arrived_at
    application.reference = _free_reference(application.season)
    _close_links(application, application.mailbox)
    if step.transition.next == SUBMITTED:
        application.completed_at = arrived_at
    jobs.look_at_signs.defer(application_id=str(application.pk))


@act("application", "add_document")
def add_document(
    step: Step[Application], *, kind: str, scan: Scan, arrived_at: datetime, replaces: UUID | None = None
) -> None:
    """Hand in a file for a document, or instead of the one named by ``replaces``.

    Raises UnknownDocument when the mode does not need this kind, Document.DoesNotExist when there is nothing
    to replace (any more).
    """
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
        code=codes.best(application, kind, scan.codes),
        virus_checked_at=scan.virus_checked_at,
        added_at=arrived_at,
    )
    codes.look_again(application)
    jobs.render_pages.defer(document_id=str(document.pk))


@act("application", "remove_document")
def remove_document(step: Step[Application], *, document: UUID, arrived_at: datetime) -> None:
    """Take a file back; it stays in the store and the journal.

    Raises Document.DoesNotExist when it is not there.
    """
    _take_back(step.subject, document, arrived_at)
    codes.look_again(step.subject)
    _note_completeness(step)


@act("application", "complete")
def complete(step: Step[Application], *, arrived_at: datetime) -> None:
    """Say that all documents are there: the county may begin."""
    step.subject.completed_at = arrived_at


@act("application", "correct")
def correct(step: Step[Application], *, changes: Mapping[str, object], arrived_at: datetime) -> None:
    """Change answers of what was sent, by field of :data:`ANSWERS`; a sign-off that was given is void.

    What stood before and what stands now is kept as a :class:`Correction`; followers find the former answers in the
    step's facts, as ``before``. Raises ValueError for any other field.
    """
    _refuse_strangers(changes)
    application = step.subject
    step.facts["before"] = before = application.answers
    application.answer(changes)
    application.data_version += 1
    if before["mailbox"] != application.mailbox:
        _close_links(application, str(before["mailbox"]))
    Correction.objects.make(
        application, before, application.answers, state=application.state, arrived_at=arrived_at
    )
    _look_at_papers(application)
    _note_completeness(step)


@act("application", "reopen")
def reopen(step: Step[Application], *, arrived_at: datetime) -> None:
    """Open what was signed, so that its documents can be added to or replaced; the sign-off is void.

    Whatever becomes of the documents, the county signs anew (domain.md §2).
    """


@act("application", "withdraw")
def withdraw(step: Step[Application], *, arrived_at: datetime) -> None:
    """Take the whole application back; it counts as not made."""
    step.subject.withdrawn_at = arrived_at


@act("application", "restore")
def restore(step: Step[Application], *, arrived_at: datetime) -> None:
    """Take a withdrawal back. What was signed off before is reviewed anew."""
    step.subject.withdrawn_at = None
    step.subject.completed_at = arrived_at
    _note_completeness(step)


class UnknownDocument(LookupError):
    """The application's mode does not ask for this kind of document."""


def _look_at_papers(application: Application) -> None:
    """After a change of answers: what was printed before may say something else now."""
    codes.look_again(application)
    jobs.look_at_signs.defer(application_id=str(application.pk))


def _close_links(application: Application, mailbox: str) -> None:
    """Nobody gets in any more by what was mailed to a mailbox that is no longer the application's."""
    for link in MailedLink.objects.not_revoked().filter(subject_id=str(application.pk), mailbox=mailbox):
        link.revoke()


def _refuse_strangers(changes: Mapping[str, object]) -> None:
    strangers = set(changes) - set(ANSWERS)
    if strangers:
        raise ValueError(f"no answers of the form: {sorted(strangers)}")


def _corrected(step: Step[Any]) -> Application:
    """The application as it would stand; the step's own stays as it is."""
    changed: Application = copy(step.subject)
    changed.answer(step.facts["changes"])
    return changed


def _unless_complete(left: Sequence[DocumentKind]) -> Refusal | None:
    if not left:
        return None
    return Refusal("documents_missing", {"documents": listed(document.label for document in left)})


def _note_completeness(step: Step[Application]) -> None:
    """A case that lacks documents again was never completed; one that is whole stays so since when it was."""
    if step.transition.next == LACKING:
        step.subject.completed_at = None


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
