"""Ordering a recheck, going through the kept files, telling whom it concerns."""

from collections import Counter
from collections.abc import Callable
from datetime import date
from itertools import groupby
from typing import Final

from django.db import transaction

from careward.accounts.models import User
from careward.correspondence import post
from careward.intake.checking import check
from careward.intake.models import AcceptedFile, Delivery
from careward.intake.remembering import AcceptedBefore
from careward.journal import Actor, acting
from careward.kernel import clock
from careward.kernel.clock import TAIPEI
from careward.kernel.roc import RocMonth
from careward.rechecking.models import Recheck, Rechecked
from careward.rulebook.interchange import Interchange
from careward.store.objects import objects

DATASET_GONE: Final = "dataset_gone"
"""In place of a check's id, where the version no longer has the dataset."""
WORKER: Final = Actor.system("worker")


def order(season: str, spec: str, user: User | None = None, *, rules: str = "") -> Recheck:
    """Note a recheck; :func:`go_through` does it."""
    by = Actor(user.role, str(user.pk)) if user else Actor.system("cli")
    with transaction.atomic(), acting(by, "recheck.order"):
        return Recheck.objects.create(season=season, spec=spec, rules=rules, by=user, ordered_at=clock.now())


def go_through(recheck: Recheck, spec: Interchange, tell: Callable[[int], None] = lambda _left: None) -> None:
    """Check every file that was not looked at yet, one transaction each; may be broken off and begun again.

    ``tell`` hears how many are left. Raises what the object store raises.
    """
    waiting = list(recheck.waiting)
    for number, file in enumerate(waiting):
        tell(len(waiting) - number)
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


def refused_by(recheck: Recheck) -> list[tuple[str, int, int]]:
    """Check id, files and errors of each check that would refuse something, the most files first."""
    files: Counter[str] = Counter()
    errors: Counter[str] = Counter()
    for rules in recheck.answers.filter(errors__gt=0).values_list("rules", flat=True):
        files.update(rules.keys())
        errors.update(rules)
    return [(rule, count, errors[rule]) for rule, count in files.most_common()]


def tell_affected(recheck: Recheck, user: User) -> int:
    """A letter to each institution whose file would be refused, once; how many letters."""
    by = Actor(user.role, str(user.pk))
    told = 0
    with transaction.atomic(), acting(by, "recheck.tell"):
        untold = recheck.answers.filter(errors__gt=0, told_at=None).select_for_update(of=("self",))
        rows = untold.select_related("delivery__institution", "delivery__account__application")
        for _, answers in groupby(rows, key=lambda one: one.delivery.institution_id):
            mine = list(answers)
            post("rules_changed", mine[-1], files=[_said(one) for one in mine])
            told += 1
        untold.update(told_at=clock.now())
    return told


def _said(answer: Rechecked) -> dict[str, object]:
    delivery = answer.delivery
    return {"dataset": delivery.dataset_label, "period": delivery.period, "errors": answer.errors}
