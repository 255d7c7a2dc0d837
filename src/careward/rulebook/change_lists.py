"""Changes of connection data after the window: from when they may be asked for, and the lists they gather in.

A list is never filled or closed by anybody: which one an approved change belongs to follows from the moment it was
approved (S0 帳號開通: 每月統整名單).
"""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from careward.kernel.roc import RocMonth
from careward.rulebook.values import ByCode, Entry, Frozen, Instant, Sourced

Positive = Annotated[int, Field(gt=0)]


class ChangeList(Entry):
    """One month's list (``code`` is the ROC month, ``11412``) and when it is frozen.

    What is approved at the very moment still belongs to it, as with everything that closes [decided, domain.md §2].
    """

    code: Annotated[str, Field(pattern=r"^\d{3}(0[1-9]|1[0-2])$")]
    at: Instant

    @property
    def month(self) -> RocMonth:
        """The month it is called by."""
        return RocMonth.parse(self.code)

    def frozen(self, now: datetime) -> bool:
        """Whether nothing can be added any more at ``now`` (aware)."""
        return now > self.at


class Changes(Frozen):
    """The moment of the season from which a change may be asked for, the mailed link's days, the lists by time."""

    asked_from: Sourced[str]
    link_valid_days: Sourced[Positive]
    wide_from_prefix_v4: Sourced[Annotated[int, Field(ge=1, le=32)]]
    wide_from_prefix_v6: Sourced[Annotated[int, Field(ge=1, le=128)]]
    lists: Annotated[ByCode[ChangeList], Field(min_length=1)]

    def list_of(self, approved_at: datetime) -> ChangeList | None:
        """The list a change approved at this moment belongs to; None once the last is frozen."""
        return next((one for one in self.lists.values() if not one.frozen(approved_at)), None)

    def began(self, listed: ChangeList) -> datetime | None:
        """When the list before was frozen: what is in ``listed`` was approved after it; None for the first."""
        before = None
        for one in self.lists.values():
            if one.code == listed.code:
                return before
            before = one.at
        raise KeyError(listed.code)
