"""Recomputing the whole journal, its digests and its chain, and naming what is not as it was written."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from careward.journal.database import columns_of, event_tables, use_row_form
from careward.journal.models import RowDigest, Seal
from careward.journal.sealing import BEGINNING, link

_NAMED_AT_MOST = 10

_NOT_AS_WRITTEN = """
SELECT d."id", d."event_id", e."pgh_id" IS NULL FROM "journal_digest" d
LEFT JOIN {table} e ON e."pgh_id" = d."event_id"
WHERE d."event_table" = %s AND d."columns" = %s
  AND (e."pgh_id" IS NULL OR sha256(convert_to(%s || ' ' || ROW({columns})::text, 'UTF8')) <> d."digest")
ORDER BY d."id" LIMIT 1
"""
_WITHOUT_DIGEST = """
SELECT e."pgh_id" FROM {table} e
WHERE NOT EXISTS (SELECT FROM "journal_digest" d WHERE d."event_table" = %s AND d."event_id" = e."pgh_id")
ORDER BY 1 LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Fault:
    """One place where the journal is not as it was written.

    ``kind``: changed, deleted, added (an event row); broken, missing, surplus, gap (the chain); truncated
    (the chain does not reach the head it once had). ``digest`` is where in the journal's order, ``what``
    names table and row, or the seal.
    """

    kind: str
    digest: int
    what: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.what}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What verifying found; ``faults`` in the journal's order, the first one of each kind and table.

    ``head`` names the chain's end, such as ``7:ab12…``: kept elsewhere, it later shows whether the end was
    cut off.
    """

    events: int
    seals: int
    unsealed: int
    head: str
    faults: tuple[Fault, ...]


def verify(head: str = "") -> Verdict:
    """Recompute everything against one snapshot; ``head`` is one kept from an earlier verdict.

    Not inside another transaction. What the owner cut off at the end, digests and seals and all, shows only
    against a ``head`` kept elsewhere.
    """
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        use_row_form(cursor)
        faults = [*_events(cursor), *_chain(head)]
        last = Seal.objects.order_by("n").last()
        return Verdict(
            events=RowDigest.objects.count(),
            seals=Seal.objects.count(),
            unsealed=RowDigest.objects.filter(pk__gt=last.through if last else 0).count(),
            head=str(last) if last else "",
            faults=tuple(sorted(faults, key=lambda fault: fault.digest)),
        )


def _events(cursor: CursorWrapper) -> Iterator[Fault]:
    """The first event of each table that is not as its digest says, and the first that has none."""
    end = int(RowDigest.objects.order_by("pk").values_list("pk", flat=True).last() or 0)
    tables = event_tables()
    for table in tables:
        names = [connection.ops.quote_name(name) for name in columns_of(cursor, table)]
        quoted = connection.ops.quote_name(table)
        widths = RowDigest.objects.filter(event_table=table).values_list("columns", flat=True).distinct()
        for width in widths:
            columns = ", ".join(f"e.{name}" for name in names[:width])
            cursor.execute(_NOT_AS_WRITTEN.format(table=quoted, columns=columns), [table, width, table])
            for digest, event, gone in cursor.fetchall():
                yield Fault("deleted" if gone else "changed", digest, f"event {event} of {table}")
        cursor.execute(_WITHOUT_DIGEST.format(table=quoted), [table])
        for (event,) in cursor.fetchall():
            yield Fault("added", end + 1, f"event {event} of {table} has no digest")
    for lost in RowDigest.objects.exclude(event_table__in=tables).order_by("pk")[:1]:
        yield Fault("deleted", lost.pk, f"event {lost.event_id} of {lost.event_table}, a table that is gone")


def _chain(head: str) -> Iterator[Fault]:
    """The first link that does not follow from the one before, and a head the chain does not pass."""
    chain, n, through, passed = BEGINNING, 0, 0, not head
    for seal in Seal.objects.order_by("n").iterator():
        if (seal.n, seal.after) != (n + 1, through):
            yield Fault("gap", through + 1, f"seal {seal.n} does not follow seal {n}")
            return
        digests = RowDigest.objects.filter(pk__gt=seal.after, pk__lte=seal.through).order_by("pk")
        if link(chain, seal, digests.iterator()) != bytes(seal.chain):
            yield _broken(seal)
            return
        chain, n, through = bytes(seal.chain), seal.n, seal.through
        passed = passed or str(seal) == head
    if not passed:
        yield Fault("truncated", through + 1, f"the chain ends with seal {n} and does not pass {head}")


def _broken(seal: Seal) -> Fault:
    """What can be said of a link that is wrong: how many digests it should have, which numbers are free."""
    present = RowDigest.objects.filter(pk__gt=seal.after, pk__lte=seal.through).values_list("pk", flat=True)
    missing = seal.rows - len(present)
    where = f"seal {seal.n} of {seal.sealed_at:%Y-%m-%d %H:%M:%S%z}, digests {seal.after + 1}–{seal.through}"
    if missing > 0:
        free = sorted(set(range(seal.after + 1, seal.through + 1)) - set(present))
        named = ", ".join(map(str, free[:_NAMED_AT_MOST])) + (" …" if len(free) > _NAMED_AT_MOST else "")
        return Fault("missing", free[0], f"{missing} of {seal.rows} in {where}; free numbers: {named}")
    if missing < 0:
        return Fault("surplus", seal.after + 1, f"{-missing} more than {seal.rows} in {where}")
    return Fault("broken", seal.after + 1, f"{where}: a digest, their order or the seal was changed")
