"""Ordering a recheck, telling whom it concerns; going through the kept files is :mod:`.going`."""

from collections import Counter
from collections.abc import Mapping
from itertools import groupby

from django.db import transaction

from careward.accounts.models import User
from careward.correspondence import post
from careward.journal import Actor, acting
from careward.kernel import clock
from careward.rechecking.models import DATASET_GONE, Recheck, Rechecked


def order(season: str, spec: str, user: User | None = None, *, rules: str = "") -> Recheck:
    """Note a recheck; it is then gone through."""
    by = Actor(user.role, str(user.pk)) if user else Actor.system("cli")
    with transaction.atomic(), acting(by, "recheck.order"):
        return Recheck.objects.create(season=season, spec=spec, rules=rules, by=user, ordered_at=clock.now())


def refused_by(recheck: Recheck) -> list[tuple[str, int, int]]:
    """Check id, files and errors of each check that would refuse something, the most files first."""
    files: Counter[str] = Counter()
    errors: Counter[str] = Counter()
    for rules in recheck.answers.filter(errors__gt=0).values_list("rules", flat=True):
        files.update(rules.keys())
        errors.update(rules)
    return [(rule, count, errors[rule]) for rule, count in files.most_common()]


def tell_affected(recheck: Recheck, user: User) -> int:
    """A letter to each institution whose file would be refused, once; how many letters.

    None before the recheck has gone through all: one that is told is not told again of what is found later.
    """
    if Recheck.objects.filter(pk=recheck.pk, done_at=None).exists():
        return 0
    by = Actor(user.role, str(user.pk))
    told = 0
    with transaction.atomic(), acting(by, "recheck.tell"):
        untold = recheck.answers.filter(errors__gt=0, told_at=None).select_for_update(of=("self",))
        checks = recheck.checks_in_words
        rows = untold.select_related("delivery__institution", "delivery__account__application")
        for _, answers in groupby(rows, key=lambda one: one.delivery.institution_id):
            mine = list(answers)
            post("rules_changed", mine[-1], files=[_said(one, checks) for one in mine])
            told += 1
        untold.update(told_at=clock.now())
    return told


def _said(answer: Rechecked, checks: Mapping[str, str]) -> dict[str, object]:
    delivery = answer.delivery
    return {
        "dataset": delivery.dataset_label,
        "period": delivery.period,
        "errors": answer.errors,
        "gone": DATASET_GONE in answer.rules,
        "rules": [(rule, count, checks.get(rule, "")) for rule, count in sorted(answer.rules.items())],
    }
