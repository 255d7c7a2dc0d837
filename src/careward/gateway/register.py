"""The connections of this process, and who must leave; how many may be there all processes of the host count."""

import logging
import time
from typing import Protocol

from careward.gateway import metrics
from careward.gateway.doors import ALL, STRANGERS, Doors, of_source
from careward.gateway.policy import Policy
from careward.gateway.visit import House, Visit
from careward.kernel import clock

log = logging.getLogger(__name__)


class Present(Protocol):
    """A connection, as far as it concerns who may be here; ``visit`` is there once it has signed in."""

    @property
    def source(self) -> str:
        """Its address."""

    @property
    def visit(self) -> Visit | None:
        """What it does here."""

    def end(self, reason: str) -> None:
        """Close it with a reason a person can read."""


class Register:
    """Counts connections and ends those whose right has ended or that have been idle too long."""

    def __init__(self, policy: Policy, doors: Doors) -> None:
        self._policy = policy
        self._doors = doors
        self._here: dict[Present, list[int]] = {}

    def arrive(self, connection: Present) -> bool:
        """Take a new connection in, unless there are too many: in all, not signed in, of its source."""
        policy = self._policy
        places: list[int] = []
        for first, count in (
            (ALL, policy.max_connections),
            (STRANGERS, policy.max_unauthenticated),
            (of_source(connection.source), policy.max_unauthenticated_per_source),
        ):
            place = self._doors.take(first, count)
            if place is None:
                self._give_back(places)
                return False
            places.append(place)
        self._here[connection] = places
        metrics.CONNECTIONS.set(len(self._here))
        return True

    def signed_in(self, connection: Present) -> None:
        """It is no stranger any more."""
        places = self._here.get(connection, [])
        self._give_back(places[1:])
        del places[1:]

    def leave(self, connection: Present) -> None:
        """Forget a connection."""
        self._give_back(self._here.pop(connection, []))
        metrics.CONNECTIONS.set(len(self._here))

    def _give_back(self, places: list[int]) -> None:
        for place in places:
            self._doors.give_back(place)

    @property
    def empty(self) -> bool:
        """Whether nobody is connected."""
        return not self._here

    @property
    def uploading(self) -> bool:
        """Whether any upload is open."""
        return any(c.visit and c.visit.open_uploads for c in self._here)

    def end_all(self, reason: str) -> None:
        """Close every connection."""
        for connection in list(self._here):
            _end(connection, reason)

    def end_idle(self) -> None:
        """Close connections that have done nothing for the idle time."""
        oldest = time.monotonic() - self._policy.idle_time.total_seconds()
        for connection in list(self._here):
            if connection.visit and connection.visit.last_seen < oldest:
                _end(connection, "idle")

    def end_expired(self) -> None:
        """Close connections whose time is over; needs no database."""
        at = clock.now()
        for connection in list(self._here):
            if connection.visit and (end := connection.visit.guest.open_until) is not None and at >= end:
                _end(connection, "right_ended")

    async def end_unwelcome(self, house: House) -> None:
        """Close connections of accounts that may no longer be here. Raises what the backend raises."""
        guests = {connection.visit.guest for connection in self._here if connection.visit}
        if not guests:
            return
        unwelcome = guests - await house.crew.ask(house.backend.still_welcome, guests)
        for connection in list(self._here):
            if connection.visit and connection.visit.guest in unwelcome:
                _end(connection, "right_ended")


def _end(connection: Present, reason: str) -> None:
    """One that cannot be ended must not keep the others here; it is tried again at the next look."""
    try:
        connection.end(reason)
    except Exception:  # whatever it is
        log.exception("a connection could not be ended (%s)", reason)
