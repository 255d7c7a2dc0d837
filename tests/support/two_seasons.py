"""The rules with the season after this one's drafted beside it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from careward.rulebook import current
from careward.rulebook.drafting import draft
from support.wide_rules import PROJECT


def two_seasons(folder: Path, *, confirmed: bool) -> Iterator[None]:
    """The rules in force while it runs: 115 and 116, the moments of 116 confirmed or not."""
    shutil.copytree(PROJECT / "rules", folder / "rules")
    place = draft(folder / "rules", "116", "115")
    if confirmed:
        place.write_text(place.read_text("utf-8").replace("    confirmed: false\n", ""), "utf-8")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("CAREWARD_RULES", str(folder / "rules"))
        current.cache_clear()
        yield
    current.cache_clear()
