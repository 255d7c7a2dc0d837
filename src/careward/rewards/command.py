"""``careward rewards …``: amounts, explanations, totals and differences from files of facts; no database."""

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final, TextIO

from careward.kernel.texts import text
from careward.rewards.columns import Fault, Wrong, listed, read_day
from careward.rewards.comparing import compare
from careward.rewards.computing import compute, read_years, split
from careward.rewards.explaining import explain
from careward.rewards.files import NoFacts
from careward.rewards.reckoning import Decision, NotCalculable, Reckoner
from careward.rewards.telling import HEADINGS, as_json, as_line, as_row, notices
from careward.rewards.totals import Spending, Sum, bonus, spending, totals
from careward.rulebook import Rulebook, UnknownCode, current, load
from careward.store.spreadsheets import FORMATS, write_table

DONE: Final = 0
FAULTY: Final = 1
UNUSABLE: Final = 2


class Refused(Exception):
    """The command cannot be done as asked; ``str()`` says why."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(text(f"rewards:command.{code}", **values))


@dataclass(frozen=True, slots=True)
class Asked:
    """What a command was asked for, read and checked."""

    reckoner: Reckoner
    years: tuple[str, ...]
    known_on: date | None

    def compute(self, path: Path) -> tuple[list[Decision], list[Fault]]:
        """Decide a whole file. Raises NoFacts."""
        return split(compute(path, self.reckoner, self.years, self.known_on))


def read_asked(programme: str, year: str, known_on: str = "", book: Rulebook | None = None) -> Asked:
    """Read the words all commands share. Raises Refused."""
    book = book or current()
    try:
        reckoner = Reckoner.of(book, programme)
    except UnknownCode as error:
        raise Refused("programme", found=programme, known=listed(book.programmes)) from error
    except NotCalculable as error:
        label = book.programme(programme).programme.label
        file = f"rules/programmes/{error.programme}.yaml"
        code = "not_built" if error.filled else "not_calculable"
        raise Refused(code, label=label, file=file) from error
    try:
        years = read_years(year, reckoner)
    except ValueError as error:
        first, *_, last = reckoner.years
        raise Refused("year", found=year, first=first, last=last) from error
    try:
        return Asked(reckoner, years, read_day(known_on) if known_on else None)
    except Wrong as error:
        raise Refused("day", found=known_on) from error


def guarded(work: Callable[[], int]) -> int:
    """Run a command; what cannot be done is said on standard error, with exit code 2."""
    try:
        return work()
    except (Refused, NoFacts) as error:
        sys.stderr.write(f"{error}\n")
        return UNUSABLE


def run_compute(
    path: Path,
    asked: Asked,
    *,
    as_json_lines: bool,
    code: str | None,
    out: Path | None,
    to: TextIO | None = None,
) -> int:
    """Compute a file of facts; 0 all read, 1 some rows unreadable and the others computed."""
    to = to or sys.stdout
    if out and out.suffix.lstrip(".") not in FORMATS:
        raise Refused("out", found=out.name)
    decisions, faults = asked.compute(path)
    if code is not None:
        _explain(
            [one for one in decisions if one.facts.institution_code == code], asked, to, as_json=as_json_lines
        )
        if not any(one.facts.institution_code == code for one in decisions):
            _tell_faults(faults)
            raise Refused("no_such_code", found=code)
    else:
        for decision in decisions:
            rules = asked.reckoner.years[decision.year]
            to.write((as_json(decision) if as_json_lines else as_line(decision, rules)) + "\n")
        if not as_json_lines:
            _tell_totals(decisions, asked, to)
    if out:
        _write(out, decisions, asked)
    _tell_notices(decisions, asked)
    return _tell_faults(faults)


def _explain(decisions: list[Decision], asked: Asked, to: TextIO, *, as_json: bool) -> None:
    for decision in decisions:
        tree = explain(decision, asked.reckoner.years[decision.year])
        if as_json:
            to.write(json.dumps(tree.as_document(), ensure_ascii=False) + "\n")
        else:
            to.writelines(f"{line}\n" for line in tree.lines())


def _write(out: Path, decisions: list[Decision], asked: Asked) -> None:
    heading = [text(f"rewards:output.{name}") for name in HEADINGS]
    rows = [as_row(one, asked.reckoner.years[one.year]) for one in decisions]
    out.write_bytes(write_table(out.suffix.lstrip("."), text("rewards:command.sheet"), heading, rows))
    sys.stderr.write(text("rewards:command.written", name=out) + "\n")


def _tell_faults(faults: list[Fault]) -> int:
    for one in faults:
        sys.stderr.write(f"{one}\n")
    if faults:
        sys.stderr.write(text("rewards:command.faulty", count=len(faults)) + "\n")
    return FAULTY if faults else DONE


def _tell_notices(decisions: list[Decision], asked: Asked) -> None:
    said = {
        text(
            "rewards:notices.line", origin=one.facts.origin, code=one.facts.institution_code, says=notice
        ): None
        for one in decisions
        for notice in notices(one, asked.reckoner.years[one.year])
    }
    sys.stderr.writelines(f"{line}\n" for line in said)


def _said(one: Sum) -> dict[str, object]:
    names = ("institutions", "rewarded", "beds", "amount")
    return {name: f"{getattr(one, name):,}" for name in names}


def _tell_totals(decisions: list[Decision], asked: Asked, to: TextIO) -> None:
    sums = totals(decisions)
    types = next(iter(asked.reckoner.years.values())).types.institution_types
    for group in ("year", "type", "county"):
        to.write(text(f"rewards:command.by.{group}") + "\n")
        for key, one in sums[group].items():
            label = types[key].label if group == "type" else key or text("rewards:command.no_county")
            to.write(text("rewards:command.totals_line", label=label, **_said(one)) + "\n")
    to.write(text("rewards:command.total", **_said(sums["all"].get("", Sum()))) + "\n")


def read_money(written: list[str]) -> dict[str, int]:
    """Read ``KEY=AMOUNT`` words. Raises Refused."""
    found: dict[str, int] = {}
    for one in written:
        key, sign, amount = one.partition("=")
        if not (key and sign and amount.isascii() and amount.isdigit()):
            raise Refused("money", found=one)
        found[key] = int(amount)
    return found


def run_totals(
    path: Path,
    asked: Asked,
    admin_costs: Mapping[str, int],
    bonuses: Mapping[str, int],
    to: TextIO | None = None,
) -> int:
    """Sums, and expenses held against their caps; 1 when rows are unreadable or a cap is broken."""
    to = to or sys.stdout
    decisions, faults = asked.compute(path)
    _tell_totals(decisions, asked, to)
    rules = asked.reckoner.years[asked.years[-1]].rules
    counties = totals(decisions)["county"]
    broken = False
    for county, spent in admin_costs.items():
        label = text("rewards:command.admin_cost", county=county)
        broken |= _tell_cap(label, spending(spent, counties.get(county, Sum()).amount, rules.admin_cost), to)
    for code, spent in bonuses.items():
        mine = [one for one in decisions if one.facts.institution_code == code]
        if not mine:
            raise Refused("no_such_code", found=code)
        label = text("rewards:command.bonus", code=code)
        broken |= _tell_cap(label, bonus(spent, mine[-1], rules.bonus), to)
    return max(_tell_faults(faults), FAULTY if broken else DONE)


def _tell_cap(label: str, one: Spending, to: TextIO) -> bool:
    said = {name: f"{getattr(one, name):,}" for name in ("spent", "limit", "left", "over")}
    to.write(text(f"rewards:command.cap_{one.state}", label=label, percent=one.percent, **said) + "\n")
    return one.state == "over"


def run_compare(before: tuple[Path, Asked], after: tuple[Path, Asked], to: TextIO | None = None) -> int:
    """List what differs between two calculations and why; 0 also when much does."""
    to = to or sys.stdout
    (old, old_faults), (new, new_faults) = before[1].compute(before[0]), after[1].compute(after[0])
    differences = compare(old, before[1].reckoner, new, after[1].reckoner)
    for one in differences:
        to.writelines(f"{line}\n" for line in one.lines())
    if not differences:
        to.write(text("rewards:command.same") + "\n")
    return _tell_faults([*old_faults, *new_faults])


def rulebook_of(folder: Path | None) -> Rulebook:
    """The rulebook of a folder, or the one in force. Raises RulebookBroken."""
    return load(folder) if folder else current()
