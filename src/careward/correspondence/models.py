"""The outbox."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from careward.journal import tracked
from careward.kernel import clock


class LetterQuerySet(models.QuerySet["Letter"]):
    """Questions to the outbox."""

    def still_to_send(self) -> "LetterQuerySet":
        """Letters the mail server has not taken yet."""
        return self.filter(sent_at=None)

    def about(self, subject: models.Model) -> "LetterQuerySet":
        """Letters caused by one subject, newest first."""
        return self.filter(about=f"{subject._meta.label_lower}:{subject.pk}").order_by("-created_at")


@tracked()
class Letter(models.Model):
    """One mail. ``body`` holds placeholders instead of links; ``about`` is ``app.model:pk`` of its cause."""

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

    objects = LetterQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["created_at"], condition=Q(sent_at=None), name="letters_still_to_send")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"
