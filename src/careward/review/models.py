"""What the county decided, asked for and noted, and who looked at a full ID number."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from careward.accounts.models import User
from careward.applications.findings import Finding
from careward.applications.models import Application
from careward.journal import tracked
from careward.kernel import clock
from careward.kernel.texts import text
from careward.store.fields import SealedTextField


class Outcome(models.TextChoices):
    """What a county signs; the words stand in texts.yaml under ``outcomes``. Source: S0 審查階段."""

    PASSED = "passed", "passed"
    NOT_MENDED = "not_mended", "not_mended"


class SignOffQuerySet(models.QuerySet["SignOff"]):
    """Questions to the sign-offs."""

    def in_force(self) -> "SignOffQuerySet":
        """Not void; at most one of an application."""
        return self.filter(voided_at=None)


@tracked()
class SignOff(models.Model):
    """A county officer's signature under one application; with ``second`` a supervisor's beside it.

    ``ticked`` are ids of the season's checklist. What was signed is fixed: ``signed_answers`` holds the answers
    themselves (sealed, they name a person), ``signed_data`` a keyed hash of them, ``signed_documents`` maps each
    document's id to the SHA-256 of its bytes. A later change shows itself by them. A correction, a withdrawal, a
    revocation or a return makes it void (domain.md §2): ``void_act`` is the act that did, ``void_reason`` what the
    person gave as reason. The row stays, the next sign-off is a row of its own.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="sign_offs")
    outcome = models.CharField(max_length=16, choices=Outcome.choices, default=Outcome.PASSED)
    officer = models.ForeignKey(User, on_delete=models.PROTECT, related_name="sign_offs")
    signed_at = models.DateTimeField()
    ticked = models.JSONField()
    remark = models.TextField(blank=True, default="")
    signed_data = models.CharField(max_length=64)
    signed_answers = SealedTextField(null=True)
    signed_documents = models.JSONField()
    second = models.ForeignKey(User, on_delete=models.PROTECT, related_name="second_sign_offs", null=True)
    second_at = models.DateTimeField(null=True)
    voided_at = models.DateTimeField(null=True)
    void_act = models.CharField(max_length=32, blank=True, default="")
    void_reason = models.TextField(blank=True, default="")

    objects = SignOffQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["application"],
                condition=Q(voided_at=None),
                name="one_sign_off_in_force",
                violation_error_message=text("review:constraints.one_sign_off_in_force"),
            ),
            models.CheckConstraint(
                condition=~Q(ticked=[]) | ~Q(outcome=Outcome.PASSED),
                name="sign_off_has_ticks",
                violation_error_message=text("review:constraints.sign_off_has_ticks"),
            ),
            models.CheckConstraint(
                condition=Q(second=None) | ~Q(second=F("officer")),
                name="two_people_sign",
                violation_error_message=text("review:constraints.two_people_sign"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} {self.signed_at:%Y-%m-%d}"

    @property
    def outcome_label(self) -> str:
        """The outcome in words."""
        return text(f"review:outcomes.{self.outcome}")


class SupplementQuerySet(models.QuerySet["Supplement"]):
    """Questions to the rounds of 補件."""

    def running(self) -> "SupplementQuerySet":
        """Asked for and not closed; at most one of an application."""
        return self.filter(closed_at=None)


@tracked()
class Supplement(models.Model):
    """One round of 補件: what the county asked for, until when, and what came of it.

    ``before`` is the answers as they were when it was asked for (one fixed form, sealed, since they name a
    person), so that old stands beside new. ``closed_at`` is when the round ended, by an answer of the institution
    or by the desk, which then says why in ``closing``; ``reply`` are the institution's words.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="supplements")
    number = models.PositiveSmallIntegerField()
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="supplements")
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    before = SealedTextField()
    answered_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    reply = models.TextField(blank=True, default="")
    closing = models.TextField(blank=True, default="")

    objects = SupplementQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["application", "number"],
                name="supplement_round_is_counted_once",
                violation_error_message=text("review:constraints.supplement_round_is_counted_once"),
            ),
            models.UniqueConstraint(
                fields=["application"],
                condition=Q(closed_at=None),
                name="one_supplement_is_open",
                violation_error_message=text("review:constraints.one_supplement_is_open"),
            ),
            models.CheckConstraint(
                condition=Q(due_at__gt=F("asked_at")),
                name="supplement_is_due_later",
                violation_error_message=text("review:constraints.supplement_is_due_later"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} {self.number}"

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts of the application that the items open, each once."""
        return tuple(dict.fromkeys(part for item in self.items.all() for part in item.parts))


@tracked()
class SupplementItem(models.Model):
    """One thing to be mended: an item of the checklist, the reason in words, and the parts it opens.

    The words are kept as they were written, whatever the rulebook says later.
    """

    supplement = models.ForeignKey(Supplement, on_delete=models.PROTECT, related_name="items")
    place = models.PositiveSmallIntegerField()
    item = models.CharField(max_length=64)
    phrase = models.CharField(max_length=64, blank=True, default="")
    reason = models.TextField()
    parts = ArrayField(models.CharField(max_length=64))

    class Meta:
        ordering = ["place", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(reason=""),
                name="supplement_item_has_reason",
                violation_error_message=text("review:constraints.supplement_item_has_reason"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.supplement_id} {self.item}"

    @property
    def label(self) -> str:
        """The checklist's words for the item; raises UnknownCode when the season no longer has it."""
        return self.supplement.application.rules.checklist_item(self.item).text


@tracked()
class Transfer(models.Model):
    """A case handed to another county or another unit of the county, with the reason."""

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="transfers")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="transfers")
    at = models.DateTimeField()
    from_county = models.CharField(max_length=5)
    from_unit = models.CharField(max_length=32)
    to_county = models.CharField(max_length=5)
    to_unit = models.CharField(max_length=32)
    reason = models.TextField()

    def __str__(self) -> str:
        return f"{self.application_id} {self.from_county} → {self.to_county}"


@tracked()
class DeskSetting(models.Model):
    """How one unit of one county works: whether a supervisor confirms what an officer signs."""

    county = models.CharField(max_length=5)
    unit = models.CharField(max_length=32)
    second_step = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["county", "unit"],
                name="a_desk_is_set_once",
                violation_error_message=text("review:constraints.a_desk_is_set_once"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.county} {self.unit}"


@tracked()
class Assignment(models.Model):
    """Who works on a case; nobody when ``officer`` is empty. The journal keeps who had it before."""

    application = models.OneToOneField(Application, on_delete=models.PROTECT, related_name="assignment")
    officer = models.ForeignKey(User, on_delete=models.PROTECT, related_name="assignments", null=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="given_assignments")

    def __str__(self) -> str:
        return f"{self.application_id} {self.officer_id}"


@tracked()
class Note(models.Model):
    """An internal note of a desk; the institution never sees it."""

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="notes")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="notes")
    at = models.DateTimeField(default=clock.now)
    words = models.TextField()

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.application_id} {self.at:%Y-%m-%d}"


@tracked()
class Unmasking(models.Model):
    """Somebody looked at a full personal ID: every time is one row (domain.md §5)."""

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="unmaskings")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="unmaskings")
    at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return f"{self.application_id} {self.at:%Y-%m-%d}"


@tracked()
class Verdict(models.Model):
    """What an officer says of a finding of the platform: it holds, or it does not matter, and then why."""

    finding = models.OneToOneField(Finding, on_delete=models.PROTECT, related_name="verdict")
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="verdicts")
    holds = models.BooleanField()
    reason = models.TextField(blank=True, default="")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="verdicts")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(holds=True) | ~Q(reason=""),
                name="overruled_finding_has_reason",
                violation_error_message=text("review:constraints.overruled_finding_has_reason"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.finding_id} {self.holds}"


@tracked()
class CaseExport(models.Model):
    """Somebody took a whole case out of the platform: every time is one row."""

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="exports")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="case_exports")
    at = models.DateTimeField()
    sha256 = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.application_id} {self.at:%Y-%m-%d}"


@tracked()
class SavedView(models.Model):
    """A search in the queue that somebody keeps under a name; ``query`` is the address's own."""

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="saved_views")
    name = models.CharField(max_length=40)
    query = models.CharField(max_length=500)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "name"],
                name="a_view_has_its_own_name",
                violation_error_message=text("review:constraints.a_view_has_its_own_name"),
            ),
        ]

    def __str__(self) -> str:
        return self.name
