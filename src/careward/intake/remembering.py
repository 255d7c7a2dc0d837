"""What was accepted of an institution before, read from its Parquet files when a check asks."""

from functools import cached_property

import polars as pl

from careward.intake.known import KnownTable
from careward.intake.models import AcceptedFile, AcceptedFileQuerySet, Delivery
from careward.kernel.roc import RocMonth
from careward.store.objects import objects


class AcceptedBefore:
    """Accepted files of a delivery's institution and lane, as they stand when each is asked for.

    ``period`` is the month of the file being checked. Raises what the object store raises when a file is missing
    or not as it was written.
    """

    def __init__(self, delivery: Delivery, period: RocMonth) -> None:
        self._delivery, self._period = delivery, period
        self._read: dict[int, KnownTable] = {}

    def month(self, dataset: str) -> KnownTable | None:
        """See Known."""
        return self._table(self.file("month", dataset))

    def before(self, dataset: str) -> KnownTable | None:
        """See Known."""
        return self._table(self.file("before", dataset))

    def file(self, which: str, dataset: str) -> AcceptedFile | None:
        """The accepted file ``month`` or ``before`` tells of."""
        files = self._files.filter(dataset=dataset)
        if which == "month":
            return files.filter(period=str(self._period)).first()
        return files.filter(period__lt=str(self._period)).order_by("-period").first()

    @cached_property
    def _files(self) -> AcceptedFileQuerySet:
        own = AcceptedFile.objects.in_force().readable()
        return own.filter(institution=self._delivery.institution_id, lane=self._delivery.lane)

    def _table(self, found: AcceptedFile | None) -> KnownTable | None:
        if found is None:
            return None
        if found.pk not in self._read:
            with objects().local_copy(found.parquet_key) as path:
                kept = pl.read_parquet(path)
            self._read[found.pk] = KnownTable(RocMonth.parse(found.period), kept)
        return self._read[found.pk]
