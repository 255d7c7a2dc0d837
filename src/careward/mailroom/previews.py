"""How each letter reads, with invented values: ``samples.yaml`` beside the letters of a package."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from careward.correspondence import composing
from careward.correspondence.html import as_html
from careward.correspondence.senders import Concern
from careward.kernel import clock
from careward.rulebook import NATIONWIDE, current

_COMMON = Path(composing.__file__).parent / "letters" / "samples.yaml"


@dataclass(frozen=True, slots=True)
class Preview:
    """A letter with invented values."""

    id: str
    subject: str
    body: str

    @property
    def html(self) -> str:
        """Its HTML part."""
        return as_html(self.subject, self.body)


def preview(letter_id: str) -> Preview:
    """Write a letter with its samples. Raises KeyError for an unknown letter."""
    concern = (
        Concern("1131000009", "general_nursing", "10007") if _about_institution(letter_id) else Concern()
    )
    return Preview(letter_id, *composing.written(letter_id, samples(letter_id), concern))


def previews() -> list[Preview]:
    """Every letter, by id."""
    return [preview(letter_id) for letter_id in composing.letter_ids()]


def samples(letter_id: str) -> Mapping[str, object]:
    """The invented values of a letter: common ones, the package's, its own, the later before the earlier."""
    season = current().season_at(clock.now(), county=NATIONWIDE)
    own = _read(composing.folder_of(letter_id) / "samples.yaml")
    common = _read(_COMMON)
    parts = (common.get("all"), common.get(letter_id), own.get("all"), own.get(letter_id))
    return {"season": season, **{name: value for part in parts for name, value in (part or {}).items()}}


def _about_institution(letter_id: str) -> bool:
    return composing.folder_of(letter_id).parent.name not in ("accounts", "seasons")


@cache
def _read(path: Path) -> Mapping[str, Any]:
    if not path.is_file():
        return {}
    found: Mapping[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found
