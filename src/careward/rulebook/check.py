"""What ``careward rules check`` finds."""

from pathlib import Path

from careward.kernel.texts import text
from careward.rulebook.book import load
from careward.rulebook.errors import Problem, RulebookBroken


def check(folder: Path) -> list[Problem]:
    """List every problem of the rules folder by file and place; ``str()`` of one is the line to print."""
    try:
        load(folder)
    except RulebookBroken as broken:
        return broken.problems
    return []


def summary(folder: Path, problems: list[Problem]) -> str:
    """Say in one line how it stands, to be printed below the problems."""
    if problems:
        return text("rulebook:check.broken", count=len(problems))
    return text("rulebook:check.holds", folder=folder)
