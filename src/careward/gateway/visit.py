"""What one connection knows about itself, and what all connections of a process share."""

import time
from dataclasses import dataclass, field

from careward.gateway.admission import Admission, Caller
from careward.gateway.backend import Backend, Guest, Outcome, Step
from careward.gateway.policy import Policy
from careward.gateway.staging import Staging
from careward.gateway.threads import Crew


@dataclass(frozen=True, slots=True)
class House:
    """The parts every connection works with."""

    backend: Backend
    crew: Crew
    policy: Policy
    staging: Staging
    admission: Admission


@dataclass(slots=True)
class Visit:
    """One signed-in connection. Counts are for the log line at its end; ``last_seen`` is monotonic."""

    caller: Caller
    guest: Guest
    bytes_in: int = 0
    bytes_out: int = 0
    deliveries: int = 0
    open_uploads: int = 0
    last_seen: float = field(default_factory=time.monotonic)

    def seen(self) -> None:
        """Note that the client is doing something."""
        self.last_seen = time.monotonic()

    async def note(self, house: House, step: Step, outcome: Outcome, detail: str = "") -> None:
        """Keep what happened to this visit."""
        await house.admission.note(self.caller, step, outcome, detail)
