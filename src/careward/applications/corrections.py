"""Corrections of what was sent: being filled in, and made. What stood before stays beside what stands now."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Q

from careward.applications.telling import Difference, differences
from careward.journal import tracked
from careward.kernel import clock
from careward.kernel.texts import text
from careward.store.fields import SealedTextField

if TYPE_CHECKING:
    from careward.applications.models import Application


class CorrectionQuerySet(models.QuerySet["Correction"]):
    """Questions to the corrections."""

    def made(self) -> "CorrectionQuerySet":
        """Those that took effect, oldest first."""
        return self.filter(made_at__isnull=False).order_by("made_at", "pk")

    def begun(self) -> "CorrectionQuerySet":
        """Filled in and not sent: they change nothing; at most one of an application."""
        return self.filter(made_at=None)

    def begin(self, application: "Application", changes: Mapping[str, Any]) -> "Correction":
        """Keep answers of a correction that is being filled in; those that stand already fall away.

        Needs a journal context and the application's lock.
        """
        correction = self.begun().filter(application=application).first() or Correction(
            application=application
        )
        kept = {**correction.changes, **changes}
        answers = application.answers
        kept = {name: value for name, value in kept.items() if (answers[name] or "") != (value or "")}
        correction.after = json.dumps(kept, ensure_ascii=False)
        correction.save()
        return correction

    def make(
        self,
        application: "Application",
        before: Mapping[str, Any],
        after: Mapping[str, Any],
        *,
        state: str,
        arrived_at: datetime,
    ) -> "Correction":
        """Keep what a correction changed; the one being filled in, if any, is thereby made. For the act only."""
        changed = [name for name in after if before[name] != after[name]]
        correction = self.begun().filter(application=application).first() or Correction(
            application=application
        )
        correction.before = json.dumps({name: before[name] for name in changed}, ensure_ascii=False)
        correction.after = json.dumps({name: after[name] for name in changed}, ensure_ascii=False)
        correction.from_state, correction.version = state, application.data_version
        correction.made_at = arrived_at
        correction.save()
        return correction


@tracked()
class Correction(models.Model):
    """Answers changed after sending. ``before`` and ``after`` are JSON by field, sealed: people stand in them.

    While it is being filled in, ``after`` holds what was answered so far and ``made_at`` is empty. ``version``
    is the application's ``data_version`` with the correction, ``from_state`` where the case stood when it was
    made: after ``signed_off`` the sign-off became void.
    """

    application = models.ForeignKey(
        "applications.Application", on_delete=models.PROTECT, related_name="corrections"
    )
    before = SealedTextField(default="{}")
    after = SealedTextField(default="{}")
    begun_at = models.DateTimeField(default=clock.now)
    made_at = models.DateTimeField(null=True)
    from_state = models.CharField(max_length=32, blank=True, default="")
    version = models.PositiveIntegerField(null=True)

    objects = CorrectionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["application"],
                condition=Q(made_at=None),
                name="one_correction_begun",
                violation_error_message=text("applications:constraints.one_correction_begun"),
            ),
            models.CheckConstraint(
                condition=Q(made_at=None) | (~Q(from_state="") & Q(version__isnull=False)),
                name="made_correction_says_from_where",
                violation_error_message=text("applications:constraints.made_correction_says_from_where"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} {self.begun_at:%Y-%m-%d}"

    @property
    def changes(self) -> dict[str, Any]:
        """The new answers by field; sources stay a list."""
        found: dict[str, Any] = json.loads(self.after)
        return found

    @property
    def replaced(self) -> dict[str, Any]:
        """The answers that stood there before, by field; empty until it is made."""
        found: dict[str, Any] = json.loads(self.before)
        return found

    @property
    def differences(self) -> tuple[Difference, ...]:
        """Old beside new in words, people masked; of one that is being filled in, beside what stands now."""
        before = self.replaced if self.made_at else self.application.answers
        return differences(self.application.rules, before, self.changes)

    @property
    def voided_sign_off(self) -> bool:
        """Whether a sign-off became void by it (domain.md §2)."""
        return self.from_state in ("awaiting_second", "signed_off")
