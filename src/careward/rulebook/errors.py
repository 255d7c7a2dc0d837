"""What is wrong with a rulebook, said so that the person who edited the file can mend it."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One fault of one rules file.

    `file` is relative to the parent of the rules folder (`rules/seasons/115.yaml`), `path` the dotted place
    inside it (`moments.review_closes.at`, or the line for a syntax error), `reason` what is wrong, `expected`
    what would be right.
    """

    file: str
    path: str
    reason: str
    expected: str = ""

    def __str__(self) -> str:
        told = f"{self.file}: {self.path}: {self.reason}" if self.path else f"{self.file}: {self.reason}"
        return f"{told} → {self.expected}" if self.expected else told


class RulebookBroken(Exception):
    """Raised when rules/ cannot be believed; carries every problem found, in order of file and path."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: list[Problem] = sorted(set(problems))
        super().__init__("\n".join(map(str, self.problems)))
