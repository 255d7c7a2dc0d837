"""What was accepted of an institution before: the ground for checks across files and over time.

Asked lazily, since most files need none of it; one that was never accepted is None and no check fails by it.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Final, Protocol, Self

import polars as pl

from careward.checking.cells import Value
from careward.kernel.roc import RocMonth

_FEW: Final = 3_000
"""Of so many rows all are made at once when one is looked up."""

KnownRow = Mapping[str, Value]
"""One accepted row by code name, as it is kept: names masked, numbers hashed."""


class KnownTable:
    """The rows of one accepted file, as columns."""

    def __init__(self, period: RocMonth, frame: pl.DataFrame) -> None:
        self.period, self.frame = period, frame
        self._by: dict[str, dict[Value, list[int]]] = {}

    @classmethod
    def of(
        cls, period: RocMonth, rows: Sequence[KnownRow], kinds: Mapping[str, pl.DataType] | None = None
    ) -> Self:
        """From rows that are there, with the fields' types where they are known."""
        return cls(period, pl.DataFrame(rows, schema=kinds, infer_schema_length=None))

    @property
    def rows(self) -> Iterator[KnownRow]:
        """One after the other."""
        return self.frame.iter_rows(named=True)

    def column(self, field: str) -> pl.Series:
        """All values of a field, one per row; null where an earlier version knew no such field."""
        known = field in self.frame.columns
        return self.frame.get_column(field) if known else pl.Series(field, [None] * self.frame.height)

    def with_value(self, field: str, value: Value) -> Sequence[KnownRow]:
        """The rows that hold `value` in `field`; empty when there is none."""
        if field not in self._by:
            index: dict[Value, list[int]] = {}
            for place, held in enumerate(self.column(field)):
                index.setdefault(held, []).append(place)
            self._by[field] = index
        places = self._by[field].get(value, ())
        if self.frame.height <= _FEW:
            return [self._whole[place] for place in places]
        return [self.frame.row(place, named=True) for place in places]

    @cached_property
    def _whole(self) -> list[dict[str, Any]]:
        return self.frame.to_dicts()

    @cached_property
    def only(self) -> KnownRow | None:
        """The single row of a dataset that has one a month."""
        return self.frame.row(0, named=True) if self.frame.height == 1 else None


class Known(Protocol):
    """Looks accepted files up by dataset."""

    def month(self, dataset: str) -> KnownTable | None:
        """The file of the same month; None when none is accepted."""

    def before(self, dataset: str) -> KnownTable | None:
        """The file of the latest earlier month; None when none is accepted."""


class LookedUpOnce(ABC):
    """Reads each accepted file when it is asked for first, and never again: a check sees one state of things."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], KnownTable | None] = {}

    def month(self, dataset: str) -> KnownTable | None:
        """See Known."""
        return self._once("month", dataset)

    def before(self, dataset: str) -> KnownTable | None:
        """See Known."""
        return self._once("before", dataset)

    @abstractmethod
    def read(self, which: str, dataset: str) -> KnownTable | None:
        """Read the file of a dataset that ``month`` or ``before`` tells of."""

    def _once(self, which: str, dataset: str) -> KnownTable | None:
        if (which, dataset) not in self._known:
            self._known[which, dataset] = self.read(which, dataset)
        return self._known[which, dataset]


class _Nothing:
    def month(self, dataset: str) -> KnownTable | None:
        return None

    def before(self, dataset: str) -> KnownTable | None:
        return None


NOTHING_KNOWN: Final[Known] = _Nothing()
"""For checks without a database, and before anything was accepted."""
