"""A file that is no delivery, or each file of a ZIP, checked as deliveries would be; nothing is kept.

The files of a ZIP are checked in the order they would be as deliveries, and compared with those before them that are
clean. Knows no database.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

import polars as pl

from careward import rulebook
from careward.checking.bundle_order import in_order, refusal
from careward.checking.files import check, refusals
from careward.checking.findings import Finding
from careward.checking.keeping import Keeper
from careward.checking.known import NOTHING_KNOWN, Known, KnownTable
from careward.checking.marking import Marker
from careward.checking.months import name_the_right_one, not_taken
from careward.checking.naming import FileName, clean_name, recognise
from careward.checking.reading import bundles
from careward.checking.receipt.report import TRIED, Confirmed, Document, ReceivedFile, receipt_on_demand
from careward.checking.spill import CheckResult, Findings
from careward.checking.taken import Taken
from careward.checking.unreadable import Unreadable
from careward.kernel.roc import RocMonth
from careward.rulebook.interchange import Dataset, Interchange

_NONE: Final[Confirmed] = {}


def _nothing(_period: RocMonth) -> Known:
    return NOTHING_KNOWN


@dataclass(frozen=True)
class Ground:
    """What a file is tried on.

    ``institution_code`` None: nobody's in particular. ``taken`` None: any month. ``known`` gives what was accepted
    before, seen from a month; ``dataset`` and ``period`` overrule a file's name; ``most_bytes`` bounds one file of a
    ZIP and ``all_bytes`` all of them, by default as for deliveries.
    """

    spec: Interchange
    at: datetime
    institution_code: str | None = None
    taken: Taken | None = None
    known: Callable[[RocMonth], Known] = _nothing
    marker: Callable[[Dataset, RocMonth], Marker] | None = None
    dataset: Dataset | None = None
    period: RocMonth | None = None
    most_bytes: int = 0
    all_bytes: int = 0


@dataclass(frozen=True)
class Tried:
    """What would be found in one file; the document is a receipt without a ticket."""

    file: ReceivedFile
    result: CheckResult
    ground: Ground
    dataset: Dataset | None = None
    period: RocMonth | None = None

    def document(self, confirmed: Confirmed = _NONE) -> Document:
        """The receipt it would have, its lists on demand."""
        return receipt_on_demand(
            self.result,
            file=self.file,
            spec=self.ground.spec,
            dataset=self.dataset,
            period=self.period,
            institution_code=self.ground.institution_code,
            checked_at=self.ground.at,
            confirmed=confirmed,
        )


def tried(path: Path, name: str, ground: Ground, watched: BinaryIO | None = None) -> Iterator[Tried]:
    """Try a file; of a ZIP each file in it, or the reason why it is not taken apart, alone.

    ``watched`` is the same file, to be read instead of ``path`` where it is none. Raises OSError when there is none.
    """
    limits = rulebook.current().policies.bundle
    try:
        with bundles.opened(path, limits) as bundle, ExitStack() as held:
            if bundle is None:
                with path.open("rb") as stream:
                    yield _one(watched or stream, _file(stream, name, ground), ground, None)
                return
            beside = _Beside()
            for member, held_content in _unpacked(bundle, ground, held):
                content = cast("BinaryIO", held_content)
                yield _one(content, _file(content, member.name, ground), ground, beside)
    except bundles.BundleRefused as refused:
        with path.open("rb") as stream:
            yield Tried(
                _file(stream, name, ground), _alone(refusal(refused, ground.spec), readable=False), ground
            )


def _unpacked(bundle: bundles.Bundle, ground: Ground, held: ExitStack) -> list[tuple[bundles.Member, Any]]:
    """All files before the first is checked: one that cannot be taken out refuses the whole."""
    left = ground.all_bytes or bundle.limits.max_bytes.value
    most = ground.most_bytes or rulebook.current().policies.delivery.max_bytes.value
    taken_out: list[tuple[bundles.Member, Any]] = []
    for member in in_order(bundle, ground.spec):
        content = held.enter_context(bundle.content(member, min(left, most)))
        left -= content.seek(0, 2)
        content.seek(0)
        taken_out.append((member, content))
    return taken_out


@dataclass
class _Beside:
    """The clean files of the same ZIP, as if they had been accepted."""

    tables: dict[tuple[str, str], KnownTable] = field(default_factory=dict)

    def seen_from(self, period: RocMonth, accepted: Known) -> Known:
        return _Together(self.tables, period, accepted)


@dataclass(frozen=True)
class _Together:
    tables: dict[tuple[str, str], KnownTable]
    period: RocMonth
    accepted: Known

    def month(self, dataset: str) -> KnownTable | None:
        """See Known."""
        return self.tables.get((dataset, str(self.period))) or self.accepted.month(dataset)

    def before(self, dataset: str) -> KnownTable | None:
        """See Known."""
        own = [
            table
            for (name, month), table in self.tables.items()
            if name == dataset and month < str(self.period)
        ]
        known = [*own, *filter(None, [self.accepted.before(dataset)])]
        return max(known, key=lambda table: str(table.period), default=None)


def _one(stream: BinaryIO, file: ReceivedFile, ground: Ground, beside: _Beside | None) -> Tried:
    dataset, period = ground.dataset, ground.period
    try:
        if dataset is None or period is None:
            said = recognise(file.name, spec=ground.spec)
            dataset, period = dataset or said.dataset, period or said.period
    except Unreadable as unreadable:
        return Tried(
            file, _alone(*refusals(unreadable, ground.spec), readable=False), ground, dataset, period
        )
    result = _checked(stream, file.name, FileName(dataset, period), ground, beside)
    return Tried(file, result, ground, dataset, period)


def _checked(
    stream: BinaryIO, name: str, said: FileName, ground: Ground, beside: _Beside | None
) -> CheckResult:
    spec, taken = ground.spec, ground.taken
    if taken is not None:
        refused = not_taken(taken, spec, said, name, stream)
        stream.seek(0)
        if refused:
            return _alone(refused, readable=True)
    accepted = ground.known(said.period)
    keeper = _keeper(said, ground) if beside else None
    result = check(
        stream,
        spec=spec,
        dataset=said.dataset,
        period=said.period,
        institution_code=ground.institution_code,
        today=ground.at.date(),
        keep=keeper,
        known=beside.seen_from(said.period, accepted) if beside else accepted,
        marker=ground.marker(said.dataset, said.period) if ground.marker else None,
    )
    takes: dict[str, Any] = {"takes": taken.takes} if taken is not None else {}
    name_the_right_one(result, spec=spec, dataset=said.dataset, period=said.period, name=name, **takes)
    if beside and keeper and result.accepted:
        with keeper.content() as content:
            table = KnownTable(said.period, pl.read_parquet(content))
        beside.tables[said.dataset.id, str(said.period)] = table
    return result


def _keeper(said: FileName, ground: Ground) -> Keeper:
    """Keeps nothing: its rows are compared with those of the next file, in which no hash is looked at."""
    return Keeper(
        ground.spec,
        said.dataset,
        period=said.period,
        institution_code=ground.institution_code or "",
        hash_id=lambda _number: "",
    )


def _alone(*found: Finding, readable: bool) -> CheckResult:
    return CheckResult(Findings.of(found), 0, (), readable)


def _file(stream: BinaryIO, name: str, ground: Ground) -> ReceivedFile:
    size = stream.seek(0, 2)
    stream.seek(0)
    fingerprint = hashlib.file_digest(cast("Any", stream), "sha256").hexdigest()
    stream.seek(0)
    return ReceivedFile("", clean_name(name), fingerprint, size, ground.at, TRIED)
