"""Looking into strangers' files, always in a limited process of its own (:mod:`inspector`).

Nothing here trusts a file's name or what the browser said it is. Source: security-baseline.md, "Documents
people upload" (allow-list by content, size and page count; limited subprocess).
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from careward.applications import forking

INSPECTOR: Final = Path(__file__).with_name("inspector.py")
INSPECT_SECONDS: Final = 20
RENDER_SECONDS: Final = 120


@dataclass(frozen=True, slots=True)
class Inspected:
    """What a file is, by its content; an image is one page. ``codes`` are the texts of the QR codes on it."""

    media_type: str
    pages: int
    codes: tuple[str, ...] = ()


class Unacceptable(Exception):
    """The file cannot be taken.

    ``code`` is one of empty, wrong_type, disguised, truncated, encrypted, broken, too_many_pages,
    too_many_pixels, too_complex, or of the virus scanner (:mod:`virus`); ``values`` fill its text.
    """

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.values = values


class Unrenderable(RuntimeError):
    """No pictures could be made of an accepted file; the message says what the limited process answered."""


def inspect(path: Path, *, most_pages: int) -> Inspected:
    """Say what the file at ``path`` is.

    Raises :class:`Unacceptable`; a file that needs more memory or time than the limited process has is
    ``too_complex``. If only reading the codes needs too much, there are none.
    """
    if path.stat().st_size == 0:
        raise Unacceptable("empty")
    answers = _ask("inspect", path, str(most_pages), seconds=INSPECT_SECONDS)
    if not answers:
        raise Unacceptable("too_complex")
    known = answers[0]
    if "refused" in known:
        raise Unacceptable(known.pop("refused"), **known)
    codes = answers[1]["codes"] if len(answers) > 1 else ()
    return Inspected(known["media_type"], known["pages"], tuple(codes))


def render(path: Path, media_type: str, folder: Path) -> list[Path]:
    """Make a JPEG of every page into ``folder``, first page first. Raises :class:`Unrenderable`."""
    answers = _ask("render", path, media_type, str(folder), seconds=RENDER_SECONDS)
    if not answers or "pictures" not in answers[-1]:
        raise Unrenderable(str(answers))
    return [folder / name for name in answers[-1]["pictures"]]


def _ask(*words: str | Path, seconds: float) -> list[dict[str, Any]]:
    """The inspector's answers, whole lines only: those it gave before it was stopped or fell count too."""
    said = forking.forker(INSPECTOR).ask([str(word) for word in words], seconds)
    return [json.loads(line) for line in said.splitlines(keepends=True) if line.endswith(b"\n")]
