"""The limited process in which a file is checked before sending: ``python -m careward.checking.precheck_process``.

It has no database, no key and no environment, and takes its limits before it touches the file. Its order is one line
of JSON (:class:`Order`); the file and the place for the answer are open already. What it must know of the institution
it asks for, line by line: the table of an accepted file, and what a warning that may be confirmed is known by.
"""

import json
import os
import resource
import sys
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Final, TextIO, cast

import polars as pl
from typing_extensions import override

from careward.checking.findings import shown
from careward.checking.known import KnownTable, LookedUpOnce
from careward.checking.marking import Marker
from careward.checking.receipt.report import Confirmed, shortened
from careward.checking.receipt.sheets import Held, write_unsent
from careward.checking.receipt.writing import write_text
from careward.checking.taken import Taken
from careward.checking.trying import Ground, Tried, tried
from careward.kernel.roc import RocMonth
from careward.rulebook import NATIONWIDE, current
from careward.rulebook.interchange import Check, Dataset
from careward.rulebook.moving import Move

MEMORY_BYTES: Final = 1 << 30
FILE_BYTES: Final = 256 << 20
"""More a workbook of findings cannot take up."""
NICER: Final = 5
"""Whoever waits for a page goes first."""


@dataclass(frozen=True)
class Order:
    """What is wanted; ``file`` and ``answer`` are descriptors, ``want`` is ``page``, ``txt``, ``ods`` or ``xlsx``.

    ``confirmed`` gives for each dataset what its institution confirmed, ``confirmable`` the rules and records of it.
    ``shown`` findings of each rule are told to a page.
    """

    file: int
    answer: int
    name: str
    want: str
    seconds: int
    shown: int
    spec: str
    season: str
    moves: Sequence[Sequence[str]]
    institution_code: str
    lane: str
    at: str
    most_bytes: int
    all_bytes: int
    confirmed: Mapping[str, Confirmed]
    confirmable: Mapping[str, Sequence[Sequence[str]]]

    def line(self) -> bytes:
        """As it is sent."""
        return json.dumps(asdict(self)).encode() + b"\n"


def limit(seconds: int) -> None:
    """Give up memory, time, large files and core dumps."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES, FILE_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


class Asking:
    """Asks who began this process."""

    def __init__(self, source: TextIO, target: TextIO) -> None:
        self._source, self._target = source, target

    def ask(self, **question: str) -> Any:
        """The answer to a question."""
        self._target.write(json.dumps(question) + "\n")
        self._target.flush()
        return json.loads(self._source.readline())


class AcceptedBefore(LookedUpOnce):
    """As :class:`careward.intake.remembering.AcceptedBefore`, by asking."""

    def __init__(self, asking: Asking, period: RocMonth) -> None:
        super().__init__()
        self._asking, self._period = asking, period

    @override
    def read(self, which: str, dataset: str) -> KnownTable | None:
        found = self._asking.ask(ask=which, dataset=dataset, period=str(self._period))
        if not found:
            return None
        return KnownTable(RocMonth.parse(found["period"]), pl.read_parquet(found["path"]))


@dataclass(frozen=True)
class AskingMarker(Marker):
    """Has the mark of a warning made where one of its rule and record is confirmed; the key is not here."""

    asking: Asking
    confirmable: frozenset[tuple[str, str]]

    def of(
        self,
        check: Check,
        key: str | None,
        values: Sequence[Any],
        cells: Sequence[str],
        told: Mapping[str, object],
    ) -> str:
        """See Marker."""
        known_as = "" if key is None else shown(key.strip())
        if (check.id, known_as) not in self.confirmable:
            return ""
        return super().of(check, key, values, cells, told)

    def hashed(self, parts: str) -> str:
        """By whoever has the key."""
        return str(self.asking.ask(ask="mark", parts=parts))


def answer(order: Order, asking: Asking, target: BinaryIO) -> None:
    """Check the file and write what is wanted of it."""
    answers = tried(Path(f"/proc/self/fd/{order.file}"), order.name, _ground(order, asking))
    if order.want == "page":
        told = [shortened(_document(one, order), of_each=order.shown, records=0) for one in answers]
        target.write(json.dumps(told).encode())
    elif order.want == "txt":
        for one in answers:
            write_text(_document(one, order), target)
    else:
        _books(answers, order, target)


def _ground(order: Order, asking: Asking) -> Ground:
    at = datetime.fromisoformat(order.at)
    moves = [
        Move(season, code, county, datetime.fromisoformat(to), reason)
        for season, code, county, to, reason in order.moves
    ]
    season = current().season_with(order.season, moves, county=NATIONWIDE)

    def marker(dataset: Dataset, period: RocMonth) -> Marker:
        confirmable = frozenset((rule, key) for rule, key in order.confirmable.get(dataset.id, ()))
        return AskingMarker(order.institution_code, dataset, period, asking, confirmable)

    return Ground(
        spec=current().interchange(order.spec),
        at=at,
        institution_code=order.institution_code,
        taken=Taken(season, order.lane, at),
        known=lambda period: AcceptedBefore(asking, period),
        marker=marker,
        most_bytes=order.most_bytes,
        all_bytes=order.all_bytes,
    )


def _confirmed(one: Tried, order: Order) -> Confirmed:
    return order.confirmed.get(one.dataset.id, {}) if one.dataset else {}


def _document(one: Tried, order: Order) -> dict[str, Any]:
    return one.document(_confirmed(one, order))


def _books(answers: Iterator[Tried], order: Order, target: BinaryIO) -> None:
    """A workbook; of a ZIP one for each file in it, in a ZIP."""
    first = next(answers)
    second = next(answers, None)
    if second is None:
        _book(first, order, target)
        return
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as packed:
        for number, one in enumerate((first, second, *answers), start=1):
            stem = one.file.name.rpartition(".")[0] or "file"
            with packed.open(f"{number:02d}-{stem}.{order.want}", "w") as file:
                _book(one, order, cast("BinaryIO", file))


def _book(one: Tried, order: Order, target: BinaryIO) -> None:
    confirmed = _confirmed(one, order)
    write_unsent(
        order.want, one.document(confirmed), Held(one.result.findings, one.dataset, confirmed), target
    )


def main() -> int:
    """Take the order, answer it; anything but 0 means that the process fell."""
    order = Order(**json.loads(sys.stdin.readline()))
    os.nice(NICER)
    limit(order.seconds)
    with os.fdopen(order.answer, "w+b") as target:
        answer(order, Asking(sys.stdin, sys.stdout), target)
    return 0


if __name__ == "__main__":
    sys.exit(main())
