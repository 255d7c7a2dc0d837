"""Who looked at a record in full, and certificates of what was destroyed."""

import uuid
from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q

from careward import rulebook
from careward.accounts.models import User
from careward.custody.rules import EVER_ACCEPTED, latest_free_month
from careward.intake.models import Delivery
from careward.intake.procedure import DISPOSABLE
from careward.intake.questions import DeliveryQuerySet
from careward.journal import tracked
from careward.kernel import clock
from careward.kernel.texts import text
from careward.provisioning.models import Lane


@tracked()
class FullLook(models.Model):
    """Somebody looked at one record of a delivery without masks: every time is one row, with the reason."""

    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="full_looks")
    line = models.PositiveIntegerField()
    reason = models.CharField(max_length=200)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="full_looks")
    at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(reason=""),
                name="full_look_has_reason",
                violation_error_message=text("custody:constraints.full_look_has_reason"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.delivery_id} {self.line}"


@tracked()
class Disposal(models.Model):
    """The certificate of one destruction: what, when, by whom, by which rules.

    ``confirmed_at`` is when it was ordered, ``destroyed_at`` when the last object was gone from the store.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="disposals")
    witness = models.CharField(max_length=60)
    confirmed_at = models.DateTimeField()
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-confirmed_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(witness=""),
                name="disposal_has_witness",
                violation_error_message=text("custody:constraints.disposal_has_witness"),
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


@tracked()
class DisposalLine(models.Model):
    """One destroyed delivery: the digests of what lay in the store, and the rule its time of keeping came from."""

    disposal = models.ForeignKey(Disposal, on_delete=models.PROTECT, related_name="lines")
    delivery = models.OneToOneField(Delivery, on_delete=models.PROTECT, related_name="disposal_line")
    kept_until = models.DateTimeField()
    rule = models.CharField(max_length=64)
    parquet_sha256 = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        ordering = ["delivery__received_at", "pk"]

    def __str__(self) -> str:
        return f"{self.disposal_id} {self.delivery_id}"


def free(now: datetime) -> DeliveryQuerySet:
    """Deliveries whose time of keeping is over, oldest first: :func:`custody.rules.kept_until` as a query."""
    rules = rulebook.current().retention
    tested = Q(lane=Lane.TEST, received_at__lt=now - timedelta(days=rules.tested.days))
    never = Q(lane=Lane.LIVE, received_at__lt=now - timedelta(days=rules.not_accepted.days)) & ~Q(
        state__in=EVER_ACCEPTED
    )
    found = tested | never
    for dataset in rules.datasets.values():
        month = latest_free_month(dataset.years, now)
        found |= Q(lane=Lane.LIVE, state__in=EVER_ACCEPTED, dataset=dataset.id, period__lte=month)
    return Delivery.objects.filter(found, state__in=DISPOSABLE).order_by("received_at", "pk")
