"""The rest of the house behind the gateway: accounts of provisioning, deliveries of intake."""

import functools
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Concatenate, Final, ParamSpec, TypeVar, cast
from uuid import UUID

from django.db import Error, close_old_connections, connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Count, Sum
from typing_extensions import override

from careward.checking.naming import clean_name, recognise
from careward.checking.unreadable import Unreadable
from careward.flow import Refused
from careward.gateway import listening, strangers, systems
from careward.gateway.backend import (
    Attempt,
    Backend,
    DeliveryRefused,
    Entry,
    Failures,
    Guest,
    Key,
    Lane,
    Largest,
    Usage,
)
from careward.gateway.failed import failures
from careward.gateway.models import TOLD_ONCE, ConnectionAttempt
from careward.intake import acts, publishing, receipts
from careward.intake.looking import account_named
from careward.intake.models import Delivery
from careward.intake.questions import Sender
from careward.journal import Actor, acting
from careward.kernel import clock
from careward.kernel.networks import parse_source
from careward.provisioning.models import AccountKey, UploadAccount
from careward.provisioning.rules import Right, right_of
from careward.rulebook import current
from careward.seasons.moves import held_moves
from careward.store.by_key import ByKey
from careward.store.objects import Arriving
from careward.store.planned import ask

_GATEWAY: Final = Actor.system("gateway")
_LONGEST_USERNAME: Final = 64
_LONGEST_DETAIL: Final = 64
_FRESH_SECONDS: Final = 1.0
_KEYS: Final = ByKey(AccountKey, "account")

P = ParamSpec("P")
T = TypeVar("T")


class NotCommitted(RuntimeError):
    """A delivery was written, but its row does not stand: it must not be acknowledged. Names its ticket."""


def _connected(
    method: Callable[Concatenate["DjangoBackend", P], T],
) -> Callable[Concatenate["DjangoBackend", P], T]:
    """Run with a connection that lives: a gateway's thread has no request that would look after it.

    One used a moment ago is not asked again whether it lives; if it has died since, this call fails and the next
    has a new one.
    """

    @functools.wraps(method)
    def call(self: "DjangoBackend", /, *args: P.args, **kwargs: P.kwargs) -> T:
        if not self.used_just_now():
            close_old_connections()
        try:
            return method(self, *args, **kwargs)
        except Error:
            self.forget_use()
            close_old_connections()
            raise

    return cast("Callable[Concatenate[DjangoBackend, P], T]", call)


class DjangoBackend(Backend):
    """Each method runs in a thread of the gateway with that thread's own database connection."""

    def __init__(self) -> None:
        self._connections: dict[int, BaseDatabaseWrapper] = {}
        self._used: dict[int, float] = {}

    def used_just_now(self) -> bool:
        """Whether this thread's connection was used within the last second; remembers it and its use."""
        thread, at = threading.get_ident(), time.monotonic()
        self._connections[thread] = connections["default"]
        before, self._used[thread] = self._used.get(thread, 0.0), at
        return at - before < _FRESH_SECONDS

    def forget_use(self) -> None:
        """Have this thread's connection looked at before its next use."""
        self._used.pop(threading.get_ident(), None)

    def close(self) -> None:
        """Close the connections of threads that have ended."""
        for kept in self._connections.values():
            kept.inc_thread_sharing()
            kept.close()

    @override
    @_connected
    @held_moves()
    def guest(self, username: str) -> Guest | None:
        account = account_named(username)
        if account is None:
            return systems.guest_of(username)
        right = _right(account)
        return Guest(
            account_id=str(account.pk),
            username=account.username,
            institution_code=account.institution.code,
            lanes=_lanes(right),
            networks=tuple(parse_source(entry, allow_loopback=True) for entry in account.networks),
            password_hash=account.password_hash or None,
            keys=_keys_of(account),
            open_from=right.opens,
            open_until=right.ends,
            specification=account.rules.season.interchange,
        )

    @override
    @_connected
    def attempt(self, attempt: Attempt) -> None:
        if attempt.account_id is None:
            strangers.count(attempt)
            return
        alike = timedelta(minutes=current().policies.gateway.alike_minutes.value)
        if attempt.outcome not in TOLD_ONCE or not ConnectionAttempt.objects.says_so_already(
            attempt, attempt.at - alike
        ):
            self._keep([attempt])

    @override
    @_connected
    def attempts_of_accounts(self, attempts: Sequence[Attempt]) -> None:
        self._keep(attempts)

    def _keep(self, attempts: Sequence[Attempt]) -> None:
        with transaction.atomic(), acting(_GATEWAY, "connection_attempt.note"):
            # A crash of the database, and nothing less, may lose the last half second of these lines; to wait
            # for the disk at each would cost more than all else of a session.
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL synchronous_commit = off")
            ConnectionAttempt.objects.bulk_create(
                ConnectionAttempt(
                    at=attempt.at,
                    source=attempt.source,
                    username=attempt.username[:_LONGEST_USERNAME],
                    account_id=systems.whose(attempt) if attempt.system else attempt.account_id,
                    system_id=attempt.account_id if attempt.system else None,
                    step=attempt.step,
                    outcome=attempt.outcome,
                    detail=attempt.detail[:_LONGEST_DETAIL],
                )
                for attempt in attempts
            )

    @override
    @_connected
    def failures(self, username: str, source: str, since: datetime) -> Failures:
        return failures(username[:_LONGEST_USERNAME], source, since)

    @override
    @_connected
    @held_moves()
    def still_welcome(self, guests: Collection[Guest]) -> frozenset[Guest]:
        of_systems = systems.welcome([guest for guest in guests if guest.system])
        guests = [guest for guest in guests if not guest.system]
        accounts = UploadAccount.objects.select_related("institution")  # whose county its moments hang on
        now = accounts.in_bulk({UUID(guest.account_id) for guest in guests})
        keys = AccountKey.objects.valid_at(clock.now()).filter(account__in=now)
        lines = {(str(key.account_id), key.line) for key in keys}
        return (
            frozenset(
                guest
                for guest in guests
                if (account := now.get(UUID(guest.account_id))) is not None
                and _still_admits(account, guest)
                and all((guest.account_id, key.line) in lines for key in guest.keys)
            )
            | of_systems
        )

    @override
    async def listen(self, changed: Callable[[], None]) -> None:
        await listening.listen(changed)

    @override
    @_connected
    def usage(self, guest: Guest, since: datetime) -> Usage:
        mine = (
            {"account__in": systems.institutions_of(guest)} if guest.system else {"account_id": _own(guest)}
        )
        sent = Delivery.objects.uploaded().filter(**mine, received_at__gte=since)
        counted = sent.aggregate(files=Count("pk"), size=Sum("size", default=0))
        return Usage(counted["files"], counted["size"])

    @override
    def largest(self, guest: Guest, name: str) -> Largest | None:
        spec = current().interchange(guest.specification)
        try:
            dataset = recognise(name, spec=spec).dataset
        except Unreadable:  # its receipt says what the name should be
            return None
        return Largest(dataset.title, spec.most_bytes(dataset))

    @override
    def begin(self) -> Arriving:
        return acts.begin_arrival()

    @override
    @_connected
    def receive(self, guest: Guest, lane: Lane, name: str, arrived: Arriving, *, perhaps_cut: bool) -> str:
        account = _account_of(guest, name)
        try:
            delivery = acts.deliver(
                account, _by(guest), lane=lane, arrived=arrived, name=name, perhaps_cut=perhaps_cut
            )
        except Refused as refused:
            raise DeliveryRefused(refused.code, refused.message) from refused
        if not _is_committed(delivery):
            raise NotCommitted(delivery.ticket)
        return delivery.ticket

    @override
    @_connected
    def confirm(self, guest: Guest, lane: Lane, name: str, new_name: str) -> bool:
        held = Delivery.objects.of_account(_sender(guest), lane).held().filter(name=clean_name(name)).last()
        if held is None:
            return False
        try:
            acts.confirm(held, _by(guest), name=new_name)
        except Refused as refused:
            raise DeliveryRefused(refused.code, refused.message) from refused
        return True

    @override
    @_connected
    def waiting(self, guest: Guest, lane: Lane) -> Sequence[Entry]:
        return _entries(receipts.waiting_of(_sender(guest), lane))

    @override
    @_connected
    def names_waiting(self, guest: Guest, lane: Lane, most: int) -> frozenset[str] | None:
        return None if guest.system else receipts.names_waiting(_own(guest), lane, most)

    @override
    @_connected
    def waiting_file(self, guest: Guest, lane: Lane, name: str) -> Entry | None:
        found = receipts.waiting_named(_named(guest, name), lane, name)
        return _entry(found) if found else None

    @override
    @_connected
    def copy_waiting(self, guest: Guest, lane: Lane, name: str, path: Path) -> bool:
        return receipts.copy_waiting(_named(guest, name), lane, name, path)

    @override
    @_connected
    def receipts(self, guest: Guest, lane: Lane) -> Sequence[Entry]:
        return _entries(receipts.receipts_of(_sender(guest), lane))

    @override
    @_connected
    def receipt(self, guest: Guest, lane: Lane, name: str) -> BinaryIO | None:
        return receipts.receipt_file(_sender(guest), lane, name)

    @override
    @_connected
    def specification(self) -> Mapping[str, bytes]:
        return publishing.files()


def _is_committed(delivery: Delivery) -> bool:
    """Whether the row is seen outside of the transaction that wrote it: asked after it, on a connection in none.

    PostgreSQL answers COMMIT of a failed transaction with a rollback and no error; nothing but the row says it.
    """
    if connection.in_atomic_block or not connection.get_autocommit():
        return False
    return ask('SELECT EXISTS (SELECT FROM "intake_delivery" WHERE "id" = %s)', [delivery.pk]) == [(True,)]


def _by(guest: Guest) -> Actor:
    return Actor("institution", guest.account_id)


def _own(guest: Guest) -> UUID:
    return UUID(guest.account_id)


def _sender(guest: Guest) -> Sender:
    """Whose deliveries the guest sees: its own, or those for which its system uploads."""
    return systems.institutions_of(guest) if guest.system else _own(guest)


def _account_of(guest: Guest, name: str) -> UUID:
    return systems.account_of_file(guest, name).pk if guest.system else UUID(guest.account_id)


def _named(guest: Guest, name: str) -> UUID:
    """The account of a file of that name; a name that tells no institution is nobody's."""
    if not guest.system:
        return _own(guest)
    try:
        return systems.account_of_file(guest, name).pk
    except DeliveryRefused:
        return _own(guest)


def _keys_of(account: UploadAccount) -> tuple[Key, ...]:
    at = clock.now()
    valid = [key for key in _KEYS.all(account.pk) if key.is_valid_at(at)]
    return tuple(Key(key.line, key.valid_to) for key in sorted(valid, key=lambda key: key.pk))


def _still_admits(account: UploadAccount, guest: Guest) -> bool:
    right = _right(account)
    networks = {parse_source(entry, allow_loopback=True) for entry in account.networks}
    return (
        right.holds(clock.now())
        and _lanes(right) == guest.lanes
        and networks.issuperset(guest.networks)
        and guest.password_hash in {None, account.password_hash}
    )


def _right(account: UploadAccount) -> Right:
    return right_of(account)


def _lanes(right: Right) -> tuple[Lane, ...]:
    return tuple(cast("Lane", str(lane)) for lane in right.lanes)


def _entries(listed: list[receipts.Listed]) -> list[Entry]:
    return [_entry(file) for file in listed]


def _entry(file: receipts.Listed) -> Entry:
    return Entry(file.name, file.size, file.mtime)
