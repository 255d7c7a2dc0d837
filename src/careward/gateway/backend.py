"""What the gateway asks of the rest of the house, and nothing more.

The server speaks SSH and keeps bytes until they are whole; accounts, deliveries and receipts lie behind
:class:`Backend`. Its methods are synchronous and are called in threads, never in the event loop.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, Literal, Protocol

from careward.kernel.networks import Network
from careward.store.objects import Arriving

Lane = Literal["live", "test"]
"""Where a delivery counts: ``test`` is the right of new applicants until they are live (domain.md §2)."""


class Step(StrEnum):
    """How far a connection came, in the order of 連線自我檢測."""

    ADDRESS = "address"
    ACCOUNT = "account"
    PASSWORD = "password"  # noqa: S105 # nosec B105
    KEY = "key"
    SESSION = "session"
    FILE = "file"


class Outcome(StrEnum):
    """What happened at a step; the sentence for people is ``gateway:outcomes.<value>``."""

    ACCOUNT_UNKNOWN = "account_unknown"
    ADDRESS_NOT_LISTED = "address_not_listed"
    NOT_OPEN_YET = "not_open_yet"
    CLOSED = "closed"
    WITHOUT_RIGHT = "without_right"
    LOCKED = "locked"
    PASSWORD_WRONG = "password_wrong"  # noqa: S105 # nosec B105
    KEY_UNKNOWN = "key_unknown"
    SIGNED_IN = "signed_in"
    TOO_MANY_SESSIONS = "too_many_sessions"
    RIGHT_ENDED = "right_ended"
    RECEIVED = "received"
    FILE_HELD = "file_held"
    FILE_REFUSED = "file_refused"
    FILE_CUT = "file_cut"


@dataclass(frozen=True, slots=True)
class Key:
    """A public key as in ``authorized_keys``, valid now and, if there is an end, ``until`` then."""

    line: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Guest:
    """An upload account as it stands now; for who has come in, what of it let them in.

    ``lanes`` is empty while nothing may be done (suspended, not handed over). The account is open while
    ``open_from <= at < open_until``. ``password_hash`` is argon2.
    ``system``: it uploads for many institutions, told by the names of its files. ``specification`` is the version
    its files follow.
    """

    account_id: str
    username: str
    institution_code: str
    lanes: tuple[Lane, ...]
    networks: tuple[Network, ...]
    password_hash: str | None
    keys: tuple[Key, ...]
    open_from: datetime
    open_until: datetime | None
    system: bool = False
    specification: str = ""


@dataclass(frozen=True, slots=True)
class Largest:
    """The most bytes a file of one dataset may have; ``dataset`` as people call it."""

    dataset: str
    size: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One file in a listing: ``size`` in bytes, ``mtime`` aware."""

    name: str
    size: int
    mtime: datetime


@dataclass(frozen=True, slots=True)
class Attempt:
    """One thing that happened to a connection; ``detail`` is a refusal code, never a file name or secret.

    ``file`` is the name of the file it was about: it tells whose a system's file is, and is not kept.
    """

    at: datetime
    source: str
    username: str
    account_id: str | None
    step: Step
    outcome: Outcome
    detail: str = ""
    system: bool = False
    file: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """What an account has sent since a moment: number of files, and their bytes."""

    files: int
    size: int


@dataclass(frozen=True, slots=True)
class Failures:
    """Moments of failed sign-ins, oldest first: of the account from the source, and of the whole source."""

    of_pair: tuple[datetime, ...]
    of_source: tuple[datetime, ...]


class DeliveryRefused(Exception):
    """The rest of the house does not take the file; the client is shown ``message``, ``code`` beside it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code)
        self.code = code
        self.message = message


class Backend(Protocol):
    """The rest of the house, as the gateway sees it. Every method may raise when the database is away."""

    def guest(self, username: str) -> Guest | None:
        """Look the account up; None when there is none of that name."""

    def attempt(self, attempt: Attempt) -> None:
        """Keep what happened, for 連線自我檢測, the failure defence and alerts; seen by all when it returns."""

    def attempts_of_accounts(self, attempts: Sequence[Attempt]) -> None:
        """Keep several at once, each of an account."""

    def failures(self, username: str, source: str, since: datetime) -> Failures:
        """Give failed sign-ins after ``since``: outcomes password_wrong and account_unknown.

        Those of the pair end at its last ``signed_in``: who gets in has cleared the slate.
        """

    def still_welcome(self, guests: Collection[Guest]) -> frozenset[Guest]:
        """Give those who may stay connected: what let them in still stands, and their lanes are the same."""

    async def listen(self, changed: Callable[[], None]) -> None:
        """Call ``changed`` at once, and then whenever an account may have changed; runs in the event loop.

        Returns never; raises when the database is away, and is then to be called again.
        """

    def usage(self, guest: Guest, since: datetime) -> Usage:
        """Say what the account has sent since then, over both lanes."""

    def largest(self, guest: Guest, name: str) -> Largest | None:
        """How large a file of that name may be by its dataset; None when its name tells none. Waits for nothing."""

    def begin(self) -> Arriving:
        """Begin the bytes of one upload, in order; asks nothing of the database."""

    def receive(self, guest: Guest, lane: Lane, name: str, arrived: Arriving, *, perhaps_cut: bool) -> str:
        """Finish and commit a file that came whole; return its ticket.

        The client is told that all is well only after this returns. ``perhaps_cut`` (可能未傳完): the last of
        several writes was as long as the others, as when a client is interrupted and closes in good order (seen:
        OpenSSH's sftp at Ctrl-C). Raises :class:`DeliveryRefused`.
        """

    def confirm(self, guest: Guest, lane: Lane, name: str, new_name: str) -> bool:
        """Release the held file of that name under its new one, to be checked; False when there is none."""

    def waiting(self, guest: Guest, lane: Lane) -> Sequence[Entry]:
        """List the account's own deliveries that are received but not yet processed."""

    def names_waiting(self, guest: Guest, lane: Lane, most: int) -> frozenset[str] | None:
        """Give the names of them all, clean; None when there are more than ``most``, or for a system."""

    def waiting_file(self, guest: Guest, lane: Lane, name: str) -> Entry | None:
        """Find one of them by its name, the newest of several."""

    def copy_waiting(self, guest: Guest, lane: Lane, name: str, path: Path) -> bool:
        """Copy the bytes of the newest own waiting delivery of that name to ``path``, to be continued there.

        False when there is none.
        """

    def receipts(self, guest: Guest, lane: Lane) -> Sequence[Entry]:
        """List the account's own receipts."""

    def receipt(self, guest: Guest, lane: Lane, name: str) -> BinaryIO | None:
        """Open one own receipt, to be read from any place; None when there is none of that name."""

    def specification(self) -> Mapping[str, bytes]:
        """Give the files of the interchange specification in force, by their path below ``/spec``."""
