"""From a file of facts to decisions, in the file's order; used by the commands, the cases and the benchmarks."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TypeVar

from careward.kernel.texts import text
from careward.rewards.columns import Fault, Wrong, fault, read_row
from careward.rewards.facts import Facts
from careward.rewards.files import Line, read_lines
from careward.rewards.reckoning import Decision, Reckoner

T = TypeVar("T")


def read_years(written: str, reckoner: Reckoner) -> tuple[str, ...]:
    """Read ``111`` or ``109-112``, whole and within the programme. Raises ValueError."""
    first, _, last = written.strip().partition("-")
    known = tuple(reckoner.years)
    if first not in known or (last or first) not in known or (last or first) < first:
        raise ValueError(written)
    return tuple(year for year in known if first <= year <= (last or first))


def read_facts(path: Path, reckoner: Reckoner) -> Iterator[tuple[int, str, Facts] | Fault]:
    """Yield line, year (empty when the file has no such column) and facts. Raises NoFacts."""
    return _facts(path.name, read_lines(path), reckoner)


def _facts(
    name: str, lines: Iterable[Line | Fault], reckoner: Reckoner
) -> Iterator[tuple[int, str, Facts] | Fault]:
    seen: dict[tuple[str, str], int] = {}
    for line in lines:
        if isinstance(line, Fault):
            yield line
            continue
        origin = text("rewards:files.line", name=name, line=line.number)
        facts, faults = read_row(line.cells, reckoner.known, line.number, origin)
        year = line.cells.get("year", "").strip()
        if year and year not in reckoner.years:
            first, *_, last = reckoner.years
            faults.append(fault(line.number, "year", Wrong("year", found=year, first=first, last=last)))
        if facts and not faults:
            first_line = seen.setdefault((facts.institution_code, year), line.number)
            if first_line != line.number:
                faults.append(fault(line.number, "institution_code", Wrong("code_twice", first=first_line)))
        yield from faults
        if facts and not faults:
            yield line.number, year, facts


def compute(
    path: Path, reckoner: Reckoner, years: Sequence[str], known_on: date | None = None
) -> Iterator[Decision | Fault]:
    """Decide every institution of a file in the file's order, its years ascending; faults where they stand.

    A file with a ``year`` column gives each year its own row: then earlier years of the file are decided too, for
    their exits, but only ``years`` come out. Raises NoFacts.
    """
    rows = read_facts(path, reckoner)
    dated: dict[str, dict[str, Facts]] = {}
    for row in rows:
        if isinstance(row, Fault):
            yield row
            continue
        _, year, facts = row
        facts = facts.known_on(known_on) if known_on else facts
        if year:
            dated.setdefault(facts.institution_code, {})[year] = facts
        else:
            yield from reckoner.decide_years(dict.fromkeys(years, facts))
    for by_year in dated.values():
        wanted = {year: facts for year, facts in by_year.items() if year <= years[-1]}
        yield from (one for one in reckoner.decide_years(wanted) if one.year in years)


def split(found: Iterable[T | Fault]) -> tuple[list[T], list[Fault]]:
    """Decisions and faults apart, each in order."""
    good: list[T] = []
    faults: list[Fault] = []
    for one in found:
        if isinstance(one, Fault):
            faults.append(one)
        else:
            good.append(one)
    return good, faults
