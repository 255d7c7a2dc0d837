"""What came in at a desk, whom the platform told of it, who confirmed it; and which warnings were sent."""

import uuid
from typing import Final

from django.db import models
from django.db.models import Q

from careward.accounts.models import User
from careward.applications.models import Application
from careward.journal import tracked
from careward.kernel import clock
from careward.kernel.texts import text

CAUSES: Final = ("submit", "complete", "correct", "answer_supplement", "restore")
"""Acts of an application after which the desk is told; their words stand in the texts under ``causes``."""


class ArrivalQuerySet(models.QuerySet["Arrival"]):
    """Questions to what came in."""

    def unconfirmed(self) -> "ArrivalQuerySet":
        """Nobody has confirmed receipt yet."""
        return self.filter(confirmed_at=None)

    def at_desk(self, county: str, unit: str) -> "ArrivalQuerySet":
        """What came in at one desk."""
        return self.filter(county=county, unit=unit)


@tracked()
class Arrival(models.Model):
    """A case came in at a desk, new or anew (``cause``, an act's id).

    ``confirmed_at`` is when an officer confirmed receipt (確認收件), by the letter's link without signing in.
    """

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="arrivals")
    cause = models.CharField(max_length=32)
    at = models.DateTimeField()
    county = models.CharField(max_length=5)
    unit = models.CharField(max_length=32)
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="receipts", null=True)

    objects = ArrivalQuerySet.as_manager()

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(confirmed_at=None, confirmed_by=None)
                | Q(confirmed_at__isnull=False, confirmed_by__isnull=False),
                name="receipt_is_somebodys",
                violation_error_message=text("oversight:constraints.receipt_is_somebodys"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} {self.cause}"

    @property
    def cause_label(self) -> str:
        """Why it came in, in words."""
        return text(f"oversight:causes.{self.cause}")


@tracked()
class Notice(models.Model):
    """One letter to one officer about what came in: at once about one case, or a day's digest (``digest_day``)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    officer = models.ForeignKey(User, on_delete=models.PROTECT, related_name="notices")
    posted_at = models.DateTimeField(default=clock.now)
    digest_day = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["officer", "digest_day"],
                name="one_digest_a_day",
                violation_error_message=text("oversight:constraints.one_digest_a_day"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.officer_id} {self.posted_at:%Y-%m-%d}"


@tracked()
class NoticeLine(models.Model):
    """One case in a notice."""

    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="lines")
    arrival = models.ForeignKey(Arrival, on_delete=models.PROTECT, related_name="lines")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["notice", "arrival"],
                name="a_notice_tells_once",
                violation_error_message=text("oversight:constraints.a_notice_tells_once"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.notice_id} {self.arrival_id}"


class How(models.TextChoices):
    """When an officer is told; the words stand in the texts."""

    AT_ONCE = "at_once", "at_once"
    DAILY = "daily", "daily"


@tracked()
class NoticeChoice(models.Model):
    """What an officer chose; without a row every case is told at once. ``since`` is when it was chosen."""

    officer = models.OneToOneField(User, on_delete=models.PROTECT, related_name="notice_choice")
    how = models.CharField(max_length=16, choices=How.choices)
    since = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return f"{self.officer_id} {self.how}"


@tracked()
class UnsignedWarning(models.Model):
    """A rung of the season's ladder (``step``) was sent to a desk, and never is again."""

    season = models.CharField(max_length=3)
    county = models.CharField(max_length=5)
    unit = models.CharField(max_length=32)
    step = models.CharField(max_length=32)
    cases = models.PositiveIntegerField()
    at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["season", "county", "unit", "step"],
                name="a_warning_is_sent_once",
                violation_error_message=text("oversight:constraints.a_warning_is_sent_once"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.season} {self.county} {self.unit} {self.step}"
