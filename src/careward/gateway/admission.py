"""Who comes in: the address first, then the account, then the secret; and what every failure costs.

For a stranger all refusals are one: an unlisted address, an unknown or closed account and a locked one are
answered without hashing anything, and every failed password after the same time. So nobody outside an address
list can tell whether an account exists, nor make the server work. Source: security-baseline.md rows 7, 14, 37
and 40; issue "SFTP gateway".
"""

import asyncio
import logging
from dataclasses import dataclass, replace
from datetime import timedelta
from ipaddress import IPv6Address, ip_address
from typing import Final
from weakref import WeakValueDictionary

import asyncssh
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from careward.gateway import metrics
from careward.gateway.backend import Attempt, Backend, Guest, Key, Outcome, Step
from careward.gateway.defence import locked_until
from careward.gateway.notebook import Notebook
from careward.gateway.policy import Policy
from careward.gateway.threads import Crew
from careward.kernel import clock
from careward.kernel.networks import contains
from careward.vendors.keys import is_strong

log = logging.getLogger(__name__)
sessions = logging.getLogger("careward.gateway.sessions")
"""One JSON line per attempt and per session that ended; without user and file names."""

_HASHER: Final = PasswordHasher()
_NOBODYS_HASH: Final = _HASHER.hash("nobody has this password")
_MAX_PASSWORD: Final = 1024


@dataclass(frozen=True, slots=True)
class Caller:
    """One user name tried by one connection, and what :meth:`Admission.look` found."""

    username: str
    source: str
    guest: Guest | None
    refusal: Outcome | None

    @property
    def account_id(self) -> str | None:
        """The account's id, where there is an account."""
        return self.guest.account_id if self.guest else None


def plain_address(text: str) -> str:
    """Write a peer address one way: IPv4-mapped IPv6 as IPv4, without a zone."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return text
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(address)


class Admission:
    """The rules of the door for one server process; state that counts lies in the backend."""

    def __init__(self, backend: Backend, crew: Crew, policy: Policy) -> None:
        self._backend = backend
        self._crew = crew
        self._policy = policy
        self._notebook = Notebook(backend, crew, _tell)
        self._turns: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    async def look(self, username: str, source: str) -> Caller:
        """Decide all that can be decided before a secret is asked for, and note a refusal."""
        guest = await self._crew.ask(self._backend.guest, username)
        step, refusal = _before_secret(guest, source)
        if refusal is None and await self._locked(username, source):
            step, refusal = Step.ACCOUNT, Outcome.LOCKED
        caller = Caller(username, source, guest, refusal)
        if refusal is not None:
            await self.note(caller, step, refusal)
        return caller

    async def _locked(self, username: str, source: str) -> bool:
        at, lock = clock.now(), self._policy.lock_time
        failures = await self._crew.ask(self._backend.failures, username, source, at - 2 * lock)
        ends = (
            locked_until(failures.of_pair, self._policy.failures_before_lock, lock),
            locked_until(failures.of_source, self._policy.source_failures_before_lock, lock),
        )
        return any(end is not None and at < end for end in ends)

    async def password(self, caller: Caller, password: str) -> bool:
        """Check a password; a failure is noted before it is answered, and answered after a fixed time."""
        loop = asyncio.get_running_loop()
        answer_at = loop.time() + self._policy.failure_time / timedelta(seconds=1)
        if caller.refusal is None and await self._verified(caller, password):
            return True
        await asyncio.sleep(answer_at - loop.time())
        return False

    async def _verified(self, caller: Caller, password: str) -> bool:
        # One guess at a time for an account and source: guesses sent side by side, or sent and withdrawn,
        # would otherwise all be tried before the first failure is counted.
        turn = self._turns.setdefault((caller.username, caller.source), asyncio.Lock())
        return await asyncio.shield(asyncio.ensure_future(self._in_turn(turn, caller, password)))

    async def _in_turn(self, turn: asyncio.Lock, caller: Caller, password: str) -> bool:
        async with turn:
            if await self._locked(caller.username, caller.source):
                await self.note(caller, Step.PASSWORD, Outcome.LOCKED)
                return False
            known = caller.guest.password_hash if caller.guest else None
            right = await self._crew.hash(_matches, known or _NOBODYS_HASH, password) and known is not None
            await self.note(caller, Step.PASSWORD, Outcome.SIGNED_IN if right else Outcome.PASSWORD_WRONG)
            return right

    def known_key(self, caller: Caller, key: asyncssh.SSHKey) -> Key | None:
        """Find the key if it is registered and strong; asyncssh then demands its signature, SHA-2 only."""
        if caller.refusal is not None or caller.guest is None or not is_strong(key):
            return None
        known = next((k for k in caller.guest.keys if _public_data(k.line) == key.public_data), None)
        if known is not None and key.algorithm == b"ssh-rsa":
            key.all_sig_algorithms = {b"rsa-sha2-512", b"rsa-sha2-256"}
        return known

    async def note(
        self, caller: Caller, step: Step, outcome: Outcome, detail: str = "", file: str = ""
    ) -> None:
        """Keep what happened; who gets in without a trace does not get in, so errors are passed on."""
        attempt = _attempt(caller, step, outcome, detail, file)
        await self._crew.ask(self._backend.attempt, attempt)
        _tell(attempt)

    def note_soon(self, caller: Caller, step: Step, outcome: Outcome, file: str) -> None:
        """Keep what happened to somebody with an account, or to a file of theirs, without waiting for it."""
        self._notebook.add(_attempt(caller, step, outcome, "", file))

    async def close(self) -> None:
        """Keep what is still to be kept."""
        await self._notebook.close()


def _attempt(caller: Caller, step: Step, outcome: Outcome, detail: str, file: str) -> Attempt:
    system = caller.guest is not None and caller.guest.system
    return Attempt(
        clock.now(), caller.source, caller.username, caller.account_id, step, outcome, detail, system, file
    )


def _tell(attempt: Attempt) -> None:
    metrics.ATTEMPTS.labels(attempt.step, attempt.outcome).inc()
    said = {"step": attempt.step, "outcome": attempt.outcome, "source": attempt.source}
    sessions.info("attempt", extra=said | {"account": attempt.account_id, "detail": attempt.detail})


def admitted(guest: Guest, source: str, key: Key | None) -> Guest:
    """Narrow an account to what let this one in, so that it leaves when that no longer stands."""
    ends = [end for end in (guest.open_until, key.until if key else None) if end is not None]
    return replace(
        guest,
        networks=tuple(network for network in guest.networks if contains((network,), source)),
        password_hash=None if key else guest.password_hash,
        keys=(key,) if key else (),
        open_until=min(ends, default=None),
    )


def _before_secret(guest: Guest | None, source: str) -> tuple[Step, Outcome | None]:
    if guest is None:
        return Step.ACCOUNT, Outcome.ACCOUNT_UNKNOWN
    if not contains(guest.networks, source):
        return Step.ADDRESS, Outcome.ADDRESS_NOT_LISTED
    at = clock.now()
    if not guest.lanes:
        return Step.ACCOUNT, Outcome.WITHOUT_RIGHT
    if at < guest.open_from:
        return Step.ACCOUNT, Outcome.NOT_OPEN_YET
    if guest.open_until is not None and at >= guest.open_until:
        return Step.ACCOUNT, Outcome.CLOSED
    return Step.ACCOUNT, None


def _matches(password_hash: str, password: str) -> bool:
    if len(password) > _MAX_PASSWORD:
        return False
    try:
        return _HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def _public_data(line: str) -> bytes:
    try:
        return asyncssh.import_public_key(line).public_data
    except asyncssh.KeyImportError:
        log.warning("a registered key can not be read")
        return b""
