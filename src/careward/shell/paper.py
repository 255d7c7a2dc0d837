"""Pages to print: typst sources filled with values, as PDF tagged for reading aloud (PDF/UA)."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Paper:
    """A printed document; ``tagged`` False means a sign had no glyph and the PDF is no PDF/UA."""

    pdf: bytes
    tagged: bool


def printed(source: Path, inputs: Mapping[str, str], what: str) -> Paper:
    """Print a typst page filled with ``inputs``; ``what`` names it in the log.

    A sign no font has costs PDF/UA, never the print. Raises typst.TypstError when the page itself is broken.
    """
    # Only here: every process knows what can be printed, few of them ever print, and typst is large.
    from careward.shell.typesetting import typeset

    return typeset(source, inputs, what)
