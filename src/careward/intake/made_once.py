"""What follows from a dataset's rules alone, made once per process as long as the same rules are used."""

from collections.abc import Callable
from typing import Final, Generic, TypeVar

from careward.rulebook.interchange import Dataset

T = TypeVar("T")
_MOST: Final = 64


class MadeOnce(Generic[T]):
    """Remembers what `make` gives; rules that were read again are other objects and get their own."""

    def __init__(self, make: Callable[[Dataset], T]) -> None:
        self._make = make
        self._made: dict[int, tuple[Dataset, T]] = {}

    def __call__(self, dataset: Dataset) -> T:
        """What belongs to a dataset."""
        known = self._made.get(id(dataset))
        if known is None or known[0] is not dataset:
            if len(self._made) >= _MOST:
                self._made.clear()
            known = self._made[id(dataset)] = (dataset, self._make(dataset))
        return known[1]
