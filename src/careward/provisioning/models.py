"""Upload accounts and the addresses they may come from."""

import base64
import hashlib
import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q, Value

from careward.applications.models import Application
from careward.applications.questions import TouchesNetwork
from careward.applications.rules import shown_source
from careward.flow.models import Subject, state_follows, state_is_known
from careward.journal import tracked
from careward.kernel import networks
from careward.kernel.procedure import Procedure
from careward.kernel.text import squeeze
from careward.kernel.texts import text
from careward.provisioning.notifying import tells_of_changes
from careward.provisioning.procedure import PROCEDURE
from careward.provisioning.stops import UploadStop
from careward.provisioning.systems import SystemAccount
from careward.registry.models import Institution
from careward.registry.rules import reach
from careward.rulebook import Season, current

if TYPE_CHECKING:
    from datetime import datetime


__all__ = ["AccountKey", "Lane", "SystemAccount", "UploadAccount", "UploadStop"]

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
        return self.filter(state="requested").order_by("requested_at", "pk")

    def in_use(self) -> "UploadAccountQuerySet":
        """Asked for, not closed and not held: an institution has one in a season."""
        return self.exclude(state__in=("closed", "held"))

    def through_system(self, mode: str) -> "UploadAccountQuerySet":
        """Those for which a mode's system uploads."""
        return self.filter(through=mode).exclude(through="")

    def not_stopped(self) -> "UploadAccountQuerySet":
        """Those in use for which files may come: not stopped, nor the system that uploads for them, which has a key."""
        running = SystemAccount.objects.running().values("mode")
        return self.filter(Q(through="") | Q(through__in=running), state__in=("created", "notified"))

    def called(self, asked: str) -> "UploadAccountQuerySet":
        """Those whose name or whose institution's code begins so, or whose institution's name contains it."""
        plain = squeeze(asked)
        institutions = Institution.objects.called(plain).order_by()
        return self.filter(Q(username__istartswith=plain) | Q(institution__in=institutions))

    def from_any_of(self, sources: Sequence[str]) -> "UploadAccountQuerySet":
        """Those made and not closed with an address inside, around or equal to one of ``sources`` (CIDR texts)."""
        made = self.filter(state__in=("created", "notified", "suspended"))
        return made.filter(TouchesNetwork("networks", Value(list(sources), ArrayField(models.TextField()))))

    def visible_to(self, viewer: object) -> "UploadAccountQuerySet":
        """Those a person may see: see :func:`careward.registry.rules.reach`."""
        code, kind, county = "institution__code", "institution__type", "institution__county"
        return self.filter(reach(viewer, code=code, kind=kind, county=county))


@tracked(exclude=("password_hash",))
class UploadAccount(Subject):
    """One institution's account for one season's uploads.

    ``networks`` is the address list in CIDR form; ``password_hash`` argon2, empty until the institution has made
    its password. ``indicator_recorded_at`` is when the institution's application for the season's indicator was
    put on record, by which a testing account delivers. ``suspended_reason`` is why it is suspended. ``keys`` is no
    longer used: keys are :class:`AccountKey`; the journal's rows keep their width. ``through`` is the mode of the
    system that uploads for the institution: then nobody signs in with it, and it has no name, list or secret.
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
    indicator_recorded_at = models.DateTimeField(null=True)
    suspended_reason = models.CharField(max_length=500, blank=True, default="")
    through = models.CharField(max_length=32, blank=True, default="")

    objects = UploadAccountQuerySet.as_manager()

    class Meta:
        constraints = [
            state_is_known(PROCEDURE),
            models.CheckConstraint(
                condition=Q(state__in=("requested", "held"))
                | ~Q(through="")
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
        triggers = [state_follows(PROCEDURE), tells_of_changes("id")]

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

    def secret_standing(self, at: "datetime") -> str:
        """``key`` registered instead of a password, password ``made``, ``waiting``, or ``expired`` unused.

        ``key_over``: a key was registered instead, and by now none opens the account.
        """
        used = self.secret_revealed_at
        # The key and that it came instead of a password are written at the same moment.
        if used is not None and self.account_keys.filter(vendor_code="", valid_from=used).exists():
            return "key" if self.account_keys.not_ended_at(at).exists() else "key_over"
        if used is not None or self.password_hash:
            return "made"
        return "waiting" if self.secret_is_waiting(at) else "expired"

    def secret_is_waiting(self, at: "datetime") -> bool:
        """Whether a password may still be made from the mailed link."""
        return (
            self.secret_revealed_at is None
            and self.secret_expires_at is not None
            and at <= self.secret_expires_at
        )


class AccountKeyQuerySet(models.QuerySet["AccountKey"]):
    """Questions to the keys."""

    def not_ended_at(self, at: "datetime") -> "AccountKeyQuerySet":
        """Those that are valid at this moment or will be."""
        return self.filter(Q(valid_to=None) | Q(valid_to__gt=at))

    def valid_at(self, at: "datetime") -> "AccountKeyQuerySet":
        """Those that open the account at this moment, oldest first."""
        return self.not_ended_at(at).filter(valid_from__lte=at).order_by("id")


@tracked()
class AccountKey(models.Model):
    """An SSH public key that opens an upload account, or a system's, while ``valid_from <= now < valid_to``.

    ``vendor_code`` is the system vendor's whose key it is, empty for the institution's own.
    Two may be valid at once, so that a key is replaced without a gap; a key is never deleted, only ended by its
    ``valid_to``. ``line`` is algorithm and key as in ``authorized_keys``, without options or comment; whether it
    is strong enough the gateway decides (security-baseline.md "SSH/SFTP").
    """

    account = models.ForeignKey(
        UploadAccount, on_delete=models.PROTECT, null=True, related_name="account_keys"
    )
    system = models.ForeignKey(SystemAccount, on_delete=models.PROTECT, null=True, related_name="system_keys")
    line = models.TextField()
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True)
    vendor_code = models.CharField(max_length=12, blank=True, default="")

    objects = AccountKeyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "line"],
                condition=Q(valid_to=None),
                name="key_is_registered_once",
                violation_error_message=text("provisioning:constraints.key_is_registered_once"),
            ),
            models.UniqueConstraint(
                fields=["system", "line"],
                condition=Q(valid_to=None),
                name="systems_key_is_registered_once",
                violation_error_message=text("provisioning:constraints.key_is_registered_once"),
            ),
            models.CheckConstraint(
                condition=Q(account=None) ^ Q(system=None),
                name="key_opens_one_account",
                violation_error_message=text("provisioning:constraints.key_opens_one_account"),
            ),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gte=models.F("valid_from")),
                name="key_ends_after_it_begins",
                violation_error_message=text("provisioning:constraints.key_ends_after_it_begins"),
            ),
        ]
        triggers = [tells_of_changes("account_id")]

    def __str__(self) -> str:
        return self.fingerprint

    def is_valid_at(self, at: "datetime") -> bool:
        """As :meth:`AccountKeyQuerySet.valid_at`, of one that was read already."""
        return self.valid_from <= at and (self.valid_to is None or at < self.valid_to)

    @property
    def fingerprint(self) -> str:
        """As OpenSSH shows it: ``SHA256:…``."""
        blob = base64.b64decode(self.line.split()[1])
        return f"SHA256:{base64.b64encode(hashlib.sha256(blob).digest()).decode('ascii').rstrip('=')}"
