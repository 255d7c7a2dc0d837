"""What follows from rules alone, made once per process as long as the same objects are used."""

from collections.abc import Callable
from typing import Final, Generic, TypeVar, TypeVarTuple

Rules = TypeVarTuple("Rules")
T = TypeVar("T")
_MOST: Final = 64


class MadeOnce(Generic[*Rules, T]):
    """Remembers what `make` gives for its rules; rules that were read again are other objects and get their own."""

    def __init__(self, make: Callable[[*Rules], T]) -> None:
        self._make = make
        self._made: dict[tuple[int, ...], tuple[tuple[*Rules], T]] = {}

    def __call__(self, *rules: *Rules) -> T:
        """What belongs to these rules; they are held, so that no other object can come to their ids."""
        ids = tuple(map(id, rules))
        known = self._made.get(ids)
        if known is None:
            if len(self._made) >= _MOST:
                self._made.clear()
            known = self._made[ids] = (rules, self._make(*rules))
        return known[1]
