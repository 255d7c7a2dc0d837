"""Which figures are published, so that nobody can tell from a table what a few institutions were asked.

Pure. Source: decided (the issue asks for small numbers to be suppressed; the threshold is rules/policies.yaml's).
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Share:
    """``part`` cases out of ``whole``."""

    part: int
    whole: int

    @property
    def percent(self) -> float:
        """In percent, one decimal; 0 of no cases at all."""
        return round(100 * self.part / self.whole, 1) if self.whole else 0.0


@dataclass(frozen=True, slots=True)
class Published:
    """Which cells of a column may be shown, in their order, and whether its total may."""

    cells: tuple[bool, ...]
    total: bool


def is_small(share: Share, threshold: int) -> bool:
    """Whether a cell tells of too few: too few cases, or some but too few of them, or all but too few."""
    rest = share.whole - share.part
    return share.whole > 0 and (share.whole < threshold or 0 < share.part < threshold or 0 < rest < threshold)


def publishable(column: Sequence[Share], threshold: int) -> Published:
    """Hide the small cells of a column, and further ones until no hidden one follows from the total.

    The numbers of cases (``whole``) are known to every reader. A hidden cell is safe when the shown ones and the
    total leave it at least ``threshold`` possible values, or all that its cases allow. Further cells are hidden
    smallest first; when that does not help, the total is hidden instead.
    """
    hidden = {place for place, share in enumerate(column) if is_small(share, threshold)}
    total = Share(sum(share.part for share in column), sum(share.whole for share in column))
    if not hidden:
        return Published(tuple(True for _ in column), not is_small(total, threshold))
    if not is_small(total, threshold):
        wider = _until_safe(column, hidden, threshold)
        if wider is not None:
            return Published(tuple(place not in wider for place in range(len(column))), total=True)
    return Published(tuple(place not in hidden for place in range(len(column))), total=False)


def _until_safe(column: Sequence[Share], hidden: set[int], threshold: int) -> set[int] | None:
    """The hidden cells and as many more as they need; None when even all are not enough."""
    wider = set(hidden)
    others = sorted(
        (place for place, share in enumerate(column) if place not in hidden and share.whole),
        key=lambda place: (column[place].part, column[place].whole, place),
    )
    while not _safe([column[place] for place in sorted(wider)], threshold):
        if not others:
            return None
        wider.add(others.pop(0))
    return wider


def _safe(hidden: Sequence[Share], threshold: int) -> bool:
    together, room = sum(share.part for share in hidden), sum(share.whole for share in hidden)
    for share in hidden:
        least = max(0, together - (room - share.whole))
        most = min(share.whole, together)
        if most - least + 1 < min(threshold, share.whole + 1):
            return False
    return True
