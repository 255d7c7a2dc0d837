"""The very same check before a file is sent, for somebody signed in: nothing of it is kept.

Unlike ``careward intake check`` it knows the institution: its code, the months taken now, the files accepted before.
The file is read in a limited process of its own (:mod:`careward.checking.precheck_process`), which asks for what it
must know; whatever it is, the process that serves pages neither reads it nor falls by it.
"""

import json
import os
import select
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from tempfile import TemporaryFile
from typing import IO, Any, Final

from careward import rulebook
from careward.checking.marking import DOMAIN
from careward.checking.precheck_process import Order
from careward.intake.confirming import confirmed_by_dataset
from careward.intake.models import AcceptedFile, Delivery
from careward.intake.publishing import season_in_force
from careward.intake.remembering import AcceptedBefore
from careward.kernel.roc import RocMonth
from careward.provisioning.models import Lane
from careward.registry.models import Institution
from careward.rulebook.book import ENVIRONMENT
from careward.seasons.moves import in_force
from careward.store.objects import objects
from careward.store.secrets import keyed_hash

_WORDS: Final = ("-m", "careward.checking.precheck_process")
_SETTINGS: Final = {"LANG": "C.UTF-8", "POLARS_MAX_THREADS": "1", "MALLOC_ARENA_MAX": "1"}
"""Nothing but this is its environment. One arena, as each of polars' threads would else reserve 64 MB of addresses it
never uses, and the limit of the process counts addresses: of 1 GB some 150 MB were left for the file."""
_STARTING_SECONDS: Final = 15
_WAITS: Final = 2
"""So much longer than its processor time a check may take: others compute too."""
_PIECE: Final = 1 << 16
_LONGEST_QUESTION: Final = 1 << 20


class TooHeavy(Exception):
    """The check needs more time or memory than one on a page may take."""


def precheck(
    file: IO[bytes], name: str, institution: Institution, at: datetime, *, shown: int
) -> Sequence[Mapping[str, Any]]:
    """Check a file, or each of a ZIP, as it would be checked on arrival in the live lane now; keeps nothing.

    Gives each file's receipt without a ticket, of each rule the first ``shown`` findings. Raises :class:`TooHeavy`.
    """
    with precheck_file(file, name, institution, at, "page", shown=shown) as answer:
        told: Sequence[Mapping[str, Any]] = json.load(answer)
        return told


@contextmanager
def precheck_file(
    file: IO[bytes], name: str, institution: Institution, at: datetime, want: str, *, shown: int = 0
) -> Iterator[IO[bytes]]:
    """The same as a file with every finding: ``txt``, ``ods`` or ``xlsx``, of a ZIP a ZIP of these. Raises TooHeavy."""
    with (
        TemporaryFile(prefix="careward-precheck-") as asked,
        TemporaryFile(prefix="careward-precheck-") as answer,
    ):
        for piece in iter(lambda: file.read(_PIECE), b""):
            asked.write(piece)
        asked.flush()
        order = _order(asked.fileno(), answer.fileno(), name, want, shown, institution, at)
        with _Process(order, institution) as process:
            process.run()
        answer.seek(0)
        yield answer


def bundle_of_books(answer: IO[bytes]) -> bool:
    """Whether workbooks were asked for and they are several, in a ZIP. Leaves the file at its beginning."""
    answer.seek(0)
    try:
        with zipfile.ZipFile(answer) as packed:
            return not {"mimetype", "[Content_Types].xml"} & set(packed.namelist())
    finally:
        answer.seek(0)


def _order(
    asked: int, answer: int, name: str, want: str, shown: int, institution: Institution, at: datetime
) -> Order:
    season, limits = season_in_force(), rulebook.current().policies.precheck
    confirmed, confirmable = confirmed_by_dataset(institution)
    moves = [(m.season, m.code, m.county, m.at.isoformat(), m.reason) for m in in_force()]
    return Order(
        file=asked,
        answer=answer,
        name=name,
        want=want,
        seconds=limits.seconds.value,
        shown=shown,
        spec=season.season.interchange,
        season=season.code,
        moves=moves,
        institution_code=institution.code,
        lane=Lane.LIVE,
        at=at.isoformat(),
        most_bytes=limits.max_bytes.value,
        all_bytes=limits.unpacked_bytes.value,
        confirmed=confirmed,
        confirmable=confirmable,
    )


@dataclass(frozen=True)
class _Lent:
    """Tables of accepted files, lent to the process as long as it runs."""

    institution: Institution
    held: ExitStack

    def table(self, which: str, dataset: str, period: str) -> Mapping[str, str] | None:
        before = AcceptedBefore(
            Delivery(institution=self.institution, lane=Lane.LIVE), RocMonth.parse(period)
        )
        found: AcceptedFile | None = before.file(which, dataset)
        if found is None:
            return None
        path = self.held.enter_context(objects().local_copy(found.parquet_key))
        return {"period": found.period, "path": str(path)}


class _Process:
    """One limited process, its questions answered until it ends or its time is over."""

    def __init__(self, order: Order, institution: Institution) -> None:
        self._order, self._held = order, ExitStack()
        self._lent = _Lent(institution, self._held)
        self._until = time.monotonic() + _WAITS * order.seconds + _STARTING_SECONDS

    def __enter__(self) -> "_Process":
        own = {ENVIRONMENT: os.environ[ENVIRONMENT]} if ENVIRONMENT in os.environ else {}
        self._process = subprocess.Popen(  # noqa: S603 - our own command; nothing of the file is in it
            [sys.executable, "-I", *_WORDS],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            pass_fds=(self._order.file, self._order.answer), start_new_session=True,
            env={**own, **_SETTINGS},
        )  # fmt: skip
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            with suppress(BrokenPipeError):
                pipe.close()
        self._held.close()

    def run(self) -> None:
        """To its end. Raises :class:`TooHeavy` when it fell or took too long."""
        with suppress(BrokenPipeError):
            self._say(self._order.line())
            for line in self._lines():
                self._say(json.dumps(self._answered(json.loads(line))).encode() + b"\n")
        try:
            ended = self._process.wait(max(0.0, self._until - time.monotonic()))
        except subprocess.TimeoutExpired:
            raise TooHeavy from None
        if ended != 0:
            raise TooHeavy

    def _say(self, line: bytes) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line)
        self._process.stdin.flush()

    def _answered(self, question: Mapping[str, str]) -> object:
        if question["ask"] == "mark":
            return keyed_hash(question["parts"], DOMAIN)
        return self._lent.table(question["ask"], question["dataset"], question["period"])

    def _lines(self) -> Iterator[bytes]:
        """Its questions, until it closes its mouth; raises TooHeavy at the end of its time."""
        assert self._process.stdout is not None
        said, poll, rest = self._process.stdout.fileno(), select.poll(), b""
        poll.register(said, select.POLLIN)
        while True:
            if len(rest) > _LONGEST_QUESTION or not poll.poll(
                max(0.0, self._until - time.monotonic()) * 1000
            ):
                raise TooHeavy
            piece = os.read(said, _PIECE)
            if not piece:
                return
            *lines, rest = (rest + piece).split(b"\n")
            yield from lines
