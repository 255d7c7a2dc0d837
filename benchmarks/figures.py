"""Figures, and how they are taken: sides in turn, so that a busy moment of the machine meets both; medians."""

import gc
import operator
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final, Literal

LARGE: Final = os.environ.get("CAREWARD_BENCH_LARGE") == "1"
"""Whether the measures that take long are taken at full size: `make bench-intake` says so."""

Op = Literal[">=", "<=", "<", "="]
_HOLDS: Final[Mapping[Op, Callable[[float, float], bool]]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "<": operator.lt,
    "=": operator.eq,
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure and what it should be."""

    name: str
    value: float
    op: Op
    aim: float

    @property
    def ok(self) -> bool:
        """Whether the figure is as it should be."""
        return _HOLDS[self.op](self.value, self.aim)

    def __str__(self) -> str:
        verdict = "ok" if self.ok else "SHORT"
        return f"ratio {self.name} {self.value:.2f} aim {self.op} {self.aim:g} {verdict}"


def seconds(work: Callable[[], object]) -> float:
    """How long one run takes, the collector run before and not during it."""
    gc.collect()
    gc.disable()
    try:
        begun = time.perf_counter()
        work()
        return time.perf_counter() - begun
    finally:
        gc.enable()


def in_turn(sides: Sequence[Callable[[], object]], *, rounds: int) -> list[float]:
    """Median seconds of each side, run in turn; the first round only warms up."""
    taken: list[list[float]] = [[] for _ in sides]
    for number in range(rounds + 1):
        for side, times in zip(sides, taken, strict=True):
            spent = seconds(side)
            if number:
                times.append(spent)
    return [median(times) for times in taken]
