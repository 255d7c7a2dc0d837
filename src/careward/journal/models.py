"""The two tables that seal the journal; append-only for the app role, written by a trigger and the sealer."""

from django.db import models


class RowDigest(models.Model):
    """The fingerprint of one event row, written by a trigger in the transaction of the act itself.

    ``columns`` is how many columns the event table had then, so that a column added later changes nothing.
    """

    event_table = models.CharField(max_length=63)
    event_id = models.BigIntegerField()
    columns = models.PositiveSmallIntegerField()
    digest = models.BinaryField()

    class Meta:
        db_table = "journal_digest"
        constraints = [
            models.UniqueConstraint(fields=["event_table", "event_id"], name="one_digest_for_each_event"),
        ]

    def __str__(self) -> str:
        return f"{self.event_table} {self.event_id}"


class Seal(models.Model):
    """One link of the chain: the digests with ``after`` < id <= ``through``, and the chain's hash after them.

    ``sealed_at`` is the database's clock, not the one a demo may move.
    """

    n = models.BigIntegerField(primary_key=True)
    after = models.BigIntegerField()
    through = models.BigIntegerField()
    rows = models.PositiveIntegerField()
    sealed_at = models.DateTimeField()
    chain = models.BinaryField()

    class Meta:
        db_table = "journal_seal"

    def __str__(self) -> str:
        return f"{self.n}:{bytes(self.chain).hex()}"
