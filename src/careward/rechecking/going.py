"""Going through the kept files of a recheck."""

from collections.abc import Callable
from datetime import date
from typing import Final

from django.db import transaction

from careward.checking.files import check
from careward.intake.models import AcceptedFile, Delivery
from careward.intake.remembering import AcceptedBefore
from careward.journal import Actor, acting
from careward.kernel import clock
from careward.kernel.clock import TAIPEI
from careward.kernel.roc import RocMonth
from careward.rechecking.models import DATASET_GONE, Recheck, Rechecked
from careward.rulebook.interchange import Interchange
from careward.store.objects import objects

WORKER: Final = Actor.system("worker")
_READ_AT_ONCE: Final = 200
"""Rows held in memory: a season has a hundred thousand files."""


def go_through(recheck: Recheck, spec: Interchange, tell: Callable[[int], None] = lambda _left: None) -> None:
    """Check every file that was not looked at yet, one transaction each; may be broken off and begun again.

    ``tell`` hears how many are left. Raises what the object store raises.
    """
    left = recheck.waiting.count()
    for number, file in enumerate(recheck.waiting.iterator(_READ_AT_ONCE)):
        tell(left - number)
        answer = _answered(file, spec)
        with transaction.atomic(), acting(WORKER, "recheck.note"):
            Rechecked.objects.get_or_create(recheck=recheck, delivery=file.delivery, defaults=answer)
    with transaction.atomic(), acting(WORKER, "recheck.done"):
        recheck.done_at = clock.now()
        recheck.save(update_fields=["done_at"])


def _answered(file: AcceptedFile, spec: Interchange) -> dict[str, object]:
    delivery = file.delivery
    if delivery.dataset not in spec.datasets:
        return {"errors": 1, "warnings": 0, "rules": {DATASET_GONE: 1}}
    period = RocMonth.parse(delivery.period)
    with objects().local_copy(delivery.raw_key) as path:
        result = check(
            path,
            spec=spec,
            dataset=spec.dataset(delivery.dataset),
            period=period,
            institution_code=delivery.institution.code,
            today=_day_of(delivery),
            known=AcceptedBefore(delivery, period),
        )
    rules = {of.check.id: of.count for of in result.findings.by_check() if of.check.family != "W"}
    return {"errors": result.errors, "warnings": result.warnings, "rules": rules}


def _day_of(delivery: Delivery) -> date:
    return (delivery.checked_at or delivery.received_at).astimezone(TAIPEI).date()
