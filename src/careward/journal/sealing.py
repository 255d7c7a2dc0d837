"""The sealer: chains the digests of finished transactions, so that the past cannot be changed unseen.

A chain written inside the acts' own transactions would make them queue for its last link. So an act only
writes its digest, and this runs beside them every second. Source: security baseline, item 26.
"""

import hashlib
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from careward.journal.models import RowDigest, Seal

EVERY_SECONDS: Final = 1.0
PATIENCE_SECONDS: Final = 0.5
"""How long one run waits for older transactions to end before it leaves the rest to the next."""

BEGINNING: Final = bytes(32)
"""What stands before the first link."""

_LOCK = "SELECT pg_try_advisory_xact_lock(hashtext('careward.journal.seal'))"
_LAST_GIVEN = "SELECT last_value FROM journal_digest_id_seq"
_OLDER_ENDED = "SELECT pg_snapshot_xmin(pg_current_snapshot()) >= pg_current_xact_id()"
_PAUSE = 0.01


def seal(*, patience: float = PATIENCE_SECONDS) -> Seal | None:
    """Add one link with every digest that no running transaction can come before any more.

    Returns None when there is nothing new, when another process is sealing, or when older transactions did
    not end within ``patience`` seconds; then the next run takes all. Not inside another transaction.
    """
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(_LOCK)
        if cursor.fetchone() != (True,):
            return None
        last = Seal.objects.order_by("n").last()
        after = last.through if last else 0
        if not RowDigest.objects.filter(pk__gt=after).exists():
            return None
        through = _final_through(cursor, patience)
        return None if through is None else _added(last, through, cursor)


def _added(last: Seal | None, through: int, cursor: CursorWrapper) -> Seal | None:
    after = last.through if last else 0
    digests = RowDigest.objects.filter(pk__gt=after, pk__lte=through).order_by("pk")
    rows = digests.count()
    if not rows:
        return None
    cursor.execute("SELECT clock_timestamp()")
    ((at,),) = cursor.fetchall()
    fresh = Seal(n=last.n + 1 if last else 1, after=after, through=through, rows=rows, sealed_at=at)
    fresh.chain = link(bytes(last.chain) if last else BEGINNING, fresh, digests.iterator())
    fresh.save(force_insert=True)
    return fresh


def _final_through(cursor: CursorWrapper, patience: float) -> int | None:
    """The last id given out, once everyone who was given one so far has ended; None if that takes too long.

    Whoever holds an id up to it already had a transaction id when it was read, hence an older one than ours.
    """
    cursor.execute(_LAST_GIVEN)
    ((through,),) = cursor.fetchall()
    until = time.monotonic() + patience
    while True:
        cursor.execute(_OLDER_ENDED)
        if cursor.fetchone() == (True,):
            return int(through)
        if time.monotonic() >= until:
            return None
        time.sleep(_PAUSE)


def link(previous: bytes, seal: Seal, digests: Iterable[RowDigest]) -> bytes:
    """The chain's hash after ``seal``: SHA-256 over the previous one, the seal's line and one line a digest."""
    at: datetime = seal.sealed_at.astimezone(UTC)
    chain = hashlib.sha256(previous)
    chain.update(f"{seal.n} {seal.after} {seal.through} {seal.rows} {at.isoformat()}\n".encode())
    for one in digests:
        digest = bytes(one.digest).hex()
        chain.update(f"{one.pk} {one.event_table} {one.event_id} {one.columns} {digest}\n".encode())
    return chain.digest()
