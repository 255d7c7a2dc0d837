"""Check kinds that look beyond single rows: an order in time, other files of the month, the month before."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from careward.rulebook.interchange_kind import Kind


class Sequence(Kind):
    """Each one's events, sorted by `order`, follow the table `then`: code → codes that may come next.

    `by` is the field of the one they belong to, `field` holds the code; any code may begin. Of several on one day
    any order that fits will do.
    """

    level = "records"
    tells = frozenset({"before", "allowed", "first_line"})
    kind: Literal["sequence"]
    by: str
    order: str
    field: str
    then: Mapping[str, tuple[str, ...]]

    @property
    def named(self) -> tuple[str, ...]:
        """The code, whose it is, when."""
        return (self.field, self.by, self.order)


class InOther(Kind):
    """The cell stands under `key` in the accepted file of `dataset` for the same month; no file, no check."""

    level = "files"
    tells = frozenset({"dataset"})
    kind: Literal["in_other"]
    field: str
    dataset: str
    key: str

    @property
    def named(self) -> tuple[str, ...]:
        """The one field."""
        return (self.field,)


class WithinStay(Kind):
    """The date lies within a stay told by `dataset`: rows with the same `key`, `start` to `end` (empty: open)."""

    level = "files"
    tells = frozenset({"dataset", "start", "end", "other_found"})
    kind: Literal["within_stay"]
    field: str
    by: str
    dataset: str
    key: str
    start: str
    end: str

    @property
    def named(self) -> tuple[str, ...]:
        """The date, whose it is."""
        return (self.field, self.by)


class SameAsBefore(Kind):
    """The cell is as it was in the month accepted last for the row with the same `key`."""

    level = "history"
    tells = frozenset({"before", "before_period"})
    kind: Literal["same_as_before"]
    field: str
    key: str

    @property
    def named(self) -> tuple[str, ...]:
        """The field, then the key."""
        return (self.field, self.key)


class ChangeWithin(Kind):
    """The number differs from the month accepted last by at most `percent` of it; below `least` none is looked at.

    `key` names the row, None where a file has one only.
    """

    level = "history"
    tells = frozenset({"before", "before_period", "percent"})
    kind: Literal["change_within"]
    field: str
    key: str | None = None
    percent: Annotated[int, Field(gt=0)]
    least: int = 0

    @property
    def named(self) -> tuple[str, ...]:
        """The number, then the key if there is one."""
        return (self.field, self.key) if self.key else (self.field,)


class CountsOther(Kind):
    """The number is that of the rows of `dataset` for the same month in which the field `open` is empty."""

    level = "files"
    tells = frozenset({"dataset", "count"})
    kind: Literal["counts_other"]
    field: str
    dataset: str
    open: str

    @property
    def named(self) -> tuple[str, ...]:
        """The number."""
        return (self.field,)
