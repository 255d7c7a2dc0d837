"""The findings of one file: written as they are made, read as often as wanted, however many there are.

A few stay in memory; beyond :data:`MOST_IN_MEMORY` each check's findings go to an unnamed temporary file, which is
gone with the process. What is written there is fit to be shown, as a finding is.
"""

import heapq
import json
import os
import weakref
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Final

from careward.checking.findings import Adaptation, Finding
from careward.rulebook.interchange import Check

MOST_IN_MEMORY: Final = 50_000
"""Some 17 MB."""
_READ_BYTES: Final = 1 << 16


@dataclass
class OfCheck:
    """All findings of one check, in the order of the lines; iterate as often as wanted."""

    check: Check
    rank: int
    count: int = 0
    first_line: int | None = None
    _held: list[Finding] = field(default_factory=list)
    _file: IO[bytes] | None = None

    def add(self, finding: Finding) -> None:
        """Take the next one. Raises ValueError when it stands before the last one."""
        if not self.count:
            self.first_line = finding.line
        self.count += 1
        if self._file is None:
            self._held.append(finding)
        else:
            self._file.write(_written(finding))

    def spill(self, folder: Path | None) -> None:
        """From here on keep them on disk."""
        self._file = TemporaryFile(dir=folder)  # noqa: SIM115 – lives as long as the findings
        weakref.finalize(self, self._file.close)
        self._file.writelines(map(_written, self._held))
        self._held = []

    def __iter__(self) -> Iterator[Finding]:
        return iter(tuple(self._held)) if self._file is None else self._read(self._file)

    def _read(self, file: IO[bytes]) -> Iterator[Finding]:
        file.flush()
        place, rest = 0, b""
        while chunk := os.pread(file.fileno(), _READ_BYTES, place):
            place += len(chunk)
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                number, found, key, values, mark = json.loads(line)
                yield Finding(number, self.check, found, key, values, mark)


@dataclass(frozen=True, slots=True)
class OfRecord:
    """All findings of one line, None being the file as a whole."""

    line: int | None
    findings: tuple[Finding, ...]

    @property
    def record_key(self) -> str:
        """How the institution knows the row; empty where no finding says it."""
        return next((finding.record_key for finding in self.findings if finding.record_key), "")


class Findings:
    """Every finding of one file. Add those of one check in the order of their lines; iterating gives all by line.

    `order` says which of two checks is told first of one line
    (:attr:`careward.checking.engine.compiling.Compiled.order`); a check it does not know comes
    after those it does. `folder` is where the temporary files lie.
    """

    def __init__(self, order: Mapping[str, int] | None = None, *, folder: Path | None = None) -> None:
        self._order, self._folder = order or {}, folder
        self._checks: dict[str, OfCheck] = {}
        self._spilled = False
        self._records: int | None = None
        self.errors = self.warnings = 0

    @classmethod
    def of(cls, findings: Iterable[Finding]) -> "Findings":
        """A few that are already there."""
        made = cls()
        for finding in findings:
            made.add(finding)
        return made

    def add(self, finding: Finding) -> None:
        """Take one more."""
        known = self._checks.get(finding.rule)
        if known is None:
            known = self._checks[finding.rule] = self._begun(finding.check)
        known.add(finding)
        if finding.warns:
            self.warnings += 1
        else:
            self.errors += 1
        self._records = None
        if not self._spilled and len(self) > MOST_IN_MEMORY:
            self._spilled = True
            for each in self._checks.values():
                each.spill(self._folder)

    def __len__(self) -> int:
        return self.errors + self.warnings

    def __bool__(self) -> bool:
        return len(self) > 0

    def __iter__(self) -> Iterator[Finding]:
        """All of them, those of the whole file first, then by line."""
        turns = (((f.line or 0, each.rank), f) for each in self._checks.values() for f in each)
        if not self._spilled:
            return (finding for _, finding in sorted(turns, key=lambda turn: turn[0]))
        sides = [_turns(each) for each in self._checks.values()]
        return (finding for _, finding in heapq.merge(*sides, key=lambda turn: turn[0]))

    def by_check(self) -> list[OfCheck]:
        """Errors before warnings, then the one whose first finding stands further up."""
        return sorted(
            self._checks.values(), key=lambda each: (each.check.warns, each.first_line or 0, each.rank)
        )

    def by_record(self) -> Iterator[OfRecord]:
        """Line by line; the file as a whole first."""
        for line, findings in groupby(self, key=lambda finding: finding.line):
            yield OfRecord(line, tuple(findings))

    @property
    def records(self) -> int:
        """On how many lines something was found, the file as a whole counting as one; goes through all of them."""
        if self._records is None and self._spilled:
            self._records = sum(1 for _ in groupby(self, key=lambda finding: finding.line))
        elif self._records is None:
            self._records = len({finding.line for each in self._checks.values() for finding in each})
        return self._records

    def _begun(self, check: Check) -> OfCheck:
        begun = OfCheck(check, self._order.get(check.id, len(self._order) + len(self._checks)))
        if self._spilled:
            begun.spill(self._folder)
        return begun


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The whole answer to one file. `row_count` counts data rows, those that cannot be read too.

    `readable` is False when the file, or its rest from some line on, could not be taken as a table.
    """

    findings: Findings
    row_count: int
    adaptations: tuple[Adaptation, ...]
    readable: bool

    @property
    def errors(self) -> int:
        """How many findings reject the file."""
        return self.findings.errors

    @property
    def warnings(self) -> int:
        """How many findings only warn."""
        return self.findings.warnings

    @property
    def accepted(self) -> bool:
        """All or nothing: one error rejects the file, warnings don't."""
        return self.errors == 0


def _turns(each: OfCheck) -> Iterator[tuple[tuple[int, int], Finding]]:
    return (((finding.line or 0, each.rank), finding) for finding in each)


def _written(finding: Finding) -> bytes:
    told = (finding.line, finding.found, finding.record_key, finding.values, finding.mark)
    return json.dumps(told).encode() + b"\n"
