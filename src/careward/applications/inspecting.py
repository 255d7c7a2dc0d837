"""Looking into strangers' files, always in a limited process of its own (:mod:`inspector`).

Nothing here trusts a file's name or what the browser said it is. Source: security-baseline.md, "Documents
people upload" (allow-list by content, size and page count; limited subprocess).
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

INSPECTOR: Final = Path(__file__).with_name("inspector.py")
INSPECT_SECONDS: Final = 20
RENDER_SECONDS: Final = 120


@dataclass(frozen=True, slots=True)
class Inspected:
    """What a file is, by its content; an image is one page."""

    media_type: str
    pages: int


class Unacceptable(Exception):
    """The file cannot be taken.

    ``code`` is one of empty, wrong_type, disguised, truncated, encrypted, broken, too_many_pages,
    too_many_pixels, too_complex; ``values`` fill its text.
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
    ``too_complex``.
    """
    if path.stat().st_size == 0:
        raise Unacceptable("empty")
    answer = _ask("inspect", path, str(most_pages), seconds=INSPECT_SECONDS)
    if answer is None:
        raise Unacceptable("too_complex")
    if "refused" in answer:
        raise Unacceptable(answer.pop("refused"), **answer)
    return Inspected(answer["media_type"], answer["pages"])


def render(path: Path, media_type: str, folder: Path) -> list[Path]:
    """Make a JPEG of every page into ``folder``, first page first. Raises :class:`Unrenderable`."""
    answer = _ask("render", path, media_type, str(folder), seconds=RENDER_SECONDS)
    if answer is None or "refused" in answer:
        raise Unrenderable(str(answer))
    return [folder / name for name in answer["pictures"]]


def _ask(*words: str | Path, seconds: int) -> dict[str, Any] | None:
    """The inspector's answer; None when it was stopped or fell."""
    command = [sys.executable, "-I", str(INSPECTOR), *map(str, words)]
    try:
        done = subprocess.run(  # noqa: S603 - our own command; paths are the server's
            command, capture_output=True, timeout=seconds, check=False, stdin=subprocess.DEVNULL, env={}
        )
    except subprocess.TimeoutExpired:
        return None
    if done.returncode != 0:
        return None
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer
