"""What was accepted of an institution before, read from its Parquet files when a check asks."""

from typing import Final

import polars as pl
from django.db import DEFAULT_DB_ALIAS
from typing_extensions import override

from careward.checking.known import KnownTable, LookedUpOnce
from careward.intake.models import AcceptedFile, Delivery
from careward.kernel.roc import RocMonth
from careward.store.objects import objects
from careward.store.planned import ask

_READABLE: Final = """
SELECT file."id", file."period", file."parquet_key" FROM "intake_acceptedfile" file
JOIN "intake_delivery" delivery ON delivery."id" = file."delivery_id"
WHERE file."superseded_at" IS NULL AND delivery."state" <> 'disposed'
    AND file."institution_id" = %s AND file."lane" = %s AND file."dataset" = %s
"""
_WHICH: Final = {
    "month": f'{_READABLE} AND file."period" = %s',
    "before": f'{_READABLE} AND file."period" < %s ORDER BY file."period" DESC LIMIT 1',
}


class AcceptedBefore(LookedUpOnce):
    """Accepted files of a delivery's institution and lane, as they stand when each is asked for first.

    ``period`` is the month of the file being checked. Raises what the object store raises when a file is missing
    or not as it was written.
    """

    def __init__(self, delivery: Delivery, period: RocMonth) -> None:
        super().__init__()
        self._delivery, self._period = delivery, period

    @override
    def read(self, which: str, dataset: str) -> KnownTable | None:
        found = self.file(which, dataset)
        if found is None:
            return None
        with objects().open(found.parquet_key) as content:
            return KnownTable(RocMonth.parse(found.period), pl.read_parquet(content.read()))

    def file(self, which: str, dataset: str) -> AcceptedFile | None:
        """The accepted file ``month`` or ``before`` tells of: id, period and key are read."""
        own = [self._delivery.institution_id, self._delivery.lane, dataset, str(self._period)]
        for found in ask(_WHICH[which], own):
            return AcceptedFile.from_db(DEFAULT_DB_ALIAS, ["id", "period", "parquet_key"], found)
        return None
