"""What was accepted of an institution before: the ground for checks across files and over time.

Asked lazily, since most files need none of it; one that was never accepted is None and no check fails by it.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Final, Protocol

from careward.intake.cells import Value
from careward.kernel.roc import RocMonth

KnownRow = Mapping[str, Value]
"""One accepted row by code name, as it is kept: names masked, numbers hashed."""


class KnownTable:
    """The rows of one accepted file."""

    def __init__(self, period: RocMonth, rows: Sequence[KnownRow]) -> None:
        self.period, self.rows = period, rows
        self._by: dict[str, dict[Value, list[KnownRow]]] = {}

    def with_value(self, field: str, value: Value) -> Sequence[KnownRow]:
        """The rows that hold `value` in `field`; empty when there is none."""
        if field not in self._by:
            index: dict[Value, list[KnownRow]] = {}
            for row in self.rows:
                index.setdefault(row.get(field), []).append(row)
            self._by[field] = index
        return self._by[field].get(value, ())

    @cached_property
    def only(self) -> KnownRow | None:
        """The single row of a dataset that has one a month."""
        return self.rows[0] if len(self.rows) == 1 else None


class Known(Protocol):
    """Looks accepted files up by dataset."""

    def month(self, dataset: str) -> KnownTable | None:
        """The file of the same month; None when none is accepted."""

    def before(self, dataset: str) -> KnownTable | None:
        """The file of the latest earlier month; None when none is accepted."""


class _Nothing:
    def month(self, dataset: str) -> KnownTable | None:
        return None

    def before(self, dataset: str) -> KnownTable | None:
        return None


NOTHING_KNOWN: Final[Known] = _Nothing()
"""For checks without a database, and before anything was accepted."""
