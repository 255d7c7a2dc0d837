"""Upload accounts and the addresses they may come from."""

import uuid
from typing import TYPE_CHECKING, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from careward.applications.models import Application
from careward.applications.rules import shown_source
from careward.flow.models import Subject, state_follows, state_is_known
from careward.journal import tracked
from careward.kernel import networks
from careward.kernel.procedure import Procedure
from careward.kernel.texts import text
from careward.provisioning.procedure import PROCEDURE
from careward.registry.models import Institution
from careward.registry.rules import reach
from careward.rulebook import Season, current

if TYPE_CHECKING:
    from datetime import datetime


_COLOURS = {
    "requested": "yellow",
    "created": "blue",
    "notified": "green",
    "suspended": "orange",
    "closed": "grey",
    "held": "orange",
}


class Lane(models.TextChoices):
    """Where an account's uploads go: a new applicant tests, a continuing one delivers."""

    TEST = "test", "test"
    LIVE = "live", "live"


class UploadAccountQuerySet(models.QuerySet["UploadAccount"]):
    """Questions to the upload accounts."""

    def waiting_for_the_vendor(self) -> "UploadAccountQuerySet":
        """Signed off, not yet created; the longest waiting first."""
        return self.filter(state="requested").order_by("requested_at")

    def in_use(self) -> "UploadAccountQuerySet":
        """Asked for, not closed and not held: an institution has one in a season."""
        return self.exclude(state__in=("closed", "held"))

    def visible_to(self, viewer: object) -> "UploadAccountQuerySet":
        """Those a person may see: see :func:`careward.registry.rules.reach`."""
        code, kind, county = "institution__code", "institution__type", "institution__county"
        return self.filter(reach(viewer, code=code, kind=kind, county=county))


@tracked(exclude=("password_hash",))
class UploadAccount(Subject):
    """One institution's account for one season's uploads.

    ``networks`` is the address list in CIDR form; ``password_hash`` argon2, empty until the institution has made
    its password; ``keys`` are ``authorized_keys`` lines.
    """

    procedure: ClassVar[Procedure] = PROCEDURE

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    application = models.OneToOneField(Application, on_delete=models.PROTECT, related_name="upload_account")
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="upload_accounts")
    season = models.CharField(max_length=3)
    lane = models.CharField(max_length=4, choices=Lane.choices)
    username = models.CharField(max_length=32, blank=True, default="")
    networks = ArrayField(models.CharField(max_length=43), default=list, blank=True)
    password_hash = models.CharField(max_length=255, blank=True, default="")
    keys = ArrayField(models.TextField(), default=list, blank=True)
    requested_at = models.DateTimeField()
    created_at = models.DateTimeField(null=True)
    secret_sent_at = models.DateTimeField(null=True)
    secret_expires_at = models.DateTimeField(null=True)
    secret_revealed_at = models.DateTimeField(null=True)

    objects = UploadAccountQuerySet.as_manager()

    class Meta:
        constraints = [
            state_is_known(PROCEDURE),
            models.CheckConstraint(
                condition=Q(state__in=("requested", "held"))
                | (~Q(username="") & ~Q(networks=[]) & Q(created_at__isnull=False)),
                name="created_account_has_name_and_addresses",
                violation_error_message=text(
                    "provisioning:constraints.created_account_has_name_and_addresses"
                ),
            ),
            models.UniqueConstraint(
                fields=["username"],
                condition=~Q(username=""),
                name="username_is_used_once",
                violation_error_message=text("provisioning:constraints.username_is_used_once"),
            ),
        ]
        triggers = [state_follows(PROCEDURE)]

    def __str__(self) -> str:
        return self.username or str(self.id)

    @property
    def rules(self) -> Season:
        """The season's rules, its moments as they are in the institution's county."""
        return current().season(self.season, county=self.institution.county)

    @property
    def proposed_username(self) -> str:
        """The name offered to the vendor: season and institution code, so that it is new every season."""
        return f"cw{self.season}-{self.institution.code.lower()}"

    @property
    def lane_label(self) -> str:
        """The lane in words."""
        return text(f"provisioning:lanes.{self.lane}")

    @property
    def state_colour(self) -> str:
        """The colour of the state's tag."""
        return _COLOURS[self.state]

    @property
    def networks_in_words(self) -> str:
        """The address list on one line."""
        return text("provisioning:list_separator").join(shown_source(network) for network in self.networks)

    def admits(self, address: str) -> bool:
        """Whether a connection from this address is on the list."""
        listed = [networks.parse_source(entry, allow_loopback=True) for entry in self.networks]
        return networks.contains(listed, address)

    def secret_is_waiting(self, at: "datetime") -> bool:
        """Whether a password may still be made from the mailed link."""
        return (
            self.secret_revealed_at is None
            and self.secret_expires_at is not None
            and at <= self.secret_expires_at
        )
