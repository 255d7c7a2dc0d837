"""The month's end: every institution sends five files over SFTP by key, and each is received, checked, kept, answered.

Two gateways, a worker and the clients share the machine. One institution after the other signs in, eight at a time,
sends its files and leaves; the time ends with the last receipt. Then twice and four times as many, all of them new.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import asyncssh
import psycopg

from benchmarks.figures import LARGE, Figure
from benchmarks.processor import per_file, spent
from benchmarks.sftp_sides import CIPHER, house, key, part
from benchmarks.staff_files import PERIOD, spec
from careward.checking.sample_forms import as_csv
from careward.checking.samples import good_rows
from careward.gateway.health import probe
from careward.store import embedded
from careward.store.keeper import postmaster_file
from support.waiting import until

INSTITUTIONS: Final = int(os.environ.get("CAREWARD_BENCH_INSTITUTIONS", "1700" if LARGE else "40"))
TIMES: Final = (1, 2, 4)
AT_ONCE: Final = 8
DATASETS: Final = ("institution_month", "staff", "residents", "drills", "activities")
ROWS: Final = 60
"""Of one file; a dataset that has one row a month has one."""
GATEWAYS: Final = 2
_FIRST: Final = 1_199_000_000
_ADDRESS: Final = "127.0.0.2"
"""The institutions' own: from that of the demo's every application there would be compared with each of them."""
_SAMPLE_CODE: Final = "1131000009"
_PATIENCE: Final = 3_600.0
_UNANSWERED: Final = "intake_delivery WHERE state in ('held', 'received', 'checking', 'unpacked')"
_UNTOLD: Final = "intake_delivery WHERE untold"
_UNSENT: Final = "correspondence_letter WHERE state = 'queued'"
_ACCOUNTS: Final = """
from support.delivering import accounts
from careward.journal import Actor, acting
from careward.kernel import clock
from careward.provisioning.models import AccountKey
made = accounts(map(str, range({first}, {last})), networks=["{address}/32"])
with acting(Actor.system("demo"), "prepare"):
    AccountKey.objects.bulk_create(
        (AccountKey(account=one, line="{line}", valid_from=clock.now()) for one in made), 500
    )
"""


def run() -> Iterator[Figure]:
    """Files a second, their growth, and files that have no answer or were refused."""
    with tempfile.TemporaryDirectory(prefix="careward-bench-") as place, ExitStack() as stack:
        folder = Path(place)
        folder.chmod(0o755)
        environment = stack.enter_context(house(folder)) | {"CAREWARD_WORKER_PROCESSES": "2"}
        identity = key(folder, "client")
        _make_accounts(environment, identity)
        port = int(environment["CAREWARD_SFTP_PORT"])
        started = {
            name: [stack.enter_context(part(environment, word)) for _ in range(number)]
            for name, word, number in (("gateways", "sftp", GATEWAYS), ("worker", "worker", 1))
        }
        until(lambda: probe("127.0.0.1", port), 60, "the gateway greets")
        database = stack.enter_context(_database(environment))
        sides = {**started, "database": [_postmaster(environment)]}
        asyncio.run(_send(port, identity, range(_FIRST - 2, _FIRST)))  # warms up
        _answered(database)
        seconds = [_month(times, port, identity, database, sides) for times in TIMES]
        refused = _count(database, "state <> 'accepted'")
        files = INSTITUTIONS * len(DATASETS)
        yield Figure("month-end-files-a-second", files / seconds[0], ">=", 100)
        for times, spent in zip(TIMES[1:], seconds[1:], strict=True):
            yield Figure(f"month-end-growth-{times}", spent / times / seconds[0], "<=", 1.5)
        yield Figure("month-end-not-kept", refused, "=", 0)


def _make_accounts(environment: dict[str, str], identity: Path) -> None:
    line = " ".join(identity.with_suffix(".pub").read_text().split()[:2])
    last = _FIRST + INSTITUTIONS * sum(TIMES)
    print(f"{last - _FIRST:,} institutions and their accounts", flush=True)
    subprocess.run(
        [
            sys.executable,
            "-m",
            "careward",
            "manage",
            "shell",
            "-c",
            _ACCOUNTS.format(first=_FIRST - 2, last=last, line=line, address=_ADDRESS),
        ],
        env=environment | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdout=subprocess.DEVNULL,
        check=True,
    )


def _month(
    times: int,
    port: int,
    identity: Path,
    database: "psycopg.Connection[Any]",
    sides: Mapping[str, Sequence[int]],
) -> float:
    """Seconds from the first connection to the last receipt, of so many times the institutions."""
    first = _FIRST + INSTITUTIONS * sum(one for one in TIMES if one < times)
    codes = range(first, first + INSTITUTIONS * times)
    before = _spent(sides)
    begun = time.perf_counter()
    asyncio.run(_send(port, identity, codes))
    sent = time.perf_counter() - begun
    _answered(database)
    taken = time.perf_counter() - begun
    files = len(codes) * len(DATASETS)
    print(
        f"{times}×: {files:,} files of {len(codes):,} institutions: all received after {sent:.1f} s, the last receipt"
        f" after {taken:.1f} s: {files / taken:.0f} files a second",
        flush=True,
    )
    print(f"  of the processor each file took: {per_file(before, _spent(sides), files)}", flush=True)
    _posted(database)
    print(
        f"  the last letter was sent after {time.perf_counter() - begun:.1f} s; then:"
        f" {per_file(before, _spent(sides), files)}",
        flush=True,
    )
    return taken


def _spent(sides: Mapping[str, Sequence[int]]) -> dict[str, float]:
    """Seconds of the processor by side so far; the clients are this process."""
    return {"clients": time.process_time()} | {name: sum(map(spent, pids)) for name, pids in sides.items()}


async def _send(port: int, identity: Path, codes: range) -> None:
    contents = _contents()
    key_read = asyncssh.read_private_key(identity)
    waiting = iter(codes)

    async def client() -> None:
        for code in waiting:
            await _visit(port, key_read, str(code), contents)
            if (code - codes.start) % 200 == 199:
                print(f"  {code - codes.start + 1:,} of {len(codes):,}", flush=True)

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(client())


async def _visit(port: int, identity: asyncssh.SSHKey, code: str, contents: dict[str, bytes]) -> None:
    connection = await asyncssh.connect(
        "127.0.0.1",
        port,
        local_addr=(_ADDRESS, 0),
        username=f"cw115-{code}",
        client_keys=[identity],
        known_hosts=None,
        config=None,
        agent_path=None,
        encryption_algs=[CIPHER],
        login_timeout=120,
    )
    async with connection, connection.start_sftp_client() as sftp:
        for name, content in contents.items():
            async with sftp.open(f"/inbox/{name}-{PERIOD}.csv", "wb") as file:
                await file.write(content.replace(_SAMPLE_CODE.encode(), code.encode()))


def _contents() -> dict[str, bytes]:
    """One file for each dataset, of an institution whose code stands in every row."""
    made = {}
    for name in DATASETS:
        dataset = spec().dataset(name)
        rows = good_rows(spec(), dataset, institution_code=_SAMPLE_CODE, period=PERIOD, n=ROWS, seed=7)
        made[name] = as_csv(dataset, rows[:1] if name == "institution_month" else rows)
    return made


def _database(environment: dict[str, str]) -> "psycopg.Connection[Any]":
    cluster = embedded.start(Path(environment["CAREWARD_HOME"])).hold()
    return psycopg.connect(cluster.app_url, autocommit=True)


def _postmaster(environment: dict[str, str]) -> int:
    """The process all of the database are below."""
    return int(postmaster_file(Path(environment["CAREWARD_HOME"]) / "database" / "data")[0])


def _count(database: "psycopg.Connection[Any]", which: str) -> int:
    [number] = database.execute(f"SELECT count(*) FROM intake_delivery WHERE {which}").fetchone() or [0]  # type: ignore[arg-type]
    return int(number)


def _answered(database: "psycopg.Connection[Any]") -> None:
    until(lambda: _none(database, _UNANSWERED), _PATIENCE, "every file has its receipt")


def _posted(database: "psycopg.Connection[Any]") -> None:
    until(lambda: _none(database, _UNTOLD), _PATIENCE, "every letter is written")
    until(lambda: _none(database, _UNSENT), _PATIENCE, "every letter is sent")


def _none(database: "psycopg.Connection[Any]", which: str) -> bool:
    """Asked a hundred times a second: an index answers it, so that asking costs next to nothing."""
    return database.execute(f"SELECT EXISTS (SELECT FROM {which})").fetchone() == (False,)  # type: ignore[arg-type]
