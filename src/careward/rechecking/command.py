"""``careward intake recheck``: rules that are not in force yet, tried before they are switched to."""

from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import Progress

from careward.rechecking import acts
from careward.rechecking.going import go_through
from careward.rulebook import NATIONWIDE, UnknownCode, current
from careward.rulebook.book import load
from careward.rulebook.errors import RulebookBroken

NOTHING_REFUSED: Final = 0
SOME_REFUSED: Final = 1
UNREADABLE: Final = 2


def run(season: str, spec: str, rules: Path | None) -> int:
    """Go through the accepted files of a season; 0 nothing would be refused, 1 something would, 2 no such rules."""
    console, errors = Console(), Console(stderr=True)
    try:
        current().season(season, county=NATIONWIDE)
        version = (load(rules) if rules else current()).interchange(spec)
    except (UnknownCode, RulebookBroken) as unreadable:
        errors.print(str(unreadable), markup=False)
        return UNREADABLE
    ordered = acts.order(season, spec, rules=str(rules.resolve()) if rules else "")
    with Progress(console=errors, transient=True) as progress:
        task = progress.add_task(spec, total=ordered.waiting.count())
        go_through(ordered, version, lambda _left: progress.advance(task))
    refused = acts.refused_by(ordered)
    for rule, files, found in refused:
        console.print(f"{rule}\t{files}\t{found}", markup=False)
    return SOME_REFUSED if refused else NOTHING_REFUSED
