"""What one connection knows about itself, and what all connections of a process share."""

import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from careward.gateway.admission import Admission, Caller
from careward.gateway.backend import Backend, Guest, Outcome, Step, Usage
from careward.gateway.policy import Policy
from careward.gateway.staging import Staging
from careward.gateway.threads import Crew
from careward.gateway.upload import Refusal
from careward.kernel import clock

_DAY: Final = timedelta(days=1)
_USAGE_SECONDS: Final = 60.0
_MOST_REFUSED: Final = 50


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
    refused: int = 0
    open_uploads: int = 0
    last_seen: float = field(default_factory=time.monotonic)
    _usage: Usage | None = None
    _usage_read: float = 0.0
    _sent_before: tuple[int, int] = (0, 0)

    async def may_send_more(self, house: House) -> None:
        """Refuse once the account has sent a day's worth; asked of the database now and then, counted here between.

        Raises :class:`Refusal`: quota_files, quota_bytes.
        """
        if self._usage is None or time.monotonic() - self._usage_read > _USAGE_SECONDS:
            since = clock.now() - _DAY
            self._usage = await house.crew.ask(house.backend.usage, self.guest, since)
            self._usage_read = time.monotonic()
            self._sent_before = (self.deliveries, self.bytes_in)
        files = self._usage.files + self.deliveries - self._sent_before[0]
        size = self._usage.size + self.bytes_in - self._sent_before[1]
        if files >= house.policy.max_files_a_day:
            raise Refusal("quota_files", limit=house.policy.max_files_a_day)
        if size >= house.policy.max_bytes_a_day:
            raise Refusal("quota_bytes", limit=house.policy.max_bytes_a_day // 1024**2)

    def seen(self) -> None:
        """Note that the client is doing something."""
        self.last_seen = time.monotonic()

    async def note(
        self, house: House, step: Step, outcome: Outcome, detail: str = "", *, file: str = ""
    ) -> None:
        """Keep what happened to this visit."""
        await house.admission.note(self.caller, step, outcome, detail, file)

    def note_soon(self, house: House, outcome: Outcome, file: str) -> None:
        """Keep what became of a file a moment later, without anybody waiting for it."""
        house.admission.note_soon(self.caller, Step.FILE, outcome, file)

    async def note_refused(self, house: House, code: str, file: str) -> None:
        """Keep why a file was refused; no more often than somebody could want to read."""
        self.refused += 1
        if self.refused <= _MOST_REFUSED:
            await self.note(house, Step.FILE, Outcome.FILE_REFUSED, code, file=file)
