"""On what ground a delivery was answered: the rules and the accepted files its answer follows from.

The same bytes checked on the same ground get the same answer; on another ground they are checked anew.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from careward.checking.made_once import MadeOnce
from careward.checking.taken import Taken
from careward.intake.models import AcceptedFile, Delivery
from careward.kernel.clock import TAIPEI
from careward.kernel.roc import RocMonth
from careward.rulebook.interchange import Dataset, Interchange
from careward.rulebook.interchange_rules import DateBound


def _digest_of(spec: Interchange) -> str:
    """Of the whole version: a changed rule changes it."""
    return hashlib.sha256(spec.model_dump_json().encode()).hexdigest()


_digest: Final = MadeOnce(_digest_of)


def ground_of(delivery: Delivery, at: datetime, known: Sequence[int] | None = None) -> str:
    """A digest, hex, of what the answer to a delivery follows from but its bytes; empty for an unknown dataset.

    ``known`` are the ids of the accepted files it may be compared with, for who asked already.
    """
    spec = delivery.specification
    dataset = spec.datasets.get(delivery.dataset)
    if dataset is None or not delivery.period:
        return ""
    month = RocMonth.parse(delivery.period)
    parts = (
        _digest(spec),
        Taken(delivery.account.rules, delivery.lane, at).problem(month),
        at.astimezone(TAIPEI).date().isoformat() if _asks_for_today(dataset) else "",
        sorted(_known(delivery) if known is None else known),
    )
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _known(delivery: Delivery) -> Iterable[int]:
    known = AcceptedFile.objects.in_force().filter(
        institution=delivery.institution_id, lane=delivery.lane, period__lte=delivery.period
    )
    others = known.exclude(dataset=delivery.dataset, period=delivery.period)
    return others.values_list("pk", flat=True)


def _asks_for_today(dataset: Dataset) -> bool:
    rules = (check.rule for check in dataset.checks)
    return any(isinstance(rule, DateBound) and rule.bound == "today" for rule in rules)
