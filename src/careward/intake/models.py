"""Deliveries, and the files that were accepted."""

import uuid
from base64 import b64decode, b64encode
from datetime import datetime
from functools import cached_property
from typing import ClassVar, Final

from django.db import models
from django.db.models import Q

from careward import rulebook
from careward.accounts.models import User
from careward.checking.receipt import signing
from careward.flow.models import Subject, state_follows, state_is_known
from careward.intake.procedure import (
    ACCEPTED,
    ANSWERED,
    CHECKING,
    DISPOSED,
    GATHERED,
    HELD,
    IN_INBOX,
    PROCEDURE,
    REJECTED,
    REPEATED,
    SUPERSEDED,
    UNFINISHED,
)
from careward.intake.questions import MOST_ATTEMPTS, DeliveryQuerySet
from careward.journal import tracked
from careward.kernel.procedure import Procedure
from careward.kernel.texts import text
from careward.provisioning.models import Lane, UploadAccount
from careward.registry.models import Institution
from careward.registry.rules import reach
from careward.rulebook.interchange import Interchange

_COLOURS: Final = {
    "held": "orange",
    "set_aside": "grey",
    "received": "blue",
    "checking": "blue",
    "accepted": "green",
    "rejected": "red",
    "superseded": "grey",
    "repeated": "grey",
    "disposed": "grey",
    "unpacked": "blue",
    "gathered": "grey",
}


@tracked()
class Delivery(Subject):
    """One file that was received. Its bytes lie sealed in the object store under ``raw_key``.

    ``ticket`` is ten digits of text; ``name`` the file's own name, cleaned; ``dataset`` and ``period`` (ROC
    month) are empty when the name does not say them; ``size`` in bytes. ``receipt_key`` with ``.json`` and
    ``.txt`` after it gives the two forms of the receipt, ``signed_with`` the id of the key that signed it.
    ``ground`` is what its answer follows from (:mod:`careward.intake.ground`), ``repeats`` the delivery of the
    same bytes whose receipt is this one's too, ``bundle`` the ZIP it came in,
    ``place`` its turn there. ``untold`` while the letter about its answer is still to be written.
    """

    procedure: ClassVar[Procedure] = PROCEDURE

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    ticket = models.CharField(max_length=10)
    # Without indexes of their own: each is the beginning of one below, and every change of a row writes all of them.
    account = models.ForeignKey(
        UploadAccount, on_delete=models.PROTECT, related_name="deliveries", db_index=False
    )
    institution = models.ForeignKey(
        Institution, on_delete=models.PROTECT, related_name="deliveries", db_index=False
    )
    lane = models.CharField(max_length=4, choices=Lane.choices)
    via = models.CharField(max_length=8)
    name = models.CharField(max_length=255)
    dataset = models.CharField(max_length=64, blank=True, default="")
    period = models.CharField(max_length=5, blank=True, default="")
    spec = models.CharField(max_length=16)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    raw_key = models.CharField(max_length=200)
    received_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    checked_at = models.DateTimeField(null=True)
    row_count = models.PositiveIntegerField(default=0)
    error_count = models.PositiveIntegerField(default=0)
    warning_count = models.PositiveIntegerField(default=0)
    receipt_key = models.CharField(max_length=200, blank=True, default="")
    ground = models.CharField(max_length=64, blank=True, default="")
    repeats = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="repetitions")
    bundle = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="members")
    place = models.PositiveSmallIntegerField(default=0)
    signed_with = models.CharField(max_length=16, blank=True, default="")
    untold = models.BooleanField(default=False)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        constraints = [
            state_is_known(PROCEDURE),
            # Not as unique=True, which adds an index each for the beginnings of texts.
            models.UniqueConstraint(
                fields=["ticket"],
                name="one_delivery_for_a_ticket",
                violation_error_message=text("intake:constraints.one_delivery_for_a_ticket"),
            ),
            models.UniqueConstraint(
                fields=["raw_key"],
                name="one_delivery_for_a_raw_file",
                violation_error_message=text("intake:constraints.one_delivery_for_a_raw_file"),
            ),
            models.CheckConstraint(
                condition=Q(ticket__regex=r"^[0-9]{10}$"),
                name="ticket_has_ten_digits",
                violation_error_message=text("intake:constraints.ticket_has_ten_digits"),
            ),
            models.CheckConstraint(
                condition=Q(lane__in=Lane.values),
                name="delivery_lane_is_known",
                violation_error_message=text("intake:constraints.delivery_lane_is_known"),
            ),
            models.CheckConstraint(
                condition=~Q(state__in=ANSWERED) | (Q(checked_at__isnull=False) & ~Q(receipt_key="")),
                name="answered_delivery_has_receipt",
                violation_error_message=text("intake:constraints.answered_delivery_has_receipt"),
            ),
            models.CheckConstraint(
                condition=~Q(state__in=(ACCEPTED, SUPERSEDED))
                | (Q(error_count=0) & ~Q(dataset="") & ~Q(period="")),
                name="accepted_delivery_is_clean",
                violation_error_message=text("intake:constraints.accepted_delivery_is_clean"),
            ),
            models.CheckConstraint(
                condition=Q(state=REPEATED, repeats__isnull=False)
                | Q(state=DISPOSED)
                | (~Q(state=REPEATED) & Q(repeats__isnull=True)),
                name="repeated_delivery_names_the_earlier",
                violation_error_message=text("intake:constraints.repeated_delivery_names_the_earlier"),
            ),
            models.CheckConstraint(
                condition=~Q(state=REJECTED) | Q(error_count__gt=0),
                name="rejected_delivery_has_errors",
                violation_error_message=text("intake:constraints.rejected_delivery_has_errors"),
            ),
        ]
        indexes = [
            models.Index(fields=["account", "lane", "-received_at"], name="deliveries_of_account"),
            models.Index(
                fields=["account", "lane", "name"],
                condition=Q(state__in=IN_INBOX),
                name="deliveries_in_the_inbox",
            ),
            models.Index(fields=["institution", "-received_at"], name="deliveries_of_institution"),
            models.Index(fields=["institution", "sha256"], name="deliveries_of_same_bytes"),
            models.Index(
                fields=["institution", "received_at"],
                condition=Q(state__in=UNFINISHED),
                name="deliveries_waiting",
            ),
            models.Index(fields=["account"], condition=Q(untold=True), name="deliveries_untold"),
        ]
        triggers = [state_follows(PROCEDURE)]

    def __str__(self) -> str:
        return self.ticket

    @property
    def specification(self) -> Interchange:
        """The version of the interchange specification the file is checked against."""
        return rulebook.current().interchange(self.spec)

    @property
    def dataset_label(self) -> str:
        """The dataset in words; its code where the specification no longer has it, empty where unknown."""
        known = self.specification.datasets.get(self.dataset)
        return known.title if known else self.dataset

    @property
    def lane_label(self) -> str:
        """The lane in words."""
        return text(f"provisioning:lanes.{self.lane}")

    @property
    def state_colour(self) -> str:
        """The colour of the state's tag."""
        return _COLOURS[self.state]

    @property
    def is_answered(self) -> bool:
        """Whether there is a receipt."""
        return self.state in ANSWERED

    @property
    def was_checked(self) -> bool:
        """Whether its rows and findings were counted; the counts stay when file and receipt are destroyed."""
        return self.checked_at is not None

    @property
    def has_findings(self) -> bool:
        """Whether its check found something, an error or a warning."""
        counted = bool(self.error_count or self.warning_count)
        return self.is_answered and self.state != GATHERED and counted

    @cached_property
    def parts(self) -> list["Delivery"]:
        """The deliveries a bundle was taken apart into, in the order they were checked."""
        return list(self.members.order_by("place", "ticket"))

    @property
    def answered_at(self) -> datetime:
        """When its sender had the answer: for one that repeats another, at once."""
        return self.received_at if self.repeats_id or self.checked_at is None else self.checked_at

    @property
    def is_held(self) -> bool:
        """Whether it waits for somebody to say that it is whole."""
        return self.state == HELD

    @property
    def is_stuck(self) -> bool:
        """Whether it waits for somebody to look; see :meth:`DeliveryQuerySet.stuck`."""
        return self.state == CHECKING and self.attempts >= MOST_ATTEMPTS

    @property
    def receipt_name(self) -> str:
        """Name of the receipt without its ending, ASCII: ``11501-staff-0123456789``."""
        return "-".join(part for part in (self.period, self.dataset, self.ticket) if part)


class AcceptedFileQuerySet(models.QuerySet["AcceptedFile"]):
    """Questions to the accepted files."""

    def in_force(self) -> "AcceptedFileQuerySet":
        """Those no newer file has taken the place of."""
        return self.filter(superseded_at=None)

    def readable(self) -> "AcceptedFileQuerySet":
        """Those whose Parquet was not destroyed at the end of its time of keeping."""
        return self.exclude(delivery__state=DISPOSED)

    def that_count(self) -> "AcceptedFileQuerySet":
        """In force and delivered for real: a test never counts (S0: 測試資料上傳)."""
        return self.in_force().filter(lane=Lane.LIVE)

    def beside(self, delivery: Delivery) -> "AcceptedFileQuerySet":
        """Files of the same institution, dataset, month and lane."""
        return self.filter(
            institution=delivery.institution_id,
            dataset=delivery.dataset,
            period=delivery.period,
            lane=delivery.lane,
        )


@tracked()
class AcceptedFile(models.Model):
    """The commit of one Parquet file: without this row the object under ``parquet_key`` does not count.

    ``sha256`` is the Parquet's, ``rows`` its number of rows (none where nothing happened that month). Source:
    design.md §2 (accepted rows).
    """

    delivery = models.OneToOneField(Delivery, on_delete=models.PROTECT, related_name="accepted_file")
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="accepted_files")
    dataset = models.CharField(max_length=64)
    period = models.CharField(max_length=5)
    lane = models.CharField(max_length=4, choices=Lane.choices)
    parquet_key = models.CharField(max_length=200, unique=True)
    sha256 = models.CharField(max_length=64)
    rows = models.PositiveIntegerField()
    accepted_at = models.DateTimeField()
    superseded_at = models.DateTimeField(null=True)

    objects = AcceptedFileQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "dataset", "period", "lane"],
                condition=Q(superseded_at=None),
                name="one_accepted_file_in_force",
                violation_error_message=text("intake:constraints.one_accepted_file_in_force"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.period} {self.dataset}"


class ReceiptKeyQuerySet(models.QuerySet["ReceiptKey"]):
    """Questions to the keys that signed receipts."""

    def published(self) -> list["ReceiptKey"]:
        """Every key a receipt may be signed with, the one in use first; those not used yet are not saved."""
        used = {row.key: row for row in self.order_by("-first_used_at", "-pk")}
        own = [
            used.get(key) or ReceiptKey(key=key, public=b64encode(raw).decode())
            for key, raw in signing.own_keys().items()
        ]
        return [*own, *(row for key, row in used.items() if key not in signing.own_keys())]

    def note(self, key: str, at: datetime) -> None:
        """Keep the public half of a key of our own for good, once a receipt is signed with it."""
        public = b64encode(signing.own_keys()[key]).decode()
        self.get_or_create(key=key, defaults={"public": public, "first_used_at": at})


@tracked()
class ReceiptKey(models.Model):
    """The public half of a key that signs receipts: it stays published after its secret half is gone.

    ``public`` is the base64 of the raw key, ``first_used_at`` None while nothing is signed with it.
    """

    key = models.CharField(max_length=16, primary_key=True)
    public = models.CharField(max_length=44, unique=True)
    first_used_at = models.DateTimeField()

    objects = ReceiptKeyQuerySet.as_manager()

    def __str__(self) -> str:
        return self.key

    @property
    def in_use(self) -> bool:
        """Whether receipts are signed with it now."""
        return self.key == next(iter(signing.own_keys()))

    @property
    def pem(self) -> str:
        """In the form other programs read."""
        return signing.pem(b64decode(self.public))


class WarningConfirmationQuerySet(models.QuerySet["WarningConfirmation"]):
    """Questions to the confirmed warnings."""

    def in_force(self) -> "WarningConfirmationQuerySet":
        """Those not taken back."""
        return self.filter(revoked_at=None)

    def in_force_of(self, institution: Institution) -> "WarningConfirmationQuerySet":
        """What one institution confirmed and did not take back."""
        return self.in_force().filter(institution=institution)

    def visible_to(self, viewer: object) -> "WarningConfirmationQuerySet":
        """Those a person may see: see :func:`careward.registry.rules.reach`."""
        code, kind, county = "institution__code", "institution__type", "institution__county"
        return self.filter(reach(viewer, code=code, kind=kind, county=county))


@tracked()
class WarningConfirmation(models.Model):
    """An institution says why a value that was warned of is right (:mod:`careward.intake.confirming`).

    ``digest`` is the keyed hash of record, rule and value; ``record_key`` and ``what`` are as shown in the receipt
    of ``delivery``, masked.
    """

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="confirmed_warnings")
    dataset = models.CharField(max_length=64)
    rule = models.CharField(max_length=160)
    record_key = models.CharField(max_length=80, blank=True, default="")
    what = models.TextField()
    digest = models.CharField(max_length=64)
    reason = models.CharField(max_length=300)
    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="confirmed_warnings")
    confirmed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="confirmed_warnings")
    confirmed_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    objects = WarningConfirmationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "digest"],
                condition=Q(revoked_at=None),
                name="one_confirmation_in_force",
                violation_error_message=text("intake:constraints.one_confirmation_in_force"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule} {self.record_key}"
