"""Cases a civil servant writes – facts in, expected outcome out – computed again whenever the rules are checked.

A case says only what differs from the file's ``base``; ``indicators`` may be a mapping, then every other
indicator is met. What ``expect`` does not name is not compared.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from careward.kernel.texts import text
from careward.rewards.columns import COLUMNS, STATES, read_row
from careward.rewards.computing import read_years
from careward.rewards.facts import Facts
from careward.rewards.reckoning import Decision, NotCalculable, Reckoner
from careward.rulebook.book import Rulebook
from careward.rulebook.errors import Problem
from careward.rulebook.reading import Desk
from careward.rulebook.values import Frozen, Text, UnknownCode

FOLDER: Final = "programmes/cases"
Told = bool | int | str | tuple[str, ...]
Cells = Mapping[str, str | int | tuple[str, ...] | Mapping[str, str]]


class Case(Frozen):
    """One case; ``expect`` is by key of the JSON output, or by ROC year of those."""

    case: Text
    year: Text
    facts: Cells
    expect: Mapping[str, Told | Mapping[str, Told]]


class CaseFile(Frozen):
    """One file of rules/programmes/cases."""

    programme: Text
    base: Cells
    cases: tuple[Case, ...]


def check_cases(folder: Path, book: Rulebook) -> list[Problem]:
    """Compute every case of a rules folder; each that comes out otherwise is a problem with its place."""
    desk = Desk(folder.resolve())
    for path in sorted((desk.folder / FOLDER).glob("*.yaml")):
        file = desk.typed(path, CaseFile)
        if file is not None:
            desk.problems.extend(_check_file(desk.name(path), file, book))
    return sorted(set(desk.problems))


def _check_file(name: str, file: CaseFile, book: Rulebook) -> Iterator[Problem]:
    try:
        reckoner = Reckoner.of(book, file.programme)
    except UnknownCode:
        yield _problem(name, "programme", "programme", found=file.programme)
        return
    except NotCalculable:
        yield _problem(name, "programme", "not_calculable", found=file.programme)
        return
    for number, case in enumerate(file.cases):
        for place, code, values in _check_case(file, case, reckoner):
            yield _problem(name, f"cases.{number}.{place}", code, case=case.case, **values)


def _problem(name: str, place: str, code: str, **values: object) -> Problem:
    reason = text(f"rewards:cases.{code}.reason", **values)
    return Problem(name, place, reason, text(f"rewards:cases.{code}.expected", **values))


def _check_case(
    file: CaseFile, case: Case, reckoner: Reckoner
) -> Iterator[tuple[str, str, dict[str, object]]]:
    try:
        decisions = decide_case(file, case, reckoner)
    except ValueError as error:
        yield "facts", "unreadable", {"said": error}
        return
    for decision in decisions:
        expected = case.expect if len(decisions) == 1 else case.expect.get(decision.year, {})
        place = "expect" if len(decisions) == 1 else f"expect.{decision.year}"
        if not isinstance(expected, Mapping) or not expected:
            yield place, "nothing_expected", {"year": decision.year}
            continue
        outcome = outcome_of(decision)
        for key, told in expected.items():
            if key not in outcome:
                yield f"{place}.{key}", "unknown_key", {"known": ", ".join(outcome)}
            elif outcome[key] != told:
                yield f"{place}.{key}", "otherwise", {"found": outcome[key], "told": told}


def decide_case(file: CaseFile, case: Case, reckoner: Reckoner) -> list[Decision]:
    """Compute a case. Raises ValueError, saying why, when its year or facts cannot be read."""
    years = read_years(case.year, reckoner)
    facts = read_case(file, case, reckoner)
    return reckoner.decide_years(dict.fromkeys(years, facts))


def read_case(file: CaseFile, case: Case, reckoner: Reckoner) -> Facts:
    """Return the facts of a case: its own cells over the file's base. Raises ValueError."""
    cells = {**file.base, **case.facts}
    if strange := [name for name in cells if name not in COLUMNS]:
        raise ValueError(text("rewards:cases.strange", found=", ".join(strange)))
    written = {name: _written(name, value, reckoner) for name, value in cells.items()}
    facts, faults = read_row(written, reckoner.known, 0, case.case)
    if facts is None:
        raise ValueError(text("rewards:separator").join(f"{one.column} {one.reason}" for one in faults))
    return facts


def _written(name: str, value: Any, reckoner: Reckoner) -> str:
    if name == "indicators" and isinstance(value, Mapping):
        states = {**dict.fromkeys(reckoner.known.indicators, STATES[0]), **value}
        return ";".join(f"{id_}={state}" for id_, state in states.items() if state != "absent")
    if isinstance(value, tuple):
        return "|".join(value)
    return str(value)


def outcome_of(decision: Decision) -> dict[str, Told]:
    """What a case may expect of a decision, in the words of a case."""
    since = decision.eligible_from
    return {
        "eligible": decision.eligible,
        "route": decision.route or "",
        "eligible_from": since.isoformat() if since else "",
        "beds_counted": decision.beds.counted,
        "rate": decision.rate_amount,
        "amount": decision.amount,
        "reasons": decision.reasons,
    }
