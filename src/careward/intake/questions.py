"""Questions to the deliveries."""

import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Final

from django.db import connection, models

from careward.intake.procedure import ANSWERED, CHECKING, HELD, IN_INBOX, UNFINISHED
from careward.provisioning.models import UploadAccount
from careward.registry.rules import reach
from careward.store.planned import ask

if TYPE_CHECKING:
    from careward.intake.models import Delivery

MOST_ATTEMPTS: Final = 6
"""A check begun so often without an end is not begun again by itself [decided]."""

_WAITING_NAMED: Final = """
SELECT * FROM "intake_delivery" WHERE "account_id" = %s AND "lane" = %s AND "name" = %s
AND "state" IN ('held', 'received', 'checking') ORDER BY "received_at", "id"
"""
_NEWEST_WAITING: Final = """
SELECT "size", "received_at" FROM "intake_delivery" WHERE "account_id" = %s AND "lane" = %s AND "name" = %s
AND "state" IN ('held', 'received', 'checking') ORDER BY "received_at" DESC, "id" DESC LIMIT 1
"""
_NAMES_WAITING: Final = """
SELECT "name" FROM "intake_delivery" WHERE "account_id" = %s AND "lane" = %s
AND "state" IN ('held', 'received', 'checking') LIMIT %s
"""
_WAITING_WITH: Final = """
SELECT FROM "registry_institution"
WHERE "id" = (SELECT "institution_id" FROM "intake_delivery" WHERE "id" = %(first)s) FOR UPDATE;
SELECT "state", "id", "ticket", "institution_id" FROM "intake_delivery"
WHERE "institution_id" = (SELECT "institution_id" FROM "intake_delivery" WHERE "id" = %(first)s) AND (
    "state" = 'received'
    OR "state" = 'checking' AND CASE WHEN %(again)s THEN "attempts" < %(most)s ELSE "id" = %(first)s END
) ORDER BY "attempts" > 1, "received_at", "place", "id"
"""
"""Waits for whoever is taking in a file of the institution (decision 0057)."""
_NO_LAST_LOOK: Final = 'SELECT FROM "registry_institution" WHERE "id" = %s FOR KEY SHARE'
_ANOTHER_WAITS: Final = """
SELECT "id" FROM "intake_delivery" WHERE "institution_id" = %s AND "state" = 'received' AND "id" <> %s
ORDER BY "received_at" LIMIT 1
"""
"""Ordered as its index is: else PostgreSQL reads the table where most files wait, hoping to meet one at once."""

Sender = uuid.UUID | str | models.QuerySet[UploadAccount]
"""Whose deliveries: an upload account's, by its id, or those for which a system uploads."""


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    """Questions to the deliveries."""

    def unfinished(self) -> "DeliveryQuerySet":
        """Received, but without an answer yet; the longest waiting first."""
        return self.filter(state__in=UNFINISHED).order_by("received_at", "pk")

    def answered(self) -> "DeliveryQuerySet":
        """Those that have a receipt, newest first."""
        return self.filter(state__in=ANSWERED).order_by("-received_at", "-pk")

    def uploaded(self) -> "DeliveryQuerySet":
        """What came as it is; not the files that were taken out of a ZIP."""
        return self.filter(bundle=None)

    def beside(self, delivery: "Delivery") -> "DeliveryQuerySet":
        """Others of the same institution, dataset, month and lane."""
        same = self.filter(
            institution=delivery.institution_id,
            dataset=delivery.dataset,
            period=delivery.period,
            lane=delivery.lane,
        )
        return same.exclude(pk=delivery.pk)

    def of_same_bytes(self, delivery: "Delivery") -> "DeliveryQuerySet":
        """Those beside it with the very same content."""
        return self.beside(delivery).filter(sha256=delivery.sha256, size=delivery.size)

    def unsigned(self) -> "DeliveryQuerySet":
        """Answered before receipts were signed."""
        return self.answered().filter(signed_with="")

    def untold(self) -> "DeliveryQuerySet":
        """Answered, but the letter about it is not written yet (:mod:`careward.intake.telling`); oldest first."""
        return self.filter(untold=True).order_by("received_at", "ticket")

    def held(self) -> "DeliveryQuerySet":
        """可能未傳完: kept, but not checked before somebody says that it is whole; oldest first."""
        return self.filter(state=HELD).order_by("received_at", "pk")

    def in_the_inbox(self) -> "DeliveryQuerySet":
        """What the sender sees as not yet processed; oldest first."""
        return self.filter(state__in=IN_INBOX).order_by("received_at", "pk")

    def waiting_named(self, account: uuid.UUID | str, lane: str, name: str) -> list["Delivery"]:
        """An account's files of one name in the inbox, oldest first: asked at every upload, so in SQL as it is.

        Django would take five times as long to write this query as PostgreSQL to answer it.
        """
        return list(self.raw(_WAITING_NAMED, [uuid.UUID(str(account)), lane, name]))

    def newest_waiting(self, account: uuid.UUID | str, lane: str, name: str) -> tuple[int, datetime] | None:
        """Size and moment of the newest of them: asked whenever a client looks whether its file is there."""
        with connection.cursor() as cursor:
            cursor.execute(_NEWEST_WAITING, [uuid.UUID(str(account)), lane, name])
            found: tuple[int, datetime] | None = cursor.fetchone()
        return found

    def names_waiting(self, account: uuid.UUID | str, lane: str, most: int) -> list[str]:
        """Names of an account's files in the inbox, no more than ``most``."""
        with connection.cursor() as cursor:
            cursor.execute(_NAMES_WAITING, [uuid.UUID(str(account)), lane, most])
            return [name for (name,) in cursor.fetchall()]

    def another_waits(self, delivery: "Delivery") -> bool:
        """Whether another received file of its institution still waits: whoever checks it will look once more.

        Asked within the transaction that lets this one wait; nobody looks for the last time before that ends.
        """
        ask(_NO_LAST_LOOK, [delivery.institution_id])
        return bool(ask(_ANOTHER_WAITS, [delivery.institution_id, delivery.pk]))

    def waiting_with(self, first: str, *, again: bool) -> list["Delivery"]:
        """Received files of the institution of ``first``, oldest first, those begun in vain more than once at the end.

        With them, of those begun before: ``first`` itself; or ``again`` all with attempts left. Of each only what tells
        it is read.
        """
        asked = {"first": uuid.UUID(first), "again": again, "most": MOST_ATTEMPTS}
        with connection.cursor() as cursor:
            cursor.execute(_WAITING_WITH, asked)  # type: ignore[arg-type]
            cursor.nextset()
            names = [column.name for column in cursor.description or ()]
            return [self.model.from_db(self.db, names, row) for row in cursor.fetchall()]

    def of_its_institution(self, first: str) -> "DeliveryQuerySet":
        """Everything its institution delivered since ``first``, and that itself."""
        one = self.get(pk=first)
        return self.filter(institution=one.institution_id, received_at__gte=one.received_at)

    def stuck(self) -> "DeliveryQuerySet":
        """Begun as often as it is allowed and still without an answer: somebody must look."""
        return self.filter(state=CHECKING, attempts__gte=MOST_ATTEMPTS).order_by("received_at", "pk")

    def that_may_be_begun(self) -> "DeliveryQuerySet":
        """Without an answer, and with attempts left."""
        return self.unfinished().filter(attempts__lt=MOST_ATTEMPTS)

    def of_account(self, account: Sender, lane: str) -> "DeliveryQuerySet":
        """What one upload account, by its id, sent into one lane; or what a system sent for all of its."""
        if isinstance(account, models.QuerySet):
            return self.filter(account__in=account, lane=lane)
        return self.filter(account_id=uuid.UUID(str(account)), lane=lane)

    def visible_to(self, viewer: object) -> "DeliveryQuerySet":
        """Those a person may see: see :func:`careward.registry.rules.reach`."""
        code, kind, county = "institution__code", "institution__type", "institution__county"
        return self.filter(reach(viewer, code=code, kind=kind, county=county))
