"""What ``careward rules check`` finds."""

from pathlib import Path

from careward.kernel.texts import text
from careward.rulebook.book import Rulebook, load
from careward.rulebook.errors import Problem, RulebookBroken


def check(folder: Path) -> list[Problem]:
    """List every problem of the rules folder by file and place; ``str()`` of one is the line to print."""
    try:
        load(folder)
    except RulebookBroken as broken:
        return broken.problems
    return []


def remarks(book: Rulebook) -> list[str]:
    """What holds together and yet wants somebody's hand: seasons with moments to be confirmed cannot open."""
    return [
        text("rulebook:check.unconfirmed", season=code, moments=text("rulebook:separator").join(open_ones))
        for code, season in book.written_seasons.items()
        if (open_ones := [moment.label for moment in season.in_order if not moment.confirmed])
    ]


def summary(folder: Path, problems: list[Problem]) -> str:
    """Say in one line how it stands, to be printed below the problems."""
    if problems:
        return text("rulebook:check.broken", count=len(problems))
    return text("rulebook:check.holds", folder=folder)
