"""What happens to a delivery at the end of its time of keeping; and looking at a record in full."""

from typing import Any, Final

from django.db import transaction

from careward import rulebook
from careward.accounts.models import User
from careward.custody.models import Disposal, DisposalLine, FullLook, free
from careward.custody.rules import EVER_ACCEPTED, kept_until
from careward.flow import Refusal, Step, act, guard
from careward.intake.models import AcceptedFile, Delivery
from careward.journal import Actor, acting
from careward.kernel import clock

MOST_AT_ONCE: Final = 500
"""Deliveries on one certificate, so that an order ends while somebody waits [decided]."""


@guard("delivery", "keeping_is_over")
def keeping_is_over(step: Step[Any]) -> Refusal | None:
    """The time of keeping has passed."""
    return None if step.at > until(step.subject) else Refusal("keeping_not_over")


def until(delivery: Delivery) -> Any:
    """The moment up to which a delivery is kept by the rules as they are now."""
    return kept_until(
        rulebook.current().retention,
        state=delivery.state,
        lane=delivery.lane,
        dataset=delivery.dataset,
        period=delivery.period,
        received_at=delivery.received_at,
    )


@act("delivery", "dispose")
def dispose(step: Step[Delivery], *, disposal: Disposal, rule: str) -> None:
    """Note it on the certificate; its objects are removed by the job that follows."""
    kept = AcceptedFile.objects.filter(delivery=step.subject).first()
    DisposalLine.objects.create(
        disposal=disposal,
        delivery=step.subject,
        kept_until=until(step.subject),
        rule=rule,
        parquet_sha256=kept.sha256 if kept else "",
    )


def rule_of(delivery: Delivery) -> str:
    """The line of rules/retention.yaml that decides."""
    if delivery.lane == "test":
        return "tested"
    return f"datasets.{delivery.dataset}" if delivery.state in EVER_ACCEPTED else "not_accepted"


def dispose_due(user: User, *, witness: str) -> Disposal | None:
    """Order the destruction of what is free now, at most :data:`MOST_AT_ONCE`; None when nothing is.

    One transaction with the job that removes the objects: ordered is destroyed, whatever stops in between.
    """
    from careward.custody.jobs import destroy

    by, now = Actor(user.role, str(user.pk)), clock.now()
    with transaction.atomic(), acting(by, "disposal.order"):
        due = list(free(now)[:MOST_AT_ONCE])
        if not due:
            return None
        disposal = Disposal.objects.create(by=user, witness=witness, confirmed_at=now)
        for delivery in due:
            dispose(delivery, by, disposal=disposal, rule=rule_of(delivery))
        destroy.defer(disposal_id=str(disposal.pk))
    return disposal


def look(delivery: Delivery, user: User, *, line: int, reason: str) -> FullLook:
    """Note that somebody looks at a record in full, before it is shown."""
    with transaction.atomic(), acting(Actor(user.role, str(user.pk)), "delivery.look"):
        return FullLook.objects.create(delivery=delivery, line=line, reason=reason, by=user)
