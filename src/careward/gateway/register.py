"""The connections of this process: how many may be there, and who must leave."""

import logging
import time
from typing import TYPE_CHECKING

from careward.gateway import metrics
from careward.gateway.policy import Policy
from careward.gateway.visit import House
from careward.kernel import clock

if TYPE_CHECKING:
    from careward.gateway.connection import Connection

log = logging.getLogger(__name__)


class Register:
    """Counts connections and ends those whose right has ended or that have been idle too long."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._here: set[Connection] = set()

    def arrive(self, connection: "Connection") -> bool:
        """Take a new connection in, unless there are too many: in all, not signed in, of its source."""
        strangers = [other for other in self._here if other.visit is None]
        of_source = sum(1 for other in strangers if other.source == connection.source)
        if (
            len(self._here) >= self._policy.max_connections
            or len(strangers) >= self._policy.max_unauthenticated
            or of_source >= self._policy.max_unauthenticated_per_source
        ):
            return False
        self._here.add(connection)
        metrics.CONNECTIONS.set(len(self._here))
        return True

    def leave(self, connection: "Connection") -> None:
        """Forget a connection."""
        self._here.discard(connection)
        metrics.CONNECTIONS.set(len(self._here))

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
            connection.end(reason)

    def end_idle(self) -> None:
        """Close connections that have done nothing for the idle time."""
        oldest = time.monotonic() - self._policy.idle_time.total_seconds()
        for connection in list(self._here):
            if connection.visit and connection.visit.last_seen < oldest:
                connection.end("idle")

    def end_expired(self) -> None:
        """Close connections whose time is over; needs no database."""
        at = clock.now()
        for connection in list(self._here):
            if connection.visit and (end := connection.visit.guest.open_until) is not None and at >= end:
                connection.end("right_ended")

    async def end_unwelcome(self, house: House) -> None:
        """Close connections of accounts that may no longer be here. Raises what the backend raises."""
        guests = {connection.visit.guest for connection in self._here if connection.visit}
        if not guests:
            return
        unwelcome = guests - await house.crew.ask(house.backend.still_welcome, guests)
        for connection in list(self._here):
            if connection.visit and connection.visit.guest in unwelcome:
                connection.end("right_ended")
