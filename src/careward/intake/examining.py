"""One check of one delivery: from its raw bytes to the receipt and the Parquet in the object store.

Nothing here changes a row. Each attempt writes under keys of its own, so that one which died or came second
can never touch what an accepted row names; what no row names is swept by :mod:`careward.intake.reconciling`.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, Final, cast

from careward.checking.files import check, refusals
from careward.checking.findings import Finding
from careward.checking.keeping import Keeper
from careward.checking.marking import Marker
from careward.checking.months import name_the_right_one, not_taken
from careward.checking.naming import FileName, recognise
from careward.checking.reading.table import Source
from careward.checking.receipt.report import Document, ReceivedFile, receipt_on_demand, shortened
from careward.checking.receipt.signing import SIGNATURE
from careward.checking.receipt.writing import write_signed, write_text
from careward.checking.spill import CheckResult, Findings
from careward.checking.taken import Taken
from careward.checking.unreadable import Unreadable
from careward.intake.acts import Answer, Kept
from careward.intake.confirming import confirmed_of
from careward.intake.models import Delivery
from careward.intake.receipts import MOST_ON_PAGE, PAGE
from careward.intake.remembering import AcceptedBefore
from careward.kernel import clock
from careward.kernel.roc import RocMonth
from careward.store.objects import objects
from careward.store.secrets import hasher

PARQUET: Final = "parquet"
RECEIPTS: Final = "receipts"
_IN_MEMORY: Final = 1 << 20


def content_of(delivery: Delivery) -> bytes | None:
    """What was received, where it is not too large to be held in memory. Raises what the object store raises."""
    if delivery.size > _IN_MEMORY:
        return None
    with objects().open(delivery.raw_key) as file:
        return file.read()


def examined(delivery: Delivery, content: bytes | None = None) -> tuple[Answer, Kept | None]:
    """Check the delivery by the rules it follows; None when it cannot be kept.

    ``content`` is what was received, for who has read it already.
    Raises whatever the platform itself fails with: the object store, the disk, a fault in a check.
    """
    spec = delivery.specification
    try:
        said = recognise(delivery.name, spec=spec)
    except Unreadable as unreadable:
        return _answer(
            delivery, CheckResult(Findings.of(refusals(unreadable, spec)), 0, (), readable=True)
        ), None
    taken = Taken(delivery.account.rules, delivery.lane, clock.now())
    keeper = _keeper(delivery, said)
    with _source(delivery, content) as file:
        refused = not_taken(taken, spec, said, delivery.name, file)
        if refused:
            return _answer(delivery, CheckResult(Findings.of([refused]), 0, (), readable=True)), None
        result = check(
            file,
            spec=spec,
            dataset=said.dataset,
            period=said.period,
            institution_code=delivery.institution.code,
            today=clock.now().date(),
            keep=keeper,
            known=AcceptedBefore(delivery, said.period),
            folder=objects().working_folder(),
            marker=Marker(delivery.institution.code, said.dataset, said.period),
        )
    name_the_right_one(
        result,
        spec=spec,
        dataset=said.dataset,
        period=said.period,
        name=delivery.name,
        takes=taken.takes,
    )
    return _answer(delivery, result), _kept(delivery, keeper) if result.accepted else None


@contextmanager
def _source(delivery: Delivery, content: bytes | None) -> Iterator[Source]:
    if content is not None:
        yield content
        return
    with objects().local_copy(delivery.raw_key) as path:
        yield path


def refused_whole(delivery: Delivery, found: Finding) -> tuple[Answer, None]:
    """The answer to a file that was not looked into at all."""
    return _answer(delivery, CheckResult(Findings.of([found]), 0, (), readable=True)), None


def _attempt(delivery: Delivery) -> str:
    return f"{delivery.pk.hex}-{delivery.attempts}"


def _keeper(delivery: Delivery, said: FileName) -> Keeper:
    return Keeper(
        delivery.specification,
        said.dataset,
        period=said.period,
        institution_code=delivery.institution.code,
        hash_id=hasher(),
        folder=objects().working_folder(),
    )


def _kept(delivery: Delivery, keeper: Keeper) -> Kept:
    with keeper.content() as content:
        stored = objects().put(f"{PARQUET}/{_attempt(delivery)}.parquet", content)
    return Kept(stored.key, stored.sha256, keeper.rows)


def _answer(delivery: Delivery, result: CheckResult) -> Answer:
    spec = delivery.specification
    document = receipt_on_demand(
        result,
        file=ReceivedFile(
            delivery.ticket,
            delivery.name,
            delivery.sha256,
            delivery.size,
            delivery.received_at,
            delivery.lane,
        ),
        spec=spec,
        dataset=spec.dataset(delivery.dataset) if delivery.dataset else None,
        period=RocMonth.parse(delivery.period) if delivery.period else None,
        institution_code=delivery.institution.code,
        checked_at=clock.now(),
        confirmed=confirmed_of(delivery.institution, delivery.dataset) if result.warnings else {},
    )
    key = f"{RECEIPTS}/{_attempt(delivery)}"
    return Answer(
        result.row_count, result.errors, result.warnings, key, _written(document, key, result), result
    )


def _written(document: Document, key: str, result: CheckResult) -> str:
    """Put the receipt's forms into the store; gives the id of the key it is signed with."""
    store = objects()
    folder = str(store.working_folder())
    with SpooledTemporaryFile(max_size=_IN_MEMORY, dir=folder) as file:
        signed_with = write_signed(document, cast("BinaryIO", file))
        file.seek(0)
        store.put(f"{key}.json", cast("BinaryIO", file))
    document[SIGNATURE] = {"key": signed_with}
    with SpooledTemporaryFile(max_size=_IN_MEMORY, dir=folder) as file:
        write_text(document, cast("BinaryIO", file))
        file.seek(0)
        store.put(f"{key}.txt", cast("BinaryIO", file))
    if len(result.findings) > MOST_ON_PAGE:
        store.put(f"{key}.{PAGE}", json.dumps(shortened(document)).encode())
    return signed_with
