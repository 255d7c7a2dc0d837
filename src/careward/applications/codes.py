"""The code printed on a document, and what it says about the scan it is read from.

Nothing personal stands in it, as anybody may read it (domain.md §2): reference, kind, data version, and a hash
keyed by the installation over what is printed apart from the person, so that nobody else can make a code that fits.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.apps import apps

from careward import rulebook
from careward.applications import findings
from careward.applications.rules import ALPHABET, is_reference
from careward.rulebook.season import DocumentKind
from careward.rulebook.values import UnknownCode
from careward.store.secrets import keyed_hash

if TYPE_CHECKING:
    from careward.applications.models import Application, Document

PREFIX: Final = "CW1"
HASH_DIGITS: Final = 16
MOST_VERSION_DIGITS: Final = 6
_DOMAIN: Final = "document-code"
_WRITTEN: Final = re.compile(
    rf"{PREFIX}:(?P<reference>[0-9]{{3}}-[{ALPHABET}]{{4}}-[{ALPHABET}])"
    rf":(?P<kind>[A-Z][A-Z0-9-]{{0,63}})"
    rf":(?P<version>[1-9][0-9]{{0,{MOST_VERSION_DIGITS - 1}}})"
    rf":(?P<digest>[0-9A-F]{{{HASH_DIGITS}}})"
)

KINDS: Final = frozenset(
    f"applications:code_{name}"
    for name in (
        "other_institution",
        "other_application",
        "other_document",
        "outdated",
        "doubtful",
        "unread",
    )
)
"""Everything a code, or its absence, may give the officer to look at."""

Found = tuple[str, dict[str, object]]
"""A kind of :data:`KINDS` and the values its words need."""


@dataclass(frozen=True, slots=True)
class Code:
    """What a code says; ``kind`` is a document kind's id, ``version`` the application's ``data_version``."""

    reference: str
    kind: str
    version: int
    digest: str

    def __str__(self) -> str:
        kind = self.kind.replace("_", "-")
        return f"{PREFIX}:{self.reference}:{kind}:{self.version}:{self.digest}".upper()


def parse(written: str) -> Code | None:
    """Read what :class:`Code` writes; None for anything else, a wrong check sign of the reference included."""
    found = _WRITTEN.fullmatch(written)
    if found is None or not is_reference(found["reference"]):
        return None
    kind = found["kind"].lower().replace("-", "_")
    return Code(found["reference"], kind, int(found["version"]), found["digest"])


def is_ours(written: str) -> bool:
    """Whether a QR code claims to be of this platform, well written or not."""
    return written.startswith(f"{PREFIX}:")


def make(
    application: "Application", kind: DocumentKind, printed: Mapping[str, str], version: int = 0
) -> Code:
    """The code for what is printed now, ``printed`` without the person; ``version`` 0 means today's."""
    wording = rulebook.current().wording(kind.wording).wording
    of_version = version or application.data_version
    content = [
        application.reference,
        kind.id,
        of_version,
        wording.id,
        wording.version,
        sorted(printed.items()),
    ]
    digest = keyed_hash(json.dumps(content, ensure_ascii=False), _DOMAIN)[:HASH_DIGITS].upper()
    return Code(application.reference, kind.id, of_version, digest)


def best(application: "Application", kind: str, read: Iterable[str]) -> str:
    """Of the codes read from one file the one that says most for it; empty when none is the platform's.

    A file may hold several documents: it is right when one of them is.
    """
    ours = [code for code in read if is_ours(code)]
    return min(ours, key=lambda code: _distance(application, kind, parse(code)), default="")


def _distance(application: "Application", kind: str, code: Code | None) -> tuple[bool, bool, bool, int]:
    if code is None:
        return True, True, True, 0
    return False, code.reference != application.reference, code.kind != kind, -code.version


def look_again(application: "Application") -> None:
    """Let the findings about codes be what the files in force say now. Call it under an actor.

    A file without a code needs no word while another of the same document carries the right one.
    """
    needed = {kind.id: kind for kind in application.needed_documents}
    said: dict[str, Found] = {}
    right: set[str] = set()
    in_force = [file for file in application.documents.in_force() if file.kind in needed]
    for file in in_force:
        found = about(application, needed[file.kind], file)
        if found is None:
            right.add(file.kind)
        else:
            said[str(file.pk)] = found
    for file in in_force:
        if file.kind in right and said.get(str(file.pk), ("", {}))[0] == "applications:code_unread":
            del said[str(file.pk)]
    known = [str(pk) for pk in application.documents.values_list("pk", flat=True)]
    findings.settle_each(
        application, KINDS, {subject: dict([said[subject]]) if subject in said else {} for subject in known}
    )


def about(application: "Application", kind: DocumentKind, file: "Document") -> Found | None:
    """What the officer should know about a file's code; None when it is the right one."""
    values: dict[str, object] = {"document": kind.label}
    if not file.code:
        return "applications:code_unread", values
    code = parse(file.code)
    if code is None:
        return "applications:code_doubtful", values
    if code.reference != application.reference:
        return _of_another(application, code, values)
    if code.kind != kind.id:
        return "applications:code_other_document", {**values, "found": _label(application, code.kind)}
    return _of_this(application, kind, code, values)


def _of_another(application: "Application", code: Code, values: dict[str, object]) -> Found:
    other = type(application).objects.sent().filter(reference=code.reference).first()
    if other is None:
        return "applications:code_doubtful", values
    same = other.institution_code == application.institution_code
    kind = "other_application" if same else "other_institution"
    return f"applications:code_{kind}", {**values, "reference": code.reference}


def _of_this(
    application: "Application", kind: DocumentKind, code: Code, values: dict[str, object]
) -> Found | None:
    from careward.applications.documents import printed_apart_from_the_person

    current = application.data_version
    same = make(application, kind, printed_apart_from_the_person(application), code.version) == code
    if same and _person_unchanged(application, code.version):
        return None
    if code.version < current:
        return "applications:code_outdated", {**values, "printed": code.version, "current": current}
    return "applications:code_doubtful", values


def _person_unchanged(application: "Application", since: int) -> bool:
    """Whether the person in charge is whom the document of that version named, by the application's history."""
    if since == application.data_version:
        return True
    history = apps.get_model("applications", "ApplicationEvent")._base_manager
    then: Any = history.filter(pgh_obj=application.pk, data_version=since).order_by("pgh_id").last()
    mine = (application.person_name, application.person_id)
    return then is not None and (then.person_name, then.person_id) == mine


def _label(application: "Application", kind: str) -> str:
    try:
        return application.rules.document(kind).label
    except UnknownCode:
        return kind
