"""Which parts of a sent application its institution may change now; a later package says it for its own states."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from careward.applications.models import Application
from careward.applications.procedure import LACKING
from careward.applications.rules import sections
from careward.rulebook.season import ALL_DOCUMENTS

KEPT: Final = frozenset({"county", "mailbox"})
"""Answers no mending changes: the county is changed by transfer, the mailbox by a new application (S0)."""


@dataclass(frozen=True, slots=True)
class OpenParts:
    """Pages of the form and kinds of document that are open, until when; none and None when nothing is."""

    sections: frozenset[str] = frozenset()
    documents: frozenset[str] = frozenset()
    until: datetime | None = None


NOTHING: Final = OpenParts()
Provider = Callable[[Application, datetime], OpenParts]
_providers: dict[str, Provider] = {}


def opens_parts(state: str, provider: Provider) -> None:
    """Say what is open in a state; for the package that owns the state's rules, when its app is ready."""
    _providers[state] = provider


def open_parts(application: Application, at: datetime) -> OpenParts:
    """What the institution may change at ``at``; nothing in a state nobody opens."""
    provider = _providers.get(application.state)
    return provider(application, at) if provider else NOTHING


def parts_named(application: Application, names: Iterable[str], until: datetime) -> OpenParts:
    """The parts that ``names`` of the rulebook's checklist stand for, in this application.

    With the mode every document of the mode is open, since another mode has others.
    """
    named = set(names)
    asked = {section.id for section in sections(application.way)}
    needed = {document.id for document in application.needed_documents}
    opened = needed if named & {ALL_DOCUMENTS, "mode"} else needed & named
    return OpenParts(frozenset(named & asked), frozenset(opened), until)


def fields_of(section: str) -> tuple[str, ...]:
    """The fields of a page of the form that mending may change; none for a page there is not."""
    known = (page for page in sections(None) if page.id == section)
    return tuple(field for page in known for field in page.fields if field not in KEPT)


def _while_lacking(application: Application, at: datetime) -> OpenParts:
    season = application.rules
    if not season.window_open(at):
        return NOTHING
    return parts_named(application, [ALL_DOCUMENTS], season.moment("institution_window_closes").at)


opens_parts(LACKING, _while_lacking)
