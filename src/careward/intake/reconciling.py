"""Putting object store and database in step again after a crash, without ever touching what counts.

Order of writing: object, then row (security-baseline.md, "No loss"). So a row never lacks its object, and
what a crash can leave is an object without a row, or a delivery whose job died with its worker or database.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from django.db import transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from careward.checking.receipt import signing
from careward.intake import telling
from careward.intake.acts import RAW
from careward.intake.examining import PARQUET, RECEIPTS
from careward.intake.jobs import WORKER, check_delivery, gather, lock_of, queue_check
from careward.intake.models import AcceptedFile, Delivery, ReceiptKey
from careward.intake.procedure import DISPOSED, UNPACKED
from careward.intake.receipt_books import complete
from careward.intake.receipts import ENDINGS, receipt_in
from careward.journal import acting
from careward.kernel import clock
from careward.store.objects import SENT_LEFT_AFTER_SECONDS, FolderStore, objects

_SIGNED_AT_ONCE: Final = 500
LEFT_AFTER_SECONDS: Final = 3600
"""An object this old without a row will never get one: nothing takes an hour between the two [decided].
What people sent is kept longer: see :data:`careward.store.objects.SENT_LEFT_AFTER_SECONDS`."""


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What was done: leftover objects removed, deliveries or their letters given a job again, receipts signed."""

    removed: int
    taken_up: int
    signed: int = 0


def reconcile() -> Reconciled:
    """Remove leftovers, take up deliveries without a living job; may run at any time, several at once."""
    removed = objects().sweep() + _remove_leftovers()
    _gather_left_bundles()
    return Reconciled(removed, take_up(without_a_job()) + telling.take_up(), sign_older_receipts())


def sign_older_receipts() -> int:
    """Sign, a few at a time, the receipts of deliveries answered before receipts were signed; how many."""
    older = Delivery.objects.unsigned().order_by("received_at", "pk")[:_SIGNED_AT_ONCE]
    for delivery in older:
        document = signing.signed(json.loads(receipt_in(delivery, "json")))
        objects().put(f"{delivery.receipt_key}.json", signing.written(document))
        complete(delivery)
        with transaction.atomic(), acting(WORKER, "delivery.sign"):
            delivery.signed_with = document[signing.SIGNATURE]["key"]
            delivery.save(update_fields=["signed_with"])
            ReceiptKey.objects.note(delivery.signed_with, clock.now())
    return len(older)


def without_a_job() -> list[Delivery]:
    """Unfinished deliveries with attempts left, of institutions for which no check waits or runs."""
    living = ProcrastinateJob.objects.filter(task_name=check_delivery.name, status__in=("todo", "doing"))
    busy = set(living.values_list("lock", flat=True))
    return [d for d in Delivery.objects.that_may_be_begun() if lock_of(d) not in busy]


def _gather_left_bundles() -> None:
    """Answer bundles whose files all have their answer."""
    for bundle in Delivery.objects.filter(state=UNPACKED):
        if not bundle.members.in_the_inbox().exists():
            gather(bundle)


def take_up(deliveries: list[Delivery]) -> int:
    """Give each a job; how many. For ``Delivery.objects.stuck()`` too, once what stopped them is mended."""
    for delivery in deliveries:
        queue_check(delivery)
    return len(deliveries)


def _remove_leftovers() -> int:
    removed = 0
    for folder, named in ((RAW, _named_raw()), (RECEIPTS, _named_receipts()), (PARQUET, _named_parquet())):
        for key in _old(folder):
            if key not in named:
                objects().remove(key)
                removed += 1
    return removed


def _named_raw() -> set[str]:
    return set(Delivery.objects.exclude(state=DISPOSED).values_list("raw_key", flat=True))


def _named_receipts() -> set[str]:
    keys = (
        Delivery.objects.exclude(receipt_key="").exclude(state=DISPOSED).values_list("receipt_key", flat=True)
    )
    return {f"{key}.{form}" for key in keys for form in ENDINGS}


def _named_parquet() -> set[str]:
    return set(AcceptedFile.objects.readable().values_list("parquet_key", flat=True))


def _old(folder: str) -> Iterator[str]:
    store = objects()
    assert isinstance(store, FolderStore), "the object store must be able to list what it holds"
    return store.older_than(folder, SENT_LEFT_AFTER_SECONDS if folder == RAW else LEFT_AFTER_SECONDS)
