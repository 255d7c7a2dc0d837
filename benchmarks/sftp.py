"""Our gateway beside OpenSSH's sshd: same client, same cipher, in turn, in one run."""

import asyncio
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Final

import asyncssh
from argon2 import PasswordHasher

from benchmarks.durable import Durable, durable
from benchmarks.figures import Figure, in_turn
from benchmarks.sftp_sides import CIPHER, SSHD, Side, alone, gateway, sshd

LARGE: Final = 200 * 1024 * 1024 + 17
SMALL: Final = 50_000
FILES: Final = 200
SESSIONS: Final = 100
AT_ONCE: Final = 8
IDLE: Final = 500
PROCESSES: Final = 2
"""As many as the machine has cores: sshd, too, has a process for every session."""

Sides = tuple[Side, Side, Side]
"""sshd, ours, and the library alone, which is only printed: it keeps nothing safe."""


def run() -> Iterator[Figure]:
    """Ratios of sshd's time to ours; none, with a word, where sshd is not installed."""
    if not Path(SSHD).exists():
        print("SKIPPED: OpenSSH's sshd is not installed (Debian: openssh-server)")
        return
    with tempfile.TemporaryDirectory(prefix="careward-bench-") as place, ExitStack() as stack:
        folder = Path(place)
        folder.chmod(0o755)
        (folder / "large").write_bytes(os.urandom(LARGE))
        (folder / "small").write_bytes(os.urandom(SMALL))
        theirs = stack.enter_context(sshd(folder))
        ours, processes, home = stack.enter_context(gateway(folder, processes=PROCESSES))
        floor = stack.enter_context(durable(home))
        library = stack.enter_context(alone(folder))
        sides = (theirs, ours, library)
        yield _ratio("sftp-200mb", sides, _large, rounds=5)
        yield from _small(sides, floor)
        yield _ratio("sftp-100-sessions-key", sides, _sessions, rounds=3)
        yield from _by_password(theirs, ours)
        yield from _idle(ours, processes)


def _ratio(name: str, sides: Sides, work: Callable[[Side], None], *, rounds: int) -> Figure:
    theirs, ours, library = in_turn([lambda s=side: work(s) for side in sides], rounds=rounds)  # type: ignore[misc]
    print(
        f"{name}: sshd {theirs:.2f} s, careward {ours:.2f} s, asyncssh alone, nothing durable, {library:.2f} s"
        f" (medians of {rounds})",
        flush=True,
    )
    return Figure(name, theirs / ours, ">=", 1)


def _small(sides: Sides, floor: Durable) -> Iterator[Figure]:
    """Small files in one session, without and with fsync on their side; and what the disk alone asks for, in turn."""
    theirs, ours, library = sides
    content = (ours.folder / "small").read_bytes()

    def least() -> None:
        for _ in range(FILES):
            floor.receive(content)

    works = [lambda: _many(theirs), lambda: _many(theirs, "put -f"), lambda: _many(ours)]
    plain, synced, taken, bare, disk = in_turn([*works, lambda: _many(library), least], rounds=5)
    each = [1000 * spent / FILES for spent in (plain, synced, taken, bare, disk)]
    print(
        "sftp-200-files: sshd {:.1f} ms a file, with fsync {:.1f} ms, careward {:.1f} ms, asyncssh alone {:.1f} ms;"
        " file, name and a row brought onto this disk, one after the other and with no client at all: {:.1f} ms."
        "\nWho answers only after that cannot reach more than {:.2f} here, with fsync {:.2f}".format(
            *each, plain / disk, synced / disk
        ),
        flush=True,
    )
    yield Figure("sftp-200-files", plain / taken, ">=", 1)
    yield Figure("sftp-200-files-fsync", synced / taken, ">=", 1)


def _put(side: Side, lines: list[str], *, by_password: bool = False) -> None:
    done = subprocess.run(
        side.command("-", by_password=by_password),
        input="\n".join(lines),
        env=side.environment(),
        capture_output=True,
        text=True,
        check=False,
        cwd=side.folder,
    )
    if done.returncode:
        raise RuntimeError(f"{side.name}: {done.stderr or done.stdout}")


def _large(side: Side) -> None:
    _put(side, [f"put large {side.into}/large-{time.monotonic_ns()}.bin"])


def _many(side: Side, put: str = "put") -> None:
    stamp = time.monotonic_ns()
    _put(side, [f"{put} small {side.into}/small-{stamp}-{n}.bin" for n in range(FILES)])


def _sessions(side: Side, *, by_password: bool = False) -> None:
    def one(_: int) -> None:
        _put(side, [f"put small {side.into}/s-{time.monotonic_ns()}.bin"], by_password=by_password)

    with ThreadPoolExecutor(AT_ONCE) as clients:
        list(clients.map(one, range(SESSIONS)))


def _by_password(theirs: Side, ours: Side) -> Iterator[Figure]:
    """Our sessions by password, its hash made as cheap as argon2 allows; what hashing costs is told beside it.

    sshd asks the system for passwords, and no user of the system is made for a benchmark: it comes by key, as above.
    """
    keyed, password = in_turn(
        [lambda: _sessions(theirs), lambda: _sessions(ours, by_password=True)], rounds=3
    )
    print(
        f"sftp-100-sessions-password: sshd by key {keyed:.2f} s, careward by password without hashing"
        f" {password:.2f} s; hashing {SESSIONS} passwords costs {_one_hash() * SESSIONS:.1f} s of one core more,"
        f" {_one_hash() * 1000:.0f} ms each (argon2, the platform's strength)"
    )
    yield Figure("sftp-100-sessions-password", keyed / password, ">=", 1)


def _one_hash() -> float:
    """Seconds of processor one password costs."""
    hasher = PasswordHasher()
    known = hasher.hash("a password")

    def verify() -> float:
        begun = time.process_time()
        hasher.verify(known, "a password")
        return time.process_time() - begun

    return median(verify() for _ in range(9))


def _idle(side: Side, processes: list[int]) -> Iterator[Figure]:
    """Memory of all our processes with idle sessions on them."""
    before = sum(map(_resident, processes))
    after = asyncio.run(_with_sessions(side, lambda: sum(map(_resident, processes))))
    print(f"memory of {len(processes)} processes: {before:.0f} MB, with {IDLE} idle sessions {after:.0f} MB")
    print(f"that is {(after - before) * 1024 / IDLE:.0f} kB for each session")
    yield Figure("sftp-500-idle-mb", after, "<=", 400)


async def _with_sessions(side: Side, measure: Callable[[], float]) -> float:
    """Open the sessions a few at a time, then measure."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def session() -> asyncssh.SSHClientConnection:
        async with turns:
            connection = await asyncssh.connect(
                "127.0.0.1",
                side.port,
                username=side.user,
                client_keys=[str(side.identity)],
                known_hosts=None,
                config=None,
                agent_path=None,
                encryption_algs=[CIPHER],
            )
            client = await connection.start_sftp_client()
            await client.listdir("/")
            return connection

    connections = await asyncio.gather(*(session() for _ in range(IDLE)))
    try:
        return measure()
    finally:
        for connection in connections:
            connection.abort()


def _resident(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024
