"""Several files at once for one document: each is taken or refused by itself, and each refusal says which."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile

from careward.applications import acts, receiving
from careward.applications.inspecting import Unacceptable
from careward.applications.models import Application, Document
from careward.flow import Refused
from careward.journal import Actor
from careward.kernel.texts import text


@dataclass(frozen=True, slots=True)
class Problem:
    """A file that was not taken: its name, and the code of a text for the file or the act's own message."""

    name: str
    code: str = ""
    values: Mapping[str, object] = field(default_factory=dict)
    message: str = ""


@dataclass(slots=True)
class HandedIn:
    """What became of the files: names of those taken, problems of the others."""

    taken: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def hand_in(
    application: Application,
    by: Actor,
    uploads: Iterable["UploadedFile[bytes]"],
    *,
    kind: str,
    arrived_at: datetime,
    replaces: UUID | None = None,
    too_often: Callable[[], bool],
) -> HandedIn:
    """Take each file by its own act, so that what was acknowledged stays even if a later one is refused.

    ``replaces`` is the file the first one takes the place of; ``too_often`` is asked before each.
    """
    done = HandedIn()
    for upload in uploads:
        name = upload.name or ""
        if too_often():
            done.problems.append(Problem(name, message=text("applications:throttled")))
            break
        problem = _hand_in(application, by, upload, kind=kind, arrived_at=arrived_at, replaces=replaces)
        if problem:
            done.problems.append(problem)
        else:
            done.taken.append(name)
            replaces = None
    return done


def _hand_in(
    application: Application,
    by: Actor,
    upload: "UploadedFile[bytes]",
    *,
    replaces: UUID | None,
    **facts: Any,
) -> Problem | None:
    name = upload.name or ""
    try:
        scan = receiving.receive(application, upload)
    except Unacceptable as unacceptable:
        return Problem(name, unacceptable.code, unacceptable.values)
    try:
        acts.add_document(application, by, scan=scan, replaces=replaces, **facts)
    except Refused as refused:
        receiving.discard(scan)
        return Problem(name, message=refused.message)
    except Document.DoesNotExist:
        receiving.discard(scan)
        return Problem(name, message=text("applications:removal.errors.gone"))
    return None
