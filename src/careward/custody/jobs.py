"""Removing the objects of deliveries whose destruction was ordered."""

from django.db import transaction
from procrastinate.contrib.django import app

from careward.custody.models import Disposal, DisposalLine
from careward.flow.queueing import LONG, AfterTheOthers
from careward.intake.models import AcceptedFile, Delivery
from careward.intake.procedure import DISPOSED
from careward.intake.receipts import ENDINGS
from careward.journal import Actor, acting
from careward.kernel import clock
from careward.store.objects import objects

WORKER = Actor.system("worker")


@app.task(
    queue="default",
    lock=LONG,
    name="custody.destroy",
    retry=AfterTheOthers(max_attempts=8, exponential_wait=4),
)
def destroy(disposal_id: str) -> None:
    """Remove raw file, receipts and Parquet of every line, then say when it was done; may be repeated.

    Raises OSError when the store fails, and is tried again.
    """
    disposal = Disposal.objects.get(pk=disposal_id)
    if disposal.destroyed_at is not None:
        return
    for line in disposal.lines.select_related("delivery"):
        for key in keys_of(line):
            objects().remove(key)
    with transaction.atomic(), acting(WORKER, "disposal.done"):
        disposal.destroyed_at = clock.now()
        disposal.save(update_fields=["destroyed_at"])


def keys_of(line: DisposalLine) -> list[str]:
    """Every object of a delivery; a receipt that a repeated delivery still shows stays."""
    delivery = line.delivery
    shown = Delivery.objects.filter(receipt_key=delivery.receipt_key).exclude(state=DISPOSED).exists()
    receipts = (
        [] if shown or not delivery.receipt_key else [f"{delivery.receipt_key}.{form}" for form in ENDINGS]
    )
    parquet = AcceptedFile.objects.filter(delivery=delivery).values_list("parquet_key", flat=True)
    return [delivery.raw_key, *receipts, *parquet]
