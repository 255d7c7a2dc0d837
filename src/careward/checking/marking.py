"""What a warning is known by, so that an institution confirms it once: a keyed hash of record, check and true value.

The value is that of every field the check speaks of, read and unmasked, so that a change nobody sees in a receipt –
another digit of a number that is shown masked – is asked about again, and another way to write the same value is not.
Where the check compares with other files, what they say belongs to it. Nobody without the key can tell a value.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from careward.checking.cells import UNREAD, Cell, written
from careward.kernel.roc import RocMonth
from careward.rulebook.interchange import Check, Dataset
from careward.store.secrets import hasher

DOMAIN: Final = "confirmed-warning"
_OF_OTHER_FILES: Final = ("before", "count")
"""What a wording tells of other files; the rest follows from the record and the month."""


@dataclass(frozen=True)
class Marker:
    """Marks the warnings of one file of one institution."""

    institution_code: str
    dataset: Dataset
    period: RocMonth

    def of(
        self,
        check: Check,
        key: str | None,
        values: Sequence[Cell],
        cells: Sequence[str],
        told: Mapping[str, object],
    ) -> str:
        """The mark of one warning; ``key`` is how the institution knows the row: where it has no way, the month is.

        ``cells`` are as they were written, for what could not be read.
        """
        said = [self._said(place, values, cells) for place in self._places(check)]
        known_as = str(self.period) if key is None else key.strip()
        beside = [str(told[name]) for name in _OF_OTHER_FILES if name in told]
        parts = (self.institution_code, self.dataset.id, check.id, known_as, said, beside)
        return self.hashed(json.dumps(parts, ensure_ascii=False))

    def hashed(self, parts: str) -> str:
        """With the installation's key."""
        return self._hashed(parts)

    def _said(self, place: int, values: Sequence[Cell], cells: Sequence[str]) -> str:
        value = values[place]
        if value is UNREAD:
            return cells[place].strip()
        return "" if value is None else written(self.dataset.fields[place], value)

    def _places(self, check: Check) -> list[int]:
        names = [field.id for field in self.dataset.fields]
        return [names.index(name) for name in check.rule.named if name in names]

    @cached_property
    def _hashed(self) -> Callable[[str], str]:
        return hasher(DOMAIN)
