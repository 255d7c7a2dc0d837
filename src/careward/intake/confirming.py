"""Warnings an institution confirmed: it says why the value is right, and is not asked again until the value changes.

A confirmation belongs to one record, one rule and the true value (:mod:`careward.checking.marking`): another value is
asked about anew. Later receipts say so; it changes none that was signed before.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Final

from django.db import transaction

from careward.accounts.models import User
from careward.checking.findings import without_ids
from careward.checking.marking import DOMAIN
from careward.checking.receipt.report import Confirmed
from careward.intake.grouping import Found
from careward.intake.models import Delivery, WarningConfirmation
from careward.intake.stored_receipt import StoredReceipt
from careward.journal import Actor, acting
from careward.kernel import clock
from careward.kernel.clock import TAIPEI
from careward.registry.models import Institution
from careward.store.secrets import keyed_hash

MOST_AT_ONCE: Final = 1_000
"""So many are confirmed by one press of a button: the page answers within seconds. Then the next."""


def digest_of(institution: Institution, dataset: str, found: Found) -> str:
    """What a confirmation is known by: the warning's mark.

    Where it has none – one of the file as a whole, or of a receipt from before there were marks – institution, rule,
    record and what the receipt shows, hashed with the key.
    """
    if found.mark:
        return found.mark
    return without_mark(institution, dataset, found.rule, found.record_key or "", found.found, found.what)


def without_mark(institution: Institution, dataset: str, *parts: str) -> str:
    """What a warning without a mark is known by: rule, record, what was found and what is said of it."""
    return keyed_hash(json.dumps((institution.code, dataset, *parts), ensure_ascii=False), DOMAIN)


def confirmed_of(institution: Institution, dataset: str) -> Confirmed:
    """What an institution confirmed of a dataset, as receipts say it; no number stands in a reason."""
    known = WarningConfirmation.objects.in_force_of(institution).filter(dataset=dataset)
    return {one.digest: _as_receipts_say(one) for one in known}


def _as_receipts_say(one: WarningConfirmation) -> Mapping[str, str]:
    at = one.confirmed_at.astimezone(TAIPEI).isoformat()
    return {"reason": without_ids(one.reason), "at": at}


def confirmed_by_dataset(
    institution: Institution,
) -> tuple[Mapping[str, Confirmed], Mapping[str, Sequence[tuple[str, str]]]]:
    """All an institution confirmed, by dataset, and the rule and record of each."""
    confirmed: dict[str, dict[str, Mapping[str, str]]] = {}
    confirmable: dict[str, set[tuple[str, str]]] = {}
    for one in WarningConfirmation.objects.in_force_of(institution):
        confirmed.setdefault(one.dataset, {})[one.digest] = _as_receipts_say(one)
        confirmable.setdefault(one.dataset, set()).add((one.rule, one.record_key))
    return confirmed, {dataset: sorted(pairs) for dataset, pairs in confirmable.items()}


def marked(institution: Institution, dataset: str, listed: Iterable[Found]) -> list[Found]:
    """The same findings, each warning with the confirmation in force for it."""
    given = list(listed)
    digests = {index: digest_of(institution, dataset, one) for index, one in enumerate(given) if one.warns}
    if not digests:
        return given
    known = WarningConfirmation.objects.in_force_of(institution).filter(digest__in=digests.values())
    by_digest = {one.digest: one for one in known}
    return [
        replace(one, confirmed=by_digest.get(digests[index])) if index in digests else one
        for index, one in enumerate(given)
    ]


def open_warnings(delivery: Delivery, *, rule: str, line: str) -> Sequence[Found]:
    """The first warnings of a receipt that wait to be confirmed, :data:`MOST_AT_ONCE` of them at most.

    Of one rule, and of one line unless it is empty.
    """
    warnings = (one for one in StoredReceipt(delivery).chosen(rule=rule, line=line) if one.warns)
    waiting: list[Found] = []
    while len(waiting) < MOST_AT_ONCE and (some := list(islice(warnings, MOST_AT_ONCE))):
        told = marked(delivery.institution, delivery.dataset, some)
        waiting += [one for one in told if one.confirmed is None]
    return waiting[:MOST_AT_ONCE]


def confirm(delivery: Delivery, listed: Sequence[Found], *, reason: str, user: User, by: Actor) -> int:
    """Confirm them with a reason; how many were not confirmed before."""
    made = 0
    with transaction.atomic(), acting(by, "warning.confirm"):
        for found in listed:
            _, new = WarningConfirmation.objects.get_or_create(
                institution=delivery.institution,
                digest=digest_of(delivery.institution, delivery.dataset, found),
                revoked_at=None,
                defaults={
                    "dataset": delivery.dataset,
                    "rule": found.rule,
                    "record_key": found.record_key or "",
                    "what": found.what,
                    "reason": reason,
                    "delivery": delivery,
                    "confirmed_by": user,
                    "confirmed_at": clock.now(),
                },
            )
            made += new
        _renew_workbooks(delivery)
    return made


def _renew_workbooks(delivery: Delivery) -> None:
    from careward.intake.jobs import renew_workbooks

    renew_workbooks.defer(delivery_id=str(delivery.pk))


def revoke(confirmation: WarningConfirmation, by: Actor) -> None:
    """Take a confirmation back: the warning is asked about again; what was confirmed stays in the record."""
    with transaction.atomic(), acting(by, "warning.revoke"):
        confirmation.revoked_at = clock.now()
        confirmation.save(update_fields=["revoked_at"])
        _renew_workbooks(confirmation.delivery)
