"""The invented names, read from ``names.yaml`` beside this file."""

from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict


class Names(BaseModel):
    """Parts from which institutions and people are put together."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    houses: tuple[str, ...]
    kinds: dict[str, str]
    family_names: tuple[str, ...]
    given_names: tuple[str, ...]
    vendor: str
    titles: dict[str, str]
    lanes: dict[str, str]

    def person(self, number: int) -> str:
        """An invented person's name; the same number gives the same name."""
        given = self.given_names[number // len(self.family_names) % len(self.given_names)]
        return self.family_names[number % len(self.family_names)] + given

    def institution(self, number: int, kind: str) -> str:
        """An invented institution's name."""
        return self.houses[number % len(self.houses)] + self.kinds[kind]


@cache
def names() -> Names:
    """All names."""
    return Names.model_validate(
        yaml.safe_load((Path(__file__).parent / "names.yaml").read_text(encoding="utf-8"))
    )
