"""Excerpts that were shared."""

import uuid
from datetime import datetime
from typing import Final

from django.db import models
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce

from careward.accounts.models import MailedLink, User
from careward.intake.models import Delivery
from careward.journal import tracked
from careward.registry.models import Institution
from careward.registry.rules import reach

PURPOSE: Final = "excerpt"
"""Of the mailed link to one."""


class ExcerptQuerySet(models.QuerySet["Excerpt"]):
    """Questions to the excerpts."""

    def visible_to(self, viewer: object) -> "ExcerptQuerySet":
        """Those a person may see: see :func:`careward.registry.rules.reach`."""
        code, kind, county = (f"delivery__institution__{name}" for name in ("code", "type", "county"))
        return self.filter(reach(viewer, code=code, kind=kind, county=county))

    def open_at(self, now: datetime) -> "ExcerptQuerySet":
        """Those whose link still opens."""
        return self.filter(link__revoked_at=None, link__expires_at__gte=now)

    def with_openings(self) -> "ExcerptQuerySet":
        """How often each was opened with its code, as the journal has it: ``openings``."""
        events = MailedLink.objects.filter(pk=OuterRef("link"), events__pgh_context__act="link.open")
        counted = events.values("pk").annotate(times=Count("events")).values("times")
        return self.annotate(openings=Coalesce(Subquery(counted), 0))


@tracked()
class Excerpt(models.Model):
    """The findings of ``rule`` in one receipt, shown to who reads ``link.mailbox`` until the link ends.

    It holds no finding: they are read from the receipt when somebody looks, and end with it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="excerpts")
    rule = models.CharField(max_length=160)
    link = models.OneToOneField(MailedLink, on_delete=models.PROTECT, related_name="excerpt")
    shared_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="excerpts")
    shared_at = models.DateTimeField()

    objects = ExcerptQuerySet.as_manager()

    class Meta:
        ordering = ["-shared_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.rule} {self.id}"

    @property
    def institution(self) -> Institution:
        """Who shares it."""
        return self.delivery.institution
