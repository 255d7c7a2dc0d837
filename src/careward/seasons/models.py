"""Moments moved over the rulebook's value."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from careward.flow.models import Subject, state_follows, state_is_known
from careward.journal import tracked
from careward.kernel.procedure import Procedure
from careward.kernel.texts import text
from careward.rulebook import NATIONWIDE, Season, current
from careward.rulebook.moving import Move
from careward.seasons.procedure import IN_FORCE, PROCEDURE


class MomentMoveQuerySet(models.QuerySet["MomentMove"]):
    """Questions to the moved moments."""

    def in_force(self) -> "MomentMoveQuerySet":
        """Those every page and guard goes by."""
        return self.filter(state=IN_FORCE)

    def of_season(self, season: str) -> "MomentMoveQuerySet":
        """Those of one season, the latest first."""
        return self.filter(season=season).order_by("-moved_at", "-pk")


@tracked()
class MomentMove(Subject):
    """One moment of a season, moved ``at`` a new time for a ``county`` (five digits) or, with "", for all.

    ``was`` is what was in force when it was moved. There is no field for an institution, and never will be.
    """

    procedure: ClassVar[Procedure] = PROCEDURE

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    season = models.CharField(max_length=3)
    code = models.CharField(max_length=40)
    county = models.CharField(max_length=5, blank=True, default=NATIONWIDE)
    at = models.DateTimeField()
    was = models.DateTimeField()
    reason = models.TextField()
    moved_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    announced_at = models.DateTimeField(null=True)
    end_announced_at = models.DateTimeField(null=True)

    objects = MomentMoveQuerySet.as_manager()

    class Meta:
        constraints = [
            state_is_known(PROCEDURE),
            models.UniqueConstraint(
                fields=["season", "code", "county"],
                condition=Q(state=IN_FORCE),
                name="one_move_in_force",
                violation_error_message=text("seasons:constraints.one_move_in_force"),
            ),
            models.CheckConstraint(
                condition=~Q(reason=""),
                name="a_move_has_a_reason",
                violation_error_message=text("seasons:constraints.a_move_has_a_reason"),
            ),
        ]
        triggers = [state_follows(PROCEDURE)]

    def __str__(self) -> str:
        return f"{self.season} {self.code} {self.county or 'all'}"

    @property
    def move(self) -> Move:
        """As the rulebook takes it."""
        return Move(self.season, self.code, self.county, self.at, self.reason)

    @property
    def rules(self) -> Season:
        """The season as it is where this move counts."""
        return current().season(self.season, county=self.county)

    @property
    def label(self) -> str:
        """What the moment is called."""
        return self.rules.moment(self.code).label

    @property
    def place_label(self) -> str:
        """For whom it is moved: 全國, or the county's name."""
        return current().county(self.county).name if self.county else text("seasons:nationwide")

    @property
    def opens(self) -> bool:
        """Whether something opens at it."""
        return self.rules.moment(self.code).opens

    def concerns(self, county: str) -> bool:
        """Whether a county's moment is the one this row moves: its own, or the whole season's."""
        return self.county in (NATIONWIDE, county)
