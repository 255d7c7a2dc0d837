"""``careward registry import``: the same import as the page, on the command line."""

from pathlib import Path

from rich.console import Console

from careward.accounts.importing import STAFF
from careward.flow.importing import Change, Importer, Plan, carry_out, plan
from careward.journal import Actor
from careward.kernel.texts import text
from careward.registry.importing import IMPORTERS
from careward.store.tables import Unreadable

_out = Console(highlight=False, soft_wrap=True)
_errors = Console(stderr=True, highlight=False, soft_wrap=True)


def run(file: Path, *, kind: str, dry_run: bool) -> int:
    """Import ``file``; returns the exit code: 0 done, 1 faults in rows, 2 no such table or kind."""
    if kind not in IMPORTERS:
        _errors.print(f"registry import: --kind is one of {', '.join(IMPORTERS)}", markup=False)
        return 2
    return run_with(IMPORTERS[kind], file, dry_run=dry_run)


def run_staff(file: Path, *, dry_run: bool) -> int:
    """Import accounts of staff; exit codes as :func:`run`."""
    return run_with(STAFF, file, dry_run=dry_run)


def run_with(importer: Importer, file: Path, *, dry_run: bool) -> int:
    """Import ``file`` by any importer; exit codes as :func:`run`."""
    try:
        content = file.read_bytes()
        made = plan(importer, content)
    except (OSError, Unreadable) as refused:
        _errors.print(f"{file}: {refused}", markup=False)
        return 2
    _tell(made)
    if made.faults:
        return 1
    if not dry_run and made.does_something:
        carry_out(importer, content, Actor.system(f"{importer.id}-import"), shown=made.digest)
    done = "ops:importing.dry" if dry_run else "ops:importing.done"
    _out.print(text(done, **made.counts), markup=False)
    return 0


def _tell(made: Plan) -> None:
    for fault in made.faults:
        _errors.print(
            text("ops:importing.fault", row=fault.row, column=fault.column, says=fault.says), markup=False
        )
    for heading in made.ignored:
        _out.print(text("ops:importing.ignored", heading=heading), markup=False)
    for change in (Change.NEW, Change.CHANGED):
        for line in made.of(change):
            details = "; ".join(
                d.label + ": " + (f"{d.old} → {d.new}" if d.old is not None else d.new) for d in line.details
            )
            _out.print(f"{text(f'shell:importing.changes.{change}')} {line.name}  {details}", markup=False)
