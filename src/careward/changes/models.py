"""Changes of connection data, and the months' lists that were released to the vendor."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar, Final

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from careward import rulebook
from careward.applications.models import Application
from careward.applications.rules import say_until
from careward.applications.telling import Difference
from careward.changes.procedure import APPROVED, DRAFT, FAILED, LISTED, OPEN, PROCEDURE, REQUESTED
from careward.changes.rules import Data, differences
from careward.flow.models import Subject, state_follows, state_is_known
from careward.journal import tracked
from careward.kernel import clock
from careward.kernel.identifiers import mask_id
from careward.kernel.procedure import Procedure
from careward.kernel.texts import text
from careward.registry.rules import reach
from careward.rulebook import Season
from careward.rulebook.change_lists import ChangeList
from careward.store.fields import SealedTextField

PURPOSE: Final = "connection_change"
"""Of the mailed link behind which a change is asked for; it is about the application."""

ListPart = tuple[str, str, str]
"""Season, month and office: what the ministry releases at once."""


class ConnectionChangeQuerySet(models.QuerySet["ConnectionChange"]):
    """Questions to the changes."""

    def open(self) -> "ConnectionChangeQuerySet":
        """Being filled in, waiting for the county, or given back."""
        return self.filter(state__in=OPEN)

    def waiting_for_review(self) -> "ConnectionChangeQuerySet":
        """待審查, the longest waiting first."""
        return self.filter(state=REQUESTED).order_by("sent_at", "pk")

    def of_list(self, season: Season, listed: ChangeList) -> "ConnectionChangeQuerySet":
        """What stands on a month's list: approved after the list before was frozen, and not after this one."""
        began = season.changes.began(listed)
        found = self.filter(state__in=LISTED, application__season=season.code, approved_at__lte=listed.at)
        return (found.filter(approved_at__gt=began) if began else found).order_by("approved_at", "pk")

    def unprocessed(self) -> "ConnectionChangeQuerySet":
        """同意, no result yet."""
        return self.filter(state=APPROVED)

    def visible_to(self, viewer: object) -> "ConnectionChangeQuerySet":
        """Sent ones a person may see: those of the applications in reach (:func:`careward.registry.rules.reach`)."""
        where = {"code": "institution_code", "kind": "institution_type", "county": "county", "unit": "unit"}
        reachable = reach(viewer, **{name: f"application__{field}" for name, field in where.items()})
        return self.exclude(sent_at=None).filter(reachable)


@tracked()
class ConnectionChange(Subject):
    """What an institution wants changed: the addresses it uploads from, the person in charge, or both.

    ``sources`` (CIDR texts) and ``person_name`` are None for what stays; ``person_id`` goes with the name where the
    season identifies by it. The ``former_`` fields are what was in force when it was sent. ``number`` counts the
    changes of an application; ``reason`` is why it was given back, refused or could not be processed.
    """

    procedure: ClassVar[Procedure] = PROCEDURE

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="connection_changes")
    number = models.PositiveSmallIntegerField()
    sources = ArrayField(models.CharField(max_length=64), null=True)
    person_name = SealedTextField(null=True)
    person_id = SealedTextField(null=True)
    former_sources = ArrayField(models.CharField(max_length=64), null=True)
    former_person_name = SealedTextField(null=True)
    reason = models.TextField(blank=True, default="")
    begun_at = models.DateTimeField(default=clock.now)
    sent_at = models.DateTimeField(null=True)
    approved_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)

    objects = ConnectionChangeQuerySet.as_manager()

    class Meta:
        ordering = ["begun_at", "pk"]
        constraints = [
            state_is_known(PROCEDURE),
            models.UniqueConstraint(
                fields=["application", "number"],
                name="change_is_numbered_once",
                violation_error_message=text("changes:constraints.change_is_numbered_once"),
            ),
            models.UniqueConstraint(
                fields=["application"],
                condition=Q(state__in=OPEN),
                name="one_open_change",
                violation_error_message=text("changes:constraints.one_open_change"),
            ),
            models.CheckConstraint(
                condition=Q(state__in=(DRAFT, "cancelled"))
                | (Q(sent_at__isnull=False) & (Q(sources__isnull=False) | Q(person_name__isnull=False))),
                name="sent_change_changes_something",
                violation_error_message=text("changes:constraints.sent_change_changes_something"),
            ),
            models.CheckConstraint(
                condition=~Q(state__in=LISTED) | Q(approved_at__isnull=False),
                name="listed_change_says_when",
                violation_error_message=text("changes:constraints.listed_change_says_when"),
            ),
            models.CheckConstraint(
                condition=~Q(state__in=("returned", "refused", FAILED)) | ~Q(reason=""),
                name="unwanted_change_says_why",
                violation_error_message=text("changes:constraints.unwanted_change_says_why"),
            ),
        ]
        triggers = [state_follows(PROCEDURE)]

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        """What people call it by: the application's reference and the number of the change."""
        return f"{self.application.reference}-{self.number}"

    @property
    def rules(self) -> Season:
        """The season's rules, its moments as they are in the institution's county."""
        return self.application.rules

    @property
    def wanted(self) -> Data:
        """What it changes; None for what stays."""
        return Data(self.sources, self.person_name)

    @property
    def differences(self) -> tuple[Difference, ...]:
        """Old beside new in words, people masked."""
        return differences(Data(self.former_sources, self.former_person_name), self.wanted)

    @property
    def differences_in_full(self) -> tuple[Difference, ...]:
        """Old beside new with full names, for who compares them with a register."""
        return differences(Data(self.former_sources, self.former_person_name), self.wanted, masked=False)

    @property
    def masked_person_id(self) -> str:
        """``A12****789``; empty when none was given."""
        return mask_id(self.person_id) if self.person_id else ""

    @property
    def listed(self) -> ChangeList | None:
        """The month's list it stands on; None before it is approved."""
        return self.rules.changes.list_of(self.approved_at) if self.approved_at else None

    @property
    def list_frozen_at(self) -> str:
        """When its list is frozen, in words; empty before it is approved."""
        return say_until(self.listed.at) if self.listed else ""

    @property
    def unit(self) -> str:
        """The ministry's office that releases the list it stands on."""
        return rulebook.current().central_unit(self.application.institution_type).id

    @property
    def part(self) -> ListPart | None:
        """Which office's part of which list it stands on; None before it is approved."""
        return (self.application.season, self.listed.code, self.unit) if self.listed else None

    @property
    def released(self) -> bool:
        """Whether its office has released its list to the vendor; of many, ask :meth:`ListReleaseQuerySet.parts`."""
        return self.part is not None and self.part in ListRelease.objects.parts()

    def waited_days(self, now: datetime) -> int:
        """Whole days since it was sent."""
        return (now - self.sent_at).days if self.sent_at else 0


class ListReleaseQuerySet(models.QuerySet["ListRelease"]):
    """Questions to the releases."""

    def of_list(self, season: str, month: str) -> "ListReleaseQuerySet":
        """Those of a month's list."""
        return self.filter(season=season, month=month)

    def units(self) -> Sequence[str]:
        """The offices they are of."""
        return list(self.values_list("unit", flat=True))

    def parts(self) -> set[ListPart]:
        """Every part of a list that was released: a few in a month."""
        return set(self.values_list("season", "month", "unit"))


@tracked()
class ListRelease(models.Model):
    """One of the ministry's offices released its part of a frozen list to the vendor (domain.md §2).

    ``month`` is the list's ROC month, ``unit`` a central unit of the rulebook. Never changed.
    """

    season = models.CharField(max_length=3)
    month = models.CharField(max_length=5)
    unit = models.CharField(max_length=32)
    released_at = models.DateTimeField()

    objects = ListReleaseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["season", "month", "unit"],
                name="list_is_released_once",
                violation_error_message=text("changes:constraints.list_is_released_once"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.season} {self.month} {self.unit}"
