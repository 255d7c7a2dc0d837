"""Proofs that a mailbox is read by who fills the form: a mailed code, typed in again.

The code is derived from ``seed`` when the mail is sent, as the tokens of links are; no table holds it. Source:
security-baseline.md 36 (an applicant without sign-in is known by a verified mailbox); the bounds are policies.
"""

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from django.db import connection, models, transaction

from careward import rulebook
from careward.correspondence import links, post
from careward.journal import Actor, acting, tracked
from careward.kernel import clock, tokens
from careward.kernel.identifiers import normalise_id

if TYPE_CHECKING:
    from careward.applications.models import Application


class Answer(StrEnum):
    """What became of a typed code."""

    PROVED = "proved"
    WRONG = "wrong"
    OVER = "over"
    """Expired, replaced, or wrong too often: a new code is needed."""


class MailboxProofQuerySet(models.QuerySet["MailboxProof"]):
    """Questions to the proofs."""

    def of(self, application: "Application", mailbox: str) -> "MailboxProofQuerySet":
        """Those of one mailbox for one application, newest first."""
        return self.filter(application=application, mailbox=mailbox).order_by("-asked_at", "-pk")

    def proved(self) -> "MailboxProofQuerySet":
        """Those whose code came back."""
        return self.filter(proved_at__isnull=False)


@tracked()
class MailboxProof(models.Model):
    """One code mailed to one mailbox for one application; the newest of them counts.

    ``wrong`` counts wrong answers. One without ``seed`` was proved otherwise: a mailed link was opened from there.
    """

    application = models.ForeignKey(
        "applications.Application", on_delete=models.PROTECT, related_name="mailbox_proofs"
    )
    mailbox = models.EmailField(max_length=254)
    seed = models.CharField(max_length=64, blank=True, default="", editable=False)
    asked_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    wrong = models.PositiveSmallIntegerField(default=0)
    proved_at = models.DateTimeField(null=True)

    objects = MailboxProofQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["application", "mailbox"], name="proofs_of_mailbox")]

    def __str__(self) -> str:
        return f"{self.application_id} {self.asked_at:%Y-%m-%d %H:%M}"

    def is_waiting(self, now: datetime) -> bool:
        """Whether its code may still be typed."""
        most = rulebook.current().policies.mailbox_code.wrong_codes.value
        return bool(self.seed) and self.proved_at is None and self.wrong < most and now <= self.expires_at


def ask(application: "Application", mailbox: str, by: Actor) -> MailboxProof:
    """Mail a fresh code; an older one is of no use from now on."""
    now = clock.now()
    valid = rulebook.current().policies.mailbox_code.valid
    with transaction.atomic(), acting(by, "application.ask_code"):
        proof = MailboxProof.objects.create(
            application=application,
            mailbox=mailbox,
            seed=links.new_seed(),
            asked_at=now,
            expires_at=now + valid,
        )
        post("mailbox_code", proof)
    return proof


_IS_PROVED: Final = """
SELECT EXISTS (
    SELECT FROM "applications_mailboxproof"
    WHERE "application_id" = %s AND "mailbox" = %s AND "proved_at" IS NOT NULL
)
"""


def is_proved(application: "Application", mailbox: str) -> bool:
    """Whether a code mailed there came back. Every page of the form asks, as plain SQL for that reason."""
    with connection.cursor() as cursor:
        cursor.execute(_IS_PROVED, [application.pk, mailbox])
        return bool(cursor.fetchone() == (True,))


def waiting(application: "Application", mailbox: str) -> MailboxProof | None:
    """The code that may be typed now; None when a new one must be asked for."""
    newest = MailboxProof.objects.of(application, mailbox).first()
    return newest if newest is not None and newest.is_waiting(clock.now()) else None


def prove(application: "Application", mailbox: str, typed: str, by: Actor) -> Answer:
    """Compare what was typed with the newest code; case, width, blanks and hyphens do not matter.

    A wrong answer is counted in the same transaction that looks: parallel attempts win nothing.
    """
    with transaction.atomic(), acting(by, "application.prove_mailbox"):
        newest = MailboxProof.objects.select_for_update().of(application, mailbox).first()
        if newest is None or not newest.is_waiting(clock.now()):
            return Answer.OVER
        if tokens.same(links.code(newest.seed), normalise_id(typed)):
            newest.proved_at = clock.now()
        else:
            newest.wrong += 1
        newest.save()
        if newest.proved_at:
            return Answer.PROVED
        return Answer.WRONG if newest.is_waiting(clock.now()) else Answer.OVER


def take_as_proved(application: "Application", by: Actor) -> None:
    """Note that the application's mailbox needs no code: what began it was opened from a letter sent there."""
    now = clock.now()
    with transaction.atomic(), acting(by, "application.prove_mailbox"):
        MailboxProof.objects.create(
            application=application,
            mailbox=application.mailbox,
            asked_at=now,
            expires_at=now,
            proved_at=now,
        )
