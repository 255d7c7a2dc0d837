"""Questions to the applications."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Value

from careward.applications.procedure import DRAFT, LACKING, SUBMITTED, WITHDRAWN
from careward.registry.rules import reach

if TYPE_CHECKING:
    from careward.applications.models import Application  # noqa: F401 - named in annotations


class TouchesNetwork(models.Func):
    """Whether two lists of CIDR texts have networks in common, by PostgreSQL's own ``inet``."""

    template = "EXISTS (SELECT 1 FROM unnest(%(expressions)s)::inet[]))"
    arg_joiner = ") AS own WHERE own::inet && ANY (("
    output_field = models.BooleanField()


class ApplicationQuerySet(models.QuerySet["Application"]):
    """Questions to the applications."""

    def of_season(self, season: str) -> "ApplicationQuerySet":
        """Those of one season, ``115``."""
        return self.filter(season=season)

    def drafts(self) -> "ApplicationQuerySet":
        """Begun, not sent: they count for nothing and only their visitor sees them."""
        return self.filter(state=DRAFT)

    def sent(self) -> "ApplicationQuerySet":
        """All that count as applied, whatever became of them."""
        return self.exclude(state=DRAFT)

    def counting(self) -> "ApplicationQuerySet":
        """Sent and not withdrawn: the institution applies."""
        return self.sent().exclude(state=WITHDRAWN)

    def from_any_of(self, sources: Sequence[str]) -> "ApplicationQuerySet":
        """Those with a source address inside, around or equal to one of ``sources`` (CIDR texts)."""
        return self.filter(TouchesNetwork("sources", Value(list(sources), ArrayField(models.TextField()))))

    def waiting_for_documents(self) -> "ApplicationQuerySet":
        """缺件: sent, not completed."""
        return self.filter(state=LACKING)

    def waiting_for_review(self) -> "ApplicationQuerySet":
        """待審查: complete, the county has not signed; those sent first come first."""
        return self.filter(state=SUBMITTED).order_by("completed_at", "pk")

    def visible_to(self, viewer: object) -> "ApplicationQuerySet":
        """Sent ones a person may see: see :func:`careward.registry.rules.reach`."""
        reachable = reach(
            viewer, code="institution_code", kind="institution_type", county="county", unit="unit"
        )
        return self.sent().filter(reachable)
