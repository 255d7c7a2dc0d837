"""What happened to every connection, for 連線自我檢測, the failure defence and the vendor's help desk."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Case, Max, Value, When

from careward.applications.questions import TouchesNetwork
from careward.gateway.backend import Attempt, Outcome, Step
from careward.gateway.checklist import said_of
from careward.journal import tracked
from careward.kernel.texts import known, text
from careward.provisioning.models import SystemAccount, UploadAccount

FAILED_SIGN_INS = (Outcome.PASSWORD_WRONG, Outcome.ACCOUNT_UNKNOWN)
TOLD_ONCE = frozenset(
    {
        Outcome.ADDRESS_NOT_LISTED,
        Outcome.WITHOUT_RIGHT,
        Outcome.NOT_OPEN_YET,
        Outcome.CLOSED,
        Outcome.LOCKED,
        Outcome.KEY_UNKNOWN,
        Outcome.TOO_MANY_SESSIONS,
    }
)
"""Refusals that say nothing new when they come again at once; nothing is counted by them."""


class ConnectionAttemptQuerySet(models.QuerySet["ConnectionAttempt"]):
    """Questions to the attempts."""

    def newest(self, of: UploadAccount | SystemAccount, most: int) -> "ConnectionAttemptQuerySet":
        """The last things that happened to an account, or to a system's, newest first."""
        whose = {"system": of} if isinstance(of, SystemAccount) else {"account": of}
        return self.filter(**whose).select_related("account__institution").order_by("-id")[:most]

    def says_so_already(self, attempt: Attempt, since: datetime) -> bool:
        """Whether the last line of the account from this source is the very same, and no older."""
        whose = {"system" if attempt.system else "account": UUID(attempt.account_id)}
        of_source = self.filter(**whose, source=attempt.source, at__gt=since)
        last = of_source.order_by("-id").values_list("outcome", "detail").first()
        return last == (attempt.outcome, attempt.detail)

    def last_success(self, username: str, source: str) -> int:
        """The id of the account's last sign-in from there; 0 for none.

        The order of rows, not of moments: two may bear the same one, and a demo's clock goes back.
        """
        came_in = self.filter(username=username, source=source, outcome=Outcome.SIGNED_IN)
        return came_in.aggregate(last=Max("id"))["last"] or 0


@tracked()
class ConnectionAttempt(models.Model):
    """One thing that happened to a connection.

    ``username`` as the client gave it, cut to 64 characters: most are slips of the pen, which the help desk
    must see. ``account`` or ``system`` is whose it was; beside ``system``, ``account`` is the institution's whose
    file it was about. ``detail`` is the code of a refusal. No secret, no file name.
    """

    at = models.DateTimeField()
    source = models.CharField(max_length=45)
    username = models.CharField(max_length=64)
    # Without an index of its own: it is the beginning of one below.
    account = models.ForeignKey(
        UploadAccount,
        on_delete=models.PROTECT,
        null=True,
        related_name="connection_attempts",
        db_index=False,
    )
    system = models.ForeignKey(
        SystemAccount, on_delete=models.PROTECT, null=True, related_name="connection_attempts"
    )
    step = models.CharField(max_length=16)
    outcome = models.CharField(max_length=24)
    detail = models.CharField(max_length=64, blank=True, default="")

    objects = ConnectionAttemptQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(step__in=[step.value for step in Step]),
                name="attempt_step_is_known",
                violation_error_message=text("gateway:constraints.attempt_step_is_known"),
            ),
            models.CheckConstraint(
                condition=models.Q(outcome__in=[outcome.value for outcome in Outcome]),
                name="attempt_outcome_is_known",
                violation_error_message=text("gateway:constraints.attempt_outcome_is_known"),
            ),
        ]
        indexes = [
            models.Index(fields=["account", "-at"], name="attempts_of_account"),
            # Nearly every line tells of a file: only the few that count are looked through at a sign-in.
            models.Index(
                fields=["source", "at"],
                condition=models.Q(outcome__in=[one.value for one in FAILED_SIGN_INS]),
                name="failed_sign_ins",
            ),
            models.Index(
                fields=["username", "source", "id"],
                condition=models.Q(outcome=Outcome.SIGNED_IN.value),
                name="sign_ins",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.outcome} {self.at.isoformat()}"

    @property
    def step_label(self) -> str:
        """How far the connection came, in words."""
        return text(f"gateway:steps.{self.step}")

    @property
    def outcome_label(self) -> str:
        """What happened, in words."""
        return said_of(self.outcome)

    @property
    def detail_label(self) -> str:
        """Why a file was refused, in words; nothing for a reason that has none."""
        key = f"gateway:details.{self.detail}"
        return text(key) if known(key) else ""


_ADDRESS: Final = r"^[0-9a-fA-F.:]+$"
_TEXTS: Final = ArrayField(models.TextField())


class StrangerQuerySet(models.QuerySet["Stranger"]):
    """Questions to what strangers tried."""

    def unknown_names_from(self, networks: Sequence[str], since: datetime) -> "StrangerQuerySet":
        """Names that no account has, tried from one of these networks (CIDR texts), newest first."""
        tried = self.filter(outcome=Outcome.ACCOUNT_UNKNOWN, last_at__gt=since).exclude(username="")
        inside = TouchesNetwork(
            models.Func("source", template="ARRAY[%(expressions)s]"), Value(list(networks), _TEXTS)
        )
        # What is no address, because a peer had none, is never cast to one.
        among = Case(When(source__regex=_ADDRESS, then=inside), default=Value(value=False))
        return tried.filter(among).order_by("-last_at", "-pk")


class Stranger(models.Model):
    """What a source tried without any account of ours, a minute at a time; older ones a day at a time.

    A log, not a thing with a history: it has no journal, and goes when its time is over (decision 0030). The
    failure defence counts by it. ``username`` is the name tried, empty once several days of names are one row.
    """

    source = models.CharField(max_length=45)
    username = models.CharField(max_length=64, blank=True)
    outcome = models.CharField(max_length=24)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    times = models.PositiveIntegerField(default=1)

    objects = StrangerQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "username", "outcome", "first_at"],
                name="stranger_is_counted_once",
                violation_error_message=text("gateway:constraints.stranger_is_counted_once"),
            ),
        ]
        indexes = [models.Index(fields=["last_at"], name="strangers_by_time")]

    def __str__(self) -> str:
        return f"{self.source} {self.times}"

    step = Step.ACCOUNT
    detail = ""

    @property
    def at(self) -> datetime:
        """When it happened last."""
        return self.last_at

    @property
    def step_label(self) -> str:
        """How far such a connection comes, in words."""
        return text(f"gateway:steps.{self.step}")

    @property
    def outcome_label(self) -> str:
        """What happened, in words."""
        return said_of(self.outcome)

    @property
    def detail_label(self) -> str:
        """The name that was tried, in words; nothing where names are no longer kept."""
        return text("gateway:tried", name=self.username) if self.username else ""
