"""One connection from its first byte to its last: limits, sign-in, the one session it may open, its end."""

import asyncio
import logging
import os
import time
from collections.abc import Awaitable
from typing import Final, NoReturn

import asyncssh
from typing_extensions import override

from careward.gateway import metrics
from careward.gateway.admission import Caller, admitted, plain_address, sessions
from careward.gateway.backend import Key, Outcome, Step
from careward.gateway.protocol import Channel, Session
from careward.gateway.proxy import announced_source
from careward.gateway.register import Register
from careward.gateway.rooms import Rooms
from careward.gateway.visit import House, Visit
from careward.kernel.texts import text

log = logging.getLogger(__name__)

_MAX_NAMES: Final = 3
"""User names one connection may try: SSH allows a change, people do not need it."""
_MAX_SESSIONS: Final = 16
"""Sessions one connection may open in all: clients that share a connection open a few."""


class Connection(asyncssh.SSHServer):
    """asyncssh calls it for every event of one connection."""

    def __init__(self, house: House, register: Register) -> None:
        self._house = house
        self._register = register
        self._connection: asyncssh.SSHServerConnection | None = None
        self._caller: Caller | None = None
        self._began = time.monotonic()
        self._names = self._passwords = self._keys = self._sessions = 0
        self._key: Key | None = None
        self._noted: asyncio.Future[None] | None = None
        self._place: int | None = None
        self._gone = self._ended = False
        self.source = ""
        self.visit: Visit | None = None

    @override
    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        peer = conn.get_extra_info("peername")
        self.source = plain_address(announced_source() or (peer[0] if peer else ""))
        if not self._register.arrive(self):
            metrics.REFUSED.inc()
            sessions.warning("too many connections; one refused", extra={"source": self.source})
            conn.abort()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._register.leave(self)
        self._gone = True
        if self._place is not None:
            os.close(self._place)
            self._place = None
        if self.visit is not None:
            self._sum_up(self.visit)

    def _sum_up(self, visit: Visit) -> None:
        metrics.SESSIONS.inc()
        metrics.BYTES.labels("in").inc(visit.bytes_in)
        metrics.BYTES.labels("out").inc(visit.bytes_out)
        sessions.info(
            "session ended",
            extra={
                "account": visit.guest.account_id,
                "source": self.source,
                "by": "key" if visit.guest.keys else "password",
                "seconds": round(time.monotonic() - self._began, 1),
                "bytes_in": visit.bytes_in,
                "bytes_out": visit.bytes_out,
                "deliveries": visit.deliveries,
                "refused": visit.refused,
            },
        )

    def end(self, reason: str) -> None:
        """Close with a reason a person can read, ``gateway:sessions.<reason>``."""
        if self._connection is None or self._ended:
            return
        self._connection.create_task(_disconnect(reason))
        self._ended = True
        if self.visit is not None and reason == Outcome.RIGHT_ENDED:
            self._house.admission.note_soon(self.visit.caller, Step.SESSION, Outcome.RIGHT_ENDED, "")

    # -- sign-in ------------------------------------------------------------------------------------

    @override
    async def begin_auth(self, username: str) -> bool:
        self._caller = self._key = None
        self._names += 1
        if self._names > _MAX_NAMES:
            self._too_many_tries()
        try:
            self._caller = await self._house.admission.look(username, self.source)
        except Exception:
            # Whatever stands between us and the accounts: nobody gets in, and is told no more than that.
            log.exception("sign-in is not possible")
            raise asyncssh.DisconnectError(
                asyncssh.DISC_SERVICE_NOT_AVAILABLE, text("gateway:refusals.internal")
            ) from None
        return True

    def _too_many_tries(self) -> NoReturn:
        raise asyncssh.DisconnectError(
            asyncssh.DISC_NO_MORE_AUTH_METHODS_AVAILABLE, text("gateway:sessions.too_many_tries")
        )

    @override
    def password_auth_supported(self) -> bool:
        return True

    @override
    def public_key_auth_supported(self) -> bool:
        return True

    @override
    async def validate_password(self, username: str, password: str) -> bool:
        self._passwords += 1
        if self._passwords > self._house.policy.max_tries:
            self._too_many_tries()
        caller = self._caller
        if caller is None or caller.username != username:
            return False
        self._key = None
        return await self._house.admission.password(caller, password)

    @override
    async def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        self._keys += 1
        if self._keys > self._house.policy.max_offered_keys:
            self._too_many_tries()
        caller = self._caller
        if caller is None or caller.username != username:
            return False
        self._key = self._house.admission.known_key(caller, key)
        if self._key is not None:
            return True
        if caller.refusal is None and self._keys == 1:
            await self._house.admission.note(caller, Step.KEY, Outcome.KEY_UNKNOWN)
        return False

    @override
    async def auth_completed(self) -> None:
        caller = self._caller
        if caller is None or caller.guest is None or caller.refusal is not None:
            raise asyncssh.DisconnectError(asyncssh.DISC_BY_APPLICATION, text("gateway:refusals.internal"))
        # Before waiting: the client's next request may be here.
        self.visit = Visit(caller, admitted(caller.guest, self.source, self._key))
        self._register.signed_in(self)
        if self._key is not None:
            self._noted = asyncio.ensure_future(
                self._house.admission.note(caller, Step.KEY, Outcome.SIGNED_IN)
            )
            await self._noted

    # -- the session --------------------------------------------------------------------------------

    @override
    def session_requested(self) -> tuple[Channel, Awaitable[Session]]:
        connection, visit = self._connection, self.visit
        if connection is None or visit is None:
            raise _refused("refused")
        self._sessions += 1
        if self._sessions > _MAX_SESSIONS:
            raise _refused("too_many")
        return Channel(connection), self._session(visit)

    async def _session(self, visit: Visit) -> Session:
        """Begin only when the sign-in has left its trace."""
        if self._noted is not None:
            try:
                await self._noted
            except Exception:
                # A session without a trace must not begin, whatever kept the trace from being written.
                log.exception("a sign-in could not be noted")
                raise _refused("refused") from None
        if self._place is None:
            await self._take_place(visit)
        return Session(lambda channel: Rooms(channel, self._house, visit), self._house.policy.max_open_files)

    async def _take_place(self, visit: Visit) -> None:
        take = self._house.staging.take_place
        place = await self._house.crew.disk(take, visit.guest.account_id)
        if place is None:
            await visit.note(self._house, Step.SESSION, Outcome.TOO_MANY_SESSIONS)
            raise _refused("too_many")
        if self._place is not None or self._gone:
            os.close(place)  # two sessions began at once, or the client left meanwhile
        else:
            self._place = place

    # Forwarding of every kind is refused by asyncssh.SSHServer itself: it offers what is overridden, no more.


def _refused(reason: str) -> asyncssh.ChannelOpenError:
    return asyncssh.ChannelOpenError(
        asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED, text(f"gateway:sessions.{reason}")
    )


async def _disconnect(reason: str) -> NoReturn:
    # Raised in a task of the connection, it is sent before the channels are closed: OpenSSH leaves at the
    # first closed channel and would not hear why.
    raise asyncssh.DisconnectError(asyncssh.DISC_BY_APPLICATION, text(f"gateway:sessions.{reason}"))
