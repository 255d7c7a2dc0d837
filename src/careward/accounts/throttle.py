"""Counting failures in the shared cache, so that every process sees the same count."""

from dataclasses import dataclass
from datetime import timedelta

from django.core.cache import cache


@dataclass(frozen=True, slots=True)
class Throttle:
    """At most ``limit`` failures per key; each is forgotten after ``lock``.

    A failure takes the first free of ``limit`` places by ``cache.add``, which is atomic: of parallel attempts
    none goes uncounted.
    """

    name: str
    limit: int
    lock: timedelta

    def exhausted(self, key: str) -> bool:
        """Whether no further attempt is to be looked at."""
        return len(cache.get_many(self._places(key))) >= self.limit

    def count(self, key: str) -> None:
        """Take note of one failure."""
        taken = cache.get_many(self._places(key))
        for place in self._places(key):
            if place not in taken and cache.add(place, 1, timeout=self.lock.total_seconds()):
                return

    def take(self, key: str) -> bool:
        """Take note of one attempt; False when the key has used up all of them."""
        places = self._places(key)
        taken = cache.get_many(places)
        free = (place for place in places if place not in taken)
        return any(cache.add(place, 1, timeout=self.lock.total_seconds()) for place in free)

    def _places(self, key: str) -> list[str]:
        return [f"throttle:{self.name}:{key}:{number}" for number in range(self.limit)]
