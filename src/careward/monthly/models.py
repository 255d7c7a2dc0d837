"""Reminders that were sent. Where a month stands is computed, never stored."""

from django.db import models

from careward.journal import tracked
from careward.kernel.texts import text
from careward.provisioning.models import UploadAccount


@tracked()
class MonthReminder(models.Model):
    """One step of the ladder for one month, ``days`` after it was due (negative: before); never sent twice."""

    account = models.ForeignKey(UploadAccount, on_delete=models.PROTECT, related_name="month_reminders")
    period = models.CharField(max_length=5)
    days = models.SmallIntegerField()
    sent_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "period", "days"],
                name="one_month_reminder_a_step",
                violation_error_message=text("monthly:constraints.one_month_reminder_a_step"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.period} {self.days:+d}"
