"""The documents an institution signs, printed from what the form already knows.

Wording is data (rules/documents); here only the sheet is made. The code on it names reference, kind, version
and a hash of what is printed apart from the person: nothing personal, as anybody may read a code (domain.md
§2).
"""

import hashlib
import json
import logging
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import segno
import typst

from careward import rulebook
from careward.applications.models import Application
from careward.rulebook.season import DocumentKind
from careward.rulebook.wording import Wording
from careward.shell.build import PDF_FONTS

log = logging.getLogger(__name__)

SHEET: Final = Path(__file__).with_name("typst") / "sheet.typ"
TAGGED: Final = "ua-1"
CODE_VERSION: Final = "CW1"
_HASH_DIGITS: Final = 16
_PERSONAL: Final = frozenset({"person_name", "person_id"})


@dataclass(frozen=True, slots=True)
class Sheet:
    """A printed document; ``tagged`` False means a sign had no glyph and the PDF is no PDF/UA."""

    pdf: bytes
    tagged: bool


def prefilled(application: Application, document: DocumentKind) -> Sheet:
    """Print one of the application's documents as A4 PDF, tagged for reading aloud.

    A sign no font has never stops the print: the sheet is then made without PDF/UA and the log says so.
    Raises typst.TypstError when the sheet itself is broken.
    """
    wording = rulebook.current().wording(document.wording)
    compiler = typst.Compiler(
        input=SHEET,
        root=SHEET.parent,
        font_paths=_fonts(),
        sys_inputs=_inputs(application, document, wording),
    )
    try:
        return Sheet(_compiled(compiler, pdf_standards=TAGGED), tagged=True)
    except typst.TypstError as error:
        if "could not be displayed" not in str(error.message):
            raise
        log.warning("%s of %s is printed without PDF/UA: a sign has no glyph", document.id, application)
        return Sheet(_compiled(compiler), tagged=False)


def _compiled(compiler: typst.Compiler, **options: Any) -> bytes:
    pdf = compiler.compile(format="pdf", **options)
    assert isinstance(pdf, bytes)
    return pdf


def filled_fields(application: Application) -> dict[str, str]:
    """What can be filled into a wording: see :data:`careward.rulebook.wording.FIELDS`.

    An institution with a system of its own has no vendor: those fields are empty.
    """
    vendor = dict.fromkeys(("vendor_name", "vendor_business_id", "vendor_phone"), "")
    return vendor | {
        "county": application.county_label,
        "institution_code": application.institution_code,
        "institution_name": application.institution_name,
        "institution_type": application.type_label,
        "person_id": application.person_id or "",
        "person_name": application.person_name or "",
        "season": application.rules.season.label,
        "source_addresses": "\n".join(application.shown_sources),
    }


def code_of(application: Application, document: DocumentKind) -> str:
    """Write what the printed code says: ``CW1:<reference>:<kind>:<data version>:<hash>``.

    Capitals, digits, ``-`` and ``:`` only: signs that make a QR code small.
    """
    wording = rulebook.current().wording(document.wording)
    public = {name: value for name, value in filled_fields(application).items() if name not in _PERSONAL}
    content = [wording.wording.id, wording.wording.version, application.reference, sorted(public.items())]
    digest = hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()[:_HASH_DIGITS]
    kind = document.id.replace("_", "-")
    return f"{CODE_VERSION}:{application.reference}:{kind}:{application.data_version}:{digest}".upper()


@cache
def _fonts() -> typst.Fonts:
    """Noto Sans TC of the shell's build first; the machine's fonts fill in for rare characters."""
    return typst.Fonts(include_system_fonts=True, include_embedded_fonts=False, font_paths=[PDF_FONTS])


def _inputs(application: Application, document: DocumentKind, wording: Wording) -> dict[str, str]:
    fields = filled_fields(application)
    code = code_of(application, document)
    sheet = {
        "title": wording.wording.title,
        "notice": wording.wording.notice,
        "wording_version": wording.wording.version,
        "season": fields["season"],
        "reference": application.reference,
        "version": application.data_version,
        "hash": code.rpartition(":")[2],
        "rows": [{"label": r.label, "value": fields[r.field]} for r in wording.rows_for(application.kind)],
        "paragraphs": wording.filled(fields),
        "seals": [
            {"label": seal.label, "width": seal.width_mm, "height": seal.height_mm} for seal in wording.seals
        ],
    }
    picture = segno.make(code, error="q", boost_error=False, micro=False).svg_inline(border=4, scale=4)
    return {"sheet": json.dumps(sheet, ensure_ascii=False), "code": picture}
