"""The columns of FACTS.csv and how each cell is read. Source: docs/reference/reward-facts.md."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from careward.kernel.roc import NotADate, parse_date
from careward.kernel.text import nfkc, squeeze
from careward.kernel.texts import text
from careward.rewards.facts import Accreditation, Facts, Penalty
from careward.rulebook.places import InstitutionTypes
from careward.rulebook.programme import Programme
from careward.rulebook.reward import PerBed

REQUIRED: Final = (
    "institution_code",
    "name",
    "county",
    "type",
    "ownership",
    "founded_on",
    "open_beds_prev_dec",
    "residents_prev_dec",
    "anyang_residents_prev_dec",
    "early_intervention_residents_prev_dec",
    "accreditations",
    "penalties",
    "indicators",
)
OPTIONAL: Final = ("ended_on", "year")
COLUMNS: Final = (*REQUIRED, *OPTIONAL)
KINDS: Final = ("regular", "re")
COUNT_SUFFIX: Final = "_prev_dec"
STATES: Final = ("met", "unmet", "pending", "na")
_ID: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_ISO: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_NUMBER: Final = re.compile(r"\d{1,6}(?:\.0+)?")


class Wrong(ValueError):
    """A cell cannot be taken: ``code`` names the texts under ``rewards:faults``."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.code, self.values = code, values


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one cell (or row, when ``column`` is empty): where, what, and what was expected."""

    line: int
    column: str
    reason: str
    expected: str

    def __str__(self) -> str:
        said = {"line": self.line, "reason": self.reason, "expected": self.expected}
        if self.column:
            return text("rewards:faults.line", column=self.column, **said)
        return text("rewards:faults.row", **said)


@dataclass(frozen=True, slots=True)
class Known:
    """What cells are held against: the rulebook's types and ownerships and the programme's indicators."""

    types: InstitutionTypes
    indicators: tuple[str, ...]
    counted: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, types: InstitutionTypes, programme: Programme) -> "Known":
        """What a programme's facts are held against; a count its beds rest on may not be left empty."""
        rules = programme.reward
        bases = rules.beds.values() if isinstance(rules, PerBed) else ()
        counted: dict[str, frozenset[str]] = {}
        for basis in bases:
            names = counted.get(basis.type, frozenset())
            counted[basis.type] = names | {f"{basis.counted}{COUNT_SUFFIX}"}
        return cls(types, tuple(programme.indicators), counted)

    def grade(self, written: str) -> tuple[str, bool]:
        """Return a grade and whether it passes; 乙等 is 乙. Raises Wrong."""
        for family in self.types.grade_families.values():
            plain = written.removesuffix(family.suffix or "")
            if plain in family.grades:
                return plain, plain in family.passing
        grades = [grade for family in self.types.grade_families.values() for grade in family.grades]
        raise Wrong("grade", found=written, known=listed(grades))


def listed(names: Any) -> str:
    """Names in a row, as Chinese lists them."""
    return text("rewards:separator").join(names)


def read_row(
    cells: Mapping[str, str], known: Known, line: int, origin: str
) -> tuple[Facts | None, list[Fault]]:
    """Read one row; every unreadable cell is a fault, and then there are no facts."""
    faults: list[Fault] = []
    values: dict[str, Any] = {}
    for name, reader in _readers(known).items():
        try:
            values[name] = reader(squeeze(cells.get(name, "") or ""))
        except Wrong as wrong:
            faults.append(fault(line, name, wrong))
    for name in sorted(known.counted.get(values.get("type", ""), ())):
        faults += [] if (cells.get(name) or "").strip() else [fault(line, name, Wrong("empty"))]
    if faults:
        return None, faults
    indicators, reasons = values["indicators"]
    return (
        Facts(
            institution_code=values["institution_code"],
            name=(cells.get("name") or "").strip(),
            county=values["county"],
            type=values["type"],
            ownership=values["ownership"],
            founded_on=values["founded_on"],
            open_beds=values["open_beds_prev_dec"],
            residents=values["residents_prev_dec"],
            anyang_residents=values["anyang_residents_prev_dec"],
            early_intervention_residents=values["early_intervention_residents_prev_dec"],
            accreditations=values["accreditations"],
            penalties=values["penalties"],
            indicators=indicators,
            indicator_reasons=reasons,
            ended_on=values["ended_on"],
            origin=origin,
        ),
        [],
    )


def fault(line: int, column: str, wrong: Wrong) -> Fault:
    """Word a refusal."""
    reason = text(f"rewards:faults.{wrong.code}.reason", **wrong.values)
    return Fault(line, column, reason, text(f"rewards:faults.{wrong.code}.expected", **wrong.values))


def _readers(known: Known) -> dict[str, Callable[[str], Any]]:
    return {
        "institution_code": _needed,
        "county": str,
        "type": _one_of(tuple(known.types.institution_types)),
        "ownership": _one_of(tuple(known.types.ownerships)),
        "founded_on": _day_or_none,
        "open_beds_prev_dec": _count,
        "residents_prev_dec": _count,
        "anyang_residents_prev_dec": _count,
        "early_intervention_residents_prev_dec": _count,
        "accreditations": lambda written: read_accreditations(written, known),
        "penalties": read_penalties,
        "indicators": lambda written: read_indicators(written, known.indicators),
        "ended_on": _day_or_none,
    }


def _needed(written: str) -> str:
    if not written:
        raise Wrong("empty")
    return written


def _one_of(ids: tuple[str, ...]) -> Callable[[str], str]:
    def read(written: str) -> str:
        if written not in ids:
            raise Wrong("unknown", found=written, known=listed(ids))
        return written

    return read


def _count(written: str) -> int:
    """A whole number; an empty cell is 0, and spreadsheets may write 49 as 49.0."""
    if not written:
        return 0
    if not _NUMBER.fullmatch(written) or not written.isascii():
        raise Wrong("count", found=written)
    return int(written.partition(".")[0])


def read_day(written: str) -> date:
    """Read an ISO day; spreadsheets' day cells arrive in ROC years. Raises Wrong."""
    try:
        return date.fromisoformat(written) if _ISO.fullmatch(written) else parse_date(written)
    except (ValueError, NotADate) as error:
        raise Wrong("day", found=written) from error


def _day_or_none(written: str) -> date | None:
    return read_day(written) if written else None


def read_accreditations(written: str, known: Known) -> tuple[Accreditation, ...]:
    """``grade@announced@valid_from@valid_to@kind`` joined by ``|``. Raises Wrong."""
    return tuple(_accreditation(one, known) for one in _entries(written, "|"))


def _accreditation(written: str, known: Known) -> Accreditation:
    parts = [part.strip() for part in written.split("@")]
    if len(parts) != 5:
        raise Wrong("accreditation", found=written)
    grade, announced_on, begins, ends, kind = parts
    if kind not in KINDS:
        raise Wrong("kind", found=kind, known=listed(KINDS))
    announced = _day_or_none(announced_on)
    name, passed = known.grade(grade) if announced else (grade, False)
    valid_from, valid_to = _day_or_none(begins), _day_or_none(ends)
    if passed and valid_to is None:
        raise Wrong("validity_missing", found=written)
    if valid_from and valid_to and valid_to < valid_from:
        raise Wrong("validity_backwards", found=written)
    return Accreditation(name, announced, valid_from, valid_to, kind, passed)


def read_penalties(written: str) -> tuple[Penalty, ...]:
    """``OFFENCE/PENALTY@offence_date@penalty_date`` joined by ``|``. Raises Wrong."""
    return tuple(_penalty(one) for one in _entries(written, "|"))


def _penalty(written: str) -> Penalty:
    parts = [part.strip() for part in written.split("@")]
    ids = [part.strip() for part in parts[0].split("/")]
    if len(parts) != 3 or len(ids) != 2 or not all(_ID.fullmatch(one) for one in ids):
        raise Wrong("penalty", found=written)
    return Penalty(ids[0], ids[1], read_day(parts[1]), read_day(parts[2]))


def read_indicators(written: str, known: tuple[str, ...]) -> tuple[dict[str, str], dict[str, str]]:
    """``ID=state`` joined by ``;``; ``na`` may carry a reason, ``na:…``. Raises Wrong."""
    states: dict[str, str] = {}
    reasons: dict[str, str] = {}
    for one in _entries(written, ";"):
        id_, sign, said = (part.strip() for part in one.partition("="))
        state, _, reason = (part.strip() for part in said.partition(":"))
        if id_ not in known:
            raise Wrong("indicator", found=id_, known=listed(known))
        if not sign or state not in STATES:
            raise Wrong("state", found=one, known=listed(STATES))
        if id_ in states:
            raise Wrong("indicator_twice", found=id_)
        states[id_] = state
        if reason:
            reasons[id_] = reason
    return states, reasons


def _entries(written: str, sign: str) -> list[str]:
    return [one.strip() for one in nfkc(written).split(sign) if one.strip()]
