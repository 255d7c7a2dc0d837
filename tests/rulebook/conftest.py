"""A copy of the shipped rules that a test may spoil."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from careward.rulebook.check import check
from careward.rulebook.errors import Problem

SHIPPED = Path(__file__).resolve().parents[2] / "rules"


class Workshop:
    """Edits files of a copied rules folder as a person would, in their text."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def edit(self, name: str, old: str, new: str) -> None:
        path = self.folder / name
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{name} no longer says {old!r}: the test would change nothing"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    def problems(self) -> list[Problem]:
        return check(self.folder)


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    shutil.copytree(SHIPPED, tmp_path / "rules")
    return Workshop(tmp_path / "rules")


@pytest.fixture
def spoilt(workshop: Workshop) -> Callable[[str, str, str], list[Problem]]:
    """One edit, and the problems the rulebook then tells."""

    def spoil(name: str, old: str, new: str) -> list[Problem]:
        workshop.edit(name, old, new)
        return workshop.problems()

    return spoil
