"""What the county decided, and who looked at a full ID number."""

import uuid

from django.db import models

from careward.accounts.models import User
from careward.applications.models import Application
from careward.journal import tracked
from careward.kernel import clock
from careward.kernel.texts import text


class SignOffQuerySet(models.QuerySet["SignOff"]):
    """Questions to the sign-offs."""

    def in_force(self) -> "SignOffQuerySet":
        """Not void; at most one of an application."""
        return self.filter(voided_at=None)


@tracked()
class SignOff(models.Model):
    """A county officer's sign-off of one application.

    ``ticked`` are ids of the season's checklist. ``signed_data`` is a keyed hash of the answers as they were signed
    (keyed, since they hold an ID number that could be guessed); ``signed_documents`` maps each document's id to
    the SHA-256 of its bytes. A later change shows itself by them. A correction or a withdrawal makes it void
    (domain.md §2), ``void_reason`` is the act that did; the row stays, and the next sign-off is a row of its own.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="sign_offs")
    officer = models.ForeignKey(User, on_delete=models.PROTECT, related_name="sign_offs")
    signed_at = models.DateTimeField()
    ticked = models.JSONField()
    remark = models.TextField(blank=True, default="")
    signed_data = models.CharField(max_length=64)
    signed_documents = models.JSONField()
    voided_at = models.DateTimeField(null=True)
    void_reason = models.CharField(max_length=32, blank=True, default="")

    objects = SignOffQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["application"],
                condition=models.Q(voided_at=None),
                name="one_sign_off_in_force",
                violation_error_message=text("review:constraints.one_sign_off_in_force"),
            ),
            models.CheckConstraint(
                condition=~models.Q(ticked=[]),
                name="sign_off_has_ticks",
                violation_error_message=text("review:constraints.sign_off_has_ticks"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} {self.signed_at:%Y-%m-%d}"


@tracked()
class Unmasking(models.Model):
    """Somebody looked at a full personal ID: every time is one row (domain.md §5)."""

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="unmaskings")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="unmaskings")
    at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return f"{self.application_id} {self.at:%Y-%m-%d}"
