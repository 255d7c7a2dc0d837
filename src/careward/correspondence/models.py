"""The outbox, and what became of each letter."""

import uuid
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from careward.correspondence.procedure import BOUNCED, FAILED, PROCEDURE, QUEUED
from careward.flow.models import Subject, state_follows, state_is_known
from careward.journal import tracked
from careward.kernel import clock
from careward.kernel.procedure import Procedure


class LetterQuerySet(models.QuerySet["Letter"]):
    """Questions to the outbox."""

    def still_to_send(self) -> "LetterQuerySet":
        """Letters the mail server has not taken yet and that are tried again by themselves."""
        return self.filter(state=QUEUED)

    def not_arrived(self) -> "LetterQuerySet":
        """Those that came back, were given up, or failed at least once so far."""
        return self.filter(Q(state__in=(BOUNCED, FAILED)) | Q(state=QUEUED) & ~Q(last_error=""))

    def about(self, subject: models.Model) -> "LetterQuerySet":
        """Letters caused by one subject, newest first."""
        return self.filter(about=f"{subject._meta.label_lower}:{subject.pk}").order_by("-created_at", "-pk")


@tracked()
class Letter(Subject):
    """One mail. ``body`` holds placeholders instead of links; ``about`` is ``app.model:pk`` of its cause.

    The institution it concerns, with type and county, decides which staff sees what became of it; a letter about
    an account of a person concerns none. ``unit`` is the local unit that reviews, where it is not that of the type.
    ``rounds`` counts how often it was sent again.
    """

    procedure: ClassVar[Procedure] = PROCEDURE

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=64)
    to = ArrayField(models.EmailField())
    cc = ArrayField(models.EmailField(), default=list)
    subject = models.TextField()
    body = models.TextField()
    about = models.CharField(max_length=120, db_index=True)
    created_at = models.DateTimeField(default=clock.now)
    sent_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.TextField(default="")
    rounds = models.PositiveSmallIntegerField(default=0)
    bounced_at = models.DateTimeField(null=True)
    bounce_code = models.CharField(max_length=12, blank=True, default="")
    institution_code = models.CharField(max_length=20, blank=True, default="")
    institution_type = models.CharField(max_length=32, blank=True, default="")
    county = models.CharField(max_length=5, blank=True, default="")
    unit = models.CharField(max_length=32, blank=True, default="")

    objects = LetterQuerySet.as_manager()

    class Meta:
        constraints = [state_is_known(PROCEDURE)]
        triggers = [state_follows(PROCEDURE)]
        indexes = [
            models.Index(fields=["created_at"], condition=Q(state=QUEUED), name="letters_in_the_outbox"),
            models.Index(fields=["state", "-created_at"], name="letters_by_state"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"
