"""Setting pages with typst; asked through :mod:`.paper`."""

import logging
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import typst

from careward.shell.build import PDF_FONTS
from careward.shell.paper import Paper

log = logging.getLogger(__name__)

TAGGED: Final = "ua-1"
_NO_GLYPH: Final = "could not be displayed"


def typeset(source: Path, inputs: Mapping[str, str], what: str) -> Paper:
    """See :func:`careward.shell.paper.printed`."""
    compiler = typst.Compiler(input=source, root=source.parent, font_paths=_fonts(), sys_inputs=dict(inputs))
    try:
        return Paper(_compiled(compiler, pdf_standards=TAGGED), tagged=True)
    except typst.TypstError as error:
        if _NO_GLYPH not in str(error.message):
            raise
        log.warning("%s is printed without PDF/UA: a sign has no glyph", what)
        return Paper(_compiled(compiler), tagged=False)


def _compiled(compiler: typst.Compiler, **options: Any) -> bytes:
    pdf = compiler.compile(format="pdf", **options)
    assert isinstance(pdf, bytes)
    return pdf


@cache
def _fonts() -> typst.Fonts:
    """Noto Sans TC and CJK TC of the shell's build; the machine's fonts fill in for what those have not."""
    return typst.Fonts(include_system_fonts=True, include_embedded_fonts=False, font_paths=[PDF_FONTS])
