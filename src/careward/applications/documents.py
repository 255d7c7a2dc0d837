"""The documents an institution signs, printed from what the form already knows.

Wording is data (rules/documents); here only the sheet is made. The code on it is of :mod:`codes`.
"""

import json
from pathlib import Path
from typing import Final

import segno

from careward import rulebook
from careward.applications import codes
from careward.applications.models import Application
from careward.applications.rules import listed
from careward.rulebook.season import DocumentKind
from careward.rulebook.wording import Wording
from careward.shell.paper import Paper, printed

SHEET: Final = Path(__file__).with_name("typst") / "sheet.typ"
SIGNS: Final = SHEET.with_name("signs.typ")
_BLANK: Final = "\N{FULLWIDTH LOW LINE}" * 10
"""Where a sentence names what nobody filled in: room to write it by hand."""

_PERSONAL: Final = frozenset({"person_name", "person_id"})


def prefilled(application: Application, document: DocumentKind) -> Paper:
    """Print one of the application's documents as A4 PDF, tagged for reading aloud.

    A sign no font has never stops the print: the sheet is then made without PDF/UA and the log says so.
    Raises typst.TypstError when the sheet itself is broken.
    """
    wording = rulebook.current().wording(document.wording)
    return printed(SHEET, _inputs(application, document, wording), f"{document.id} of {application}")


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
    return not printed(SIGNS, {"signs": json.dumps(signs)}, f"a look at the signs of {application}").tagged


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
