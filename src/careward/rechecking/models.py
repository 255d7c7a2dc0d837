"""Rechecks, and what each would have answered."""

import uuid
from collections.abc import Mapping
from typing import Final

from django.db import models

from careward.accounts.models import User
from careward.intake.catalogue import in_words
from careward.intake.models import AcceptedFile, AcceptedFileQuerySet, Delivery
from careward.journal import tracked
from careward.kernel.texts import text
from careward.registry.models import Institution
from careward.rulebook import current

DATASET_GONE: Final = "dataset_gone"
"""In place of a check's id, where the version no longer has the dataset."""


@tracked()
class Recheck(models.Model):
    """One run over the accepted files of a season by version ``spec`` of the interchange rules, in shadow.

    ``rules`` names where the rules were read from: empty for those in force, else the folder that was tried.
    ``by`` is None where the command line ordered it. Nothing that was accepted changes by it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    season = models.CharField(max_length=3)
    spec = models.CharField(max_length=16)
    rules = models.CharField(max_length=200, blank=True, default="")
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="rechecks")
    ordered_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-ordered_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.season} {self.spec}"

    @property
    def is_published(self) -> bool:
        """Its rules are those of a version that lies beside the one in force, and not of a folder that was tried."""
        return not self.rules and self.spec in current().interchanges

    @property
    def checks_in_words(self) -> Mapping[str, str]:
        """What each check of its version expects, by id; of a folder that was tried nothing is known any more."""
        return in_words(current().interchange(self.spec)) if self.is_published else {}

    @property
    def waiting(self) -> AcceptedFileQuerySet:
        """The accepted files it has not looked at yet, oldest first."""
        return kept(self.season).exclude(delivery__rechecked__recheck=self).order_by("accepted_at", "pk")


def kept(season: str) -> AcceptedFileQuerySet:
    """Accepted files of a season that count and can still be read."""
    return (
        AcceptedFile.objects.that_count()
        .readable()
        .filter(delivery__account__season=season)
        .select_related("delivery", "institution", "delivery__account", "delivery__account__application")
    )


@tracked()
class Rechecked(models.Model):
    """What one file would have been answered: ``rules`` gives the number of errors by check, empty when none.

    ``told_at`` is when its institution was told.
    """

    recheck = models.ForeignKey(Recheck, on_delete=models.PROTECT, related_name="answers")
    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="rechecked")
    errors = models.PositiveIntegerField()
    warnings = models.PositiveIntegerField()
    rules = models.JSONField(default=dict)
    told_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["delivery__institution__code", "delivery__period", "delivery__dataset"]
        constraints = [
            models.UniqueConstraint(
                fields=["recheck", "delivery"],
                name="file_is_rechecked_once",
                violation_error_message=text("rechecking:constraints.file_is_rechecked_once"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.recheck_id} {self.delivery_id}"

    @property
    def institution(self) -> Institution:
        """Whose file it was."""
        return self.delivery.institution
