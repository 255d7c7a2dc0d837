"""Why a file is no table of its dataset; apart from what reads tables, for who only names files."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from careward.rulebook.interchange_rules import ReadingProblem


@dataclass(frozen=True, slots=True)
class Fault:
    """One reason why a file cannot be read; `values` are what the check's wording needs beside `found`."""

    problem: ReadingProblem
    found: str = ""
    values: Mapping[str, object] = field(default_factory=dict)
    line: int | None = None


class Unreadable(Exception):
    """The file, or its rest, is not a table of the dataset. `faults` has every reason that could be told."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__(", ".join(fault.problem for fault in faults))
        self.faults = faults
