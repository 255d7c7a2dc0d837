"""Who works for an institution or a company, what an institution delegated, and what was looked at by it."""

import uuid
from datetime import date, datetime
from typing import ClassVar, Final

from django.db import models
from django.db.models import F, Q

from careward import rulebook
from careward.accounts.models import User
from careward.flow.models import Subject, state_follows, state_is_known
from careward.journal import tracked
from careward.kernel import clock
from careward.kernel.procedure import Procedure
from careward.kernel.texts import known, text
from careward.members.procedure import ACTIVE, DELEGATION, ENDED, IN_FORCE, INVITED, MEMBER
from careward.registry.models import Institution
from careward.vendors.models import SystemVendor
from careward.vendors.procedure import LISTED

HEADS: Final = ("head", "company_head")
_COLOURS: Final = {INVITED: "yellow", ACTIVE: "green", ENDED: "grey"}


class MemberQuerySet(models.QuerySet["Member"]):
    """Questions to the people."""

    def at(self, place: Institution | SystemVendor) -> "MemberQuerySet":
        """Those of an institution or of a company."""
        return self.filter(**{_field(place): place})

    def there(self) -> "MemberQuerySet":
        """Invited or active."""
        return self.exclude(state=ENDED)

    def active(self) -> "MemberQuerySet":
        """Those who may sign in there."""
        return self.filter(state=ACTIVE)

    def heads(self) -> "MemberQuerySet":
        """The head: the registered mailbox of an institution, the directory's of a company."""
        return self.filter(position__in=HEADS)


@tracked()
class Member(Subject):
    """One person at one institution or one company; ``position`` is one of rules/roles.yaml.

    ``name`` is how the place calls the person: what another place wrote is nobody else's business.

    ``seed`` is that of the mailed code by which a clerk's mailbox is proved, ``expires_at`` its end, ``wrong``
    how often it was typed wrongly; all three mean nothing for a head, whose mailbox was proved before.
    """

    procedure: ClassVar[Procedure] = MEMBER

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, null=True, related_name="members")
    company = models.ForeignKey(SystemVendor, on_delete=models.PROTECT, null=True, related_name="members")
    position = models.CharField(max_length=16)
    name = models.CharField(max_length=60)
    since = models.DateTimeField(default=clock.now)
    seed = models.CharField(max_length=64, blank=True, default="", editable=False)
    expires_at = models.DateTimeField(null=True)
    wrong = models.PositiveSmallIntegerField(default=0)
    ended_at = models.DateTimeField(null=True)

    objects = MemberQuerySet.as_manager()

    class Meta:
        ordering = ["since", "pk"]
        constraints = [
            state_is_known(MEMBER),
            models.CheckConstraint(
                condition=(
                    Q(institution__isnull=False, company__isnull=True, position__in=("head", "clerk"))
                    | Q(
                        institution__isnull=True, company__isnull=False,
                        position__in=("company_head", "company_clerk"),
                    )
                ),
                name="member_of_one_place",
                violation_error_message=text("members:constraints.member_of_one_place"),
            ),
            *(
                models.UniqueConstraint(
                    fields=["user", place],
                    condition=~Q(state=ENDED),
                    name=f"once_at_{place}",
                    violation_error_message=text("members:constraints.once_there"),
                )
                for place in ("institution", "company")
            ),
            *(
                models.UniqueConstraint(
                    fields=[place],
                    condition=Q(position__in=HEADS) & ~Q(state=ENDED),
                    name=f"one_head_of_{place}",
                    violation_error_message=text("members:constraints.one_head"),
                )
                for place in ("institution", "company")
            ),
        ]  # fmt: skip
        triggers = [state_follows(MEMBER)]

    def __str__(self) -> str:
        return f"{self.position} {self.id}"

    @property
    def place(self) -> Institution | SystemVendor:
        """The institution or the company."""
        found = self.institution or self.company
        assert found is not None
        return found

    @property
    def is_head(self) -> bool:
        """Whether it is the registered mailbox."""
        return self.position in HEADS

    @property
    def position_label(self) -> str:
        """The position in words."""
        return rulebook.current().position(self.position).label

    @property
    def state_colour(self) -> str:
        """The colour of the state's tag."""
        return _COLOURS[self.state]

    def code_is_waiting(self, now: datetime) -> bool:
        """Whether the mailed code may still be typed."""
        most = rulebook.current().policies.mailbox_code.wrong_codes.value
        return (
            self.state == INVITED
            and self.expires_at is not None
            and now <= self.expires_at
            and self.wrong < most
        )


def _field(place: Institution | SystemVendor) -> str:
    return "institution" if isinstance(place, Institution) else "company"


class DelegationQuerySet(models.QuerySet["Delegation"]):
    """Questions to the delegations."""

    def in_force(self, day: date) -> "DelegationQuerySet":
        """Those that open something on a day: not ended, within their days, the company still in the directory."""
        return self.filter(state=IN_FORCE, first_day__lte=day, last_day__gte=day, company__state=LISTED)

    def not_over(self, day: date) -> "DelegationQuerySet":
        """Those that hold on a day or later, the next first."""
        return self.filter(state=IN_FORCE, last_day__gte=day).order_by("first_day", "granted_at", "pk")


@tracked()
class Delegation(Subject):
    """An institution lets a company of the directory look: ``first_day`` to ``last_day``, both included, of Taipei.

    It opens what the position ``delegate`` of rules/roles.yaml may; uploading stays the upload account's.
    """

    procedure: ClassVar[Procedure] = DELEGATION

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="delegations")
    company = models.ForeignKey(SystemVendor, on_delete=models.PROTECT, related_name="delegations")
    first_day = models.DateField()
    last_day = models.DateField()
    granted_at = models.DateTimeField(default=clock.now)
    ended_at = models.DateTimeField(null=True)

    objects = DelegationQuerySet.as_manager()

    class Meta:
        ordering = ["-granted_at", "-pk"]
        constraints = [
            state_is_known(DELEGATION),
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day")),
                name="delegation_runs_forward",
                violation_error_message=text("members:constraints.delegation_runs_forward"),
            ),
        ]
        triggers = [state_follows(DELEGATION)]

    def __str__(self) -> str:
        return f"{self.first_day} {self.id}"

    def standing(self, day: date) -> str:
        """``to_come``, ``holds``, ``over`` or ``ended``: how it stands on a day."""
        if self.state != IN_FORCE or self.company.state != LISTED:
            return "ended"
        if day < self.first_day:
            return "to_come"
        return "over" if day > self.last_day else "holds"


@tracked()
class Look(models.Model):
    """Somebody of a company opened a page of an institution by a delegation; noted once a day, page and thing.

    ``page`` is the page's name, ``thing`` what its address names, such as a delivery's ticket.
    """

    delegation = models.ForeignKey(Delegation, on_delete=models.PROTECT, related_name="looks")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="looks")
    day = models.DateField()
    at = models.DateTimeField()
    page = models.CharField(max_length=64)
    thing = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["delegation", "user", "day", "page", "thing"],
                name="look_is_noted_once_a_day",
                violation_error_message=text("members:constraints.look_is_noted_once_a_day"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.page} {self.at:%Y-%m-%d}"

    @property
    def page_label(self) -> str:
        """The page in words."""
        key = f"members:looked_at.{self.page.replace(':', '_')}"
        return text(key if known(key) else "members:looked_at.other")
