"""The documents an institution signs, printed from what the form already knows.

Wording is data (rules/documents); here only the sheet is made. The code on it is of :mod:`codes`.
"""

import json
import logging
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import segno
import typst

from careward import rulebook
from careward.applications import codes
from careward.applications.models import Application
from careward.applications.rules import listed
from careward.rulebook.season import DocumentKind
from careward.rulebook.wording import Wording
from careward.shell.build import PDF_FONTS

log = logging.getLogger(__name__)

SHEET: Final = Path(__file__).with_name("typst") / "sheet.typ"
SIGNS: Final = SHEET.with_name("signs.typ")
TAGGED: Final = "ua-1"
_NO_GLYPH: Final = "could not be displayed"
_BLANK: Final = "\N{FULLWIDTH LOW LINE}" * 10
"""Where a sentence names what nobody filled in: room to write it by hand."""

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
    return printed(SHEET, _inputs(application, document, wording), f"{document.id} of {application}")


def printed(source: Path, inputs: dict[str, str], what: str) -> Sheet:
    """Print a page of :mod:`careward.applications` filled with ``inputs``; ``what`` names it in the log.

    A sign without a glyph costs PDF/UA, never the print. Raises typst.TypstError when the page itself is broken.
    """
    compiler = typst.Compiler(input=source, root=source.parent, font_paths=_fonts(), sys_inputs=inputs)
    try:
        return Sheet(_compiled(compiler, pdf_standards=TAGGED), tagged=True)
    except typst.TypstError as error:
        if _NO_GLYPH not in str(error.message):
            raise
        log.warning("%s is printed without PDF/UA: a sign has no glyph", what)
        return Sheet(_compiled(compiler), tagged=False)


def _compiled(compiler: typst.Compiler, **options: Any) -> bytes:
    pdf = compiler.compile(format="pdf", **options)
    assert isinstance(pdf, bytes)
    return pdf


def filled_fields(application: Application) -> dict[str, str]:
    """What can be filled into a wording: see :data:`careward.rulebook.wording.FIELDS`.

    An institution with a system of its own has no vendor: those fields are empty.
    """
    return {
        "county": application.county_label,
        "institution_code": application.institution_code,
        "institution_name": application.institution_name,
        "institution_type": application.type_label,
        "person_id": application.person_id or "",
        "person_name": application.person_name or "",
        "season": application.rules.season.label,
        "source_addresses": listed(application.shown_sources),
        "vendor_business_id": application.vendor_business_id,
        "vendor_name": application.vendor_name,
        "vendor_phone": application.vendor_phone,
    }


def printed_apart_from_the_person(application: Application) -> dict[str, str]:
    """What of the filled fields a code may speak of."""
    return {name: value for name, value in filled_fields(application).items() if name not in _PERSONAL}


def code_of(application: Application, document: DocumentKind) -> codes.Code:
    """The code printed on a document; its text is capitals, digits, ``-`` and ``:``, so that it stays small."""
    return codes.make(application, document, printed_apart_from_the_person(application))


def signs_missing(application: Application) -> bool:
    """Whether something filled in has a sign that no font can show: on paper it must be written by hand.

    Looks at the signs alone, which costs a hundredth of printing.
    """
    signs = "".join(sorted(set("".join(filled_fields(application).values()))))
    compiler = typst.Compiler(
        input=SIGNS, root=SIGNS.parent, font_paths=_fonts(), sys_inputs={"signs": json.dumps(signs)}
    )
    try:
        _compiled(compiler, pdf_standards=TAGGED)
    except typst.TypstError as error:
        if _NO_GLYPH not in str(error.message):
            raise
        return True
    return False


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
        "hash": code.digest,
        "rows": [{"label": r.label, "value": fields[r.field]} for r in wording.rows_for(application.kind)],
        "paragraphs": wording.filled({name: value or _BLANK for name, value in fields.items()}),
        "seals": [
            {"label": seal.label, "width": seal.width_mm, "height": seal.height_mm} for seal in wording.seals
        ],
    }
    picture = segno.make(str(code), error="q", boost_error=False, micro=False).svg_inline(border=4, scale=4)
    return {"sheet": json.dumps(sheet, ensure_ascii=False), "code": picture}
