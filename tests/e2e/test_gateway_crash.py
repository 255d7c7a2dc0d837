"""kill -9 of gateway, worker and database while clients upload: nothing acknowledged is lost, torn or doubled.

``CAREWARD_CRASH_SECONDS`` makes the storm longer than the minute it takes by default.
"""

import itertools
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from careward.checking import samples
from careward.gateway.health import probe
from careward.intake.procedure import ANSWERED
from careward.kernel.clock import taipei
from careward.kernel.roc import RocMonth
from careward.ops.demo.clock import write as set_clock
from careward.rulebook import current
from support.platform import environment_of, free_port
from support.store_processes import make_home, postmaster, running
from support.storm import Storm, Told
from support.waiting import until
from support.wide_rules import wide_rules

SECONDS = float(os.environ.get("CAREWARD_CRASH_SECONDS", "60"))
CLIENTS = 4

pytestmark = [pytest.mark.slow, pytest.mark.timeout(SECONDS * 2 + 1_500)]


class House:
    """Two gateways on one port, a worker and the embedded database, any of which may be killed at any moment."""

    def __init__(self, home: Path, environment: dict[str, str], log: Path) -> None:
        self.home, self.environment = home, environment
        self.port = int(environment["CAREWARD_SFTP_PORT"])
        self.kills: Counter[str] = Counter()
        self.killed: list[tuple[float, str, int]] = []
        self.log = log
        self._pids: dict[str, int] = {}
        self._database_killed = 0.0
        self._lock = threading.Lock()
        with log.open("w") as output:
            self._spawner = subprocess.Popen(
                [sys.executable, "-m", "support.spawner"],
                env={**environment, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=output, text=True,
            )  # fmt: skip
        assert self._answer() == "ready"

    def _answer(self) -> str:
        assert self._spawner.stdout
        return self._spawner.stdout.readline().strip()

    def tell(self, *words: str) -> int:
        """Have the spawner fork a child; its number."""
        with self._lock:
            assert self._spawner.stdin
            self._spawner.stdin.write(" ".join(words) + "\n")
            self._spawner.stdin.flush()
            return int(self._answer())

    def start(self, part: str) -> None:
        """Start a part; its name up to the hyphen is the spawner's command."""
        self._pids[part] = self.tell(part.partition("-")[0])

    def kill(self, part: str) -> None:
        """Kill a part as it stands; the keeper brings the database up again, the others we start anew."""
        pid = self._server() if part == "database" else self._pids[part]
        if not pid:
            return
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            self.kills[part.partition("-")[0]] += 1
            self.killed.append((time.monotonic(), part, pid))
        if part != "database":
            self.start(part)

    def keep_up(self) -> None:
        """Start again what ended by itself, as ``careward up`` does: a worker may when its database is gone."""
        for part, pid in list(self._pids.items()):
            if not running(pid):
                self.start(part)

    def _server(self) -> int:
        """The postmaster, but seldom: a database that dies more often than five times a minute is given up."""
        if time.monotonic() - self._database_killed < 15:
            return 0
        self._database_killed = time.monotonic()
        return postmaster(self.home)

    def report(self, place: Path) -> dict[str, Any]:
        """What the platform holds, from rows and store."""
        place.unlink(missing_ok=True)
        self.tell("report", str(place))
        until(place.exists, 60, "the report")
        return json.loads(place.read_text())  # type: ignore[no-any-return]

    def clear_the_queue(self, place: Path) -> None:
        """Let a worker do what the season brought with it: else none would be at a check when it is killed."""
        self.start("worker")
        until(lambda: not self.report(place)["unfinished"], 300, "the jobs of the season to be done")
        self.stop()

    def stop(self) -> None:
        """Kill all parts but the database; none of them is left on return."""
        for pid in self._pids.values():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        until(lambda: not any(map(running, self._pids.values())), 30, "the killed parts are gone")
        self._pids.clear()

    def close(self) -> None:
        """Leave nothing behind."""
        self.stop()
        assert self._spawner.stdin
        self._spawner.stdin.close()
        self._spawner.wait(30)
        assert self._spawner.stdout
        self._spawner.stdout.close()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, dict[str, str]]]:
    """A demo season of its own, at a moment at which uploads are open, and the account that may upload by key."""
    tmp_path = tmp_path_factory.mktemp("crash")
    top = make_home(Path("/tmp"))
    home = top / "home"
    environment = environment_of(home, free_port(), free_port()) | {
        "CAREWARD_RULES": str(wide_rules(tmp_path)), "DJANGO_SETTINGS_MODULE": "careward.settings.demo",
    }  # fmt: skip
    try:
        for words, role in ((("migrate",), "owner"), (("demo", "prepare"), "app")):
            command = [sys.executable, "-m", "careward", *words]
            subprocess.run(command, env={**environment, "CAREWARD_DB_ROLE": role}, check=True, timeout=300)
        set_clock(home, taipei(2026, 2, 5, 10))
        [uploader, *_] = json.loads((home / "demo/uploaders.json").read_text())
        made = House(home, environment, tmp_path / "log.txt")
        try:
            key = tmp_path / "key"
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
            made.tell("register", uploader["username"], *key.with_suffix(".pub").read_text().split()[:2])
            made.clear_the_queue(tmp_path / "report")
            yield made, {"username": uploader["username"], "key": str(key)}
        finally:
            made.close()
    finally:
        shutil.rmtree(top, ignore_errors=True)


def contents(code: str) -> Iterator[bytes]:
    """Files no two of which are alike: every other one clean, the rest with a fault in it."""
    spec = current().interchange("1.0")
    dataset = spec.dataset("staff")
    for seed in itertools.count(1):
        rows = samples.good_rows(
            spec, dataset, institution_code=code, period=RocMonth.parse("11501"), n=3, seed=seed % 500
        )
        made = samples.as_csv(dataset, [dict(row) for row in rows])
        yield made + b"\r\n" * (seed // 500) if seed % 2 else made + b"broken,%d\r\n" % seed


def storm(
    made: House, account: dict[str, str], parts: dict[str, int], seconds: float, prefix: str = "staff-11501"
) -> list[Told]:
    """Upload and kill for so long; gives what the senders remember."""
    until(lambda: probe("127.0.0.1", made.port), 60, "the gateway greets")
    ends = time.monotonic() + seconds
    chance = random.Random(115)

    def over() -> bool:
        return time.monotonic() > ends

    code = account["username"].rsplit("-", 1)[1]
    clients = Storm(
        made.port, account["username"], account["key"], contents(code), over, seconds + 120, prefix
    )

    def kill() -> None:
        """At random moments, but only where something was acknowledged since: a storm on a dead house tells nothing."""
        before, patience = 0, 0.0
        while not over():
            time.sleep(chance.uniform(0.05, 0.6))
            made.keep_up()
            acknowledged = sum(one.acknowledged for one in clients.history)
            if acknowledged > before or time.monotonic() > patience:
                made.kill(chance.choices(list(parts), list(parts.values()))[0])
                before, patience = acknowledged, time.monotonic() + 5

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        clients.run(CLIENTS)
    finally:
        killer.join()
    return clients.history


def held_against(history: list[Told], rows: list[list[Any]]) -> dict[str, list[str]]:
    """Acknowledged history against rows and store: what was lost, torn, doubled."""
    sent = {told.name: told for told in history}
    rows = [row for row in rows if row[0] in sent]
    whole = {(name, sha256) for name, sha256, held, *_ in rows if held == sha256}
    times = Counter(name for name, *_ in rows)
    return {
        "lost": [t.name for t in history if t.acknowledged and (t.name, t.sha256) not in whole],
        "torn": [name for name, sha256, held, *_ in rows if held != sha256 or sha256 != sent[name].sha256],
        "double": [name for name, number in times.items() if number > sent[name].attempts],
    }


def witnesses(made: House, history: list[Told], lost: list[str]) -> str:
    """What is known of the files that were lost: how they were sent, and what was killed about then."""
    lines = []
    for told in history:
        if told.name in lost:
            lines.append(f"{told}; {told.acknowledged_at:.3f}")
            lines += [
                f"  {at - told.acknowledged_at:+.3f} s: {part} ({pid}) killed"
                for at, part, pid in made.killed
                if abs(at - told.acknowledged_at) < 5
            ]
    return "\n".join(lines)


def waiting_for(made: House, told: dict[str, Any]) -> str:
    """What is known where files have no answer: the files, the queue, and what the platform said last."""
    files = [f"{name} {state}, {tries} times begun" for name, _, _, state, tries in told["rows"]]
    left = [file for file, row in zip(files, told["rows"], strict=True) if row[3] not in ANSWERED]
    said = made.log.read_text(errors="replace").splitlines()[-200:]
    return "\n".join([*left[:50], *told["jobs"][:50], *told["workers"], *said])


def test_nothing_acknowledged_is_lost_torn_or_doubled_whatever_is_killed(
    house: tuple[House, dict[str, str]], tmp_path: Path
) -> None:
    made, account = house
    made.stop()
    made.kills.clear()
    parts = {"gateway-1": 4, "gateway-2": 4, "worker": 1, "database": 2}
    for part in parts:
        if part != "database":
            made.start(part)
    history = storm(made, account, parts, SECONDS)
    sent = {one.name for one in history}

    def answered() -> bool:
        made.keep_up()
        rows = made.report(tmp_path / "report")["rows"]
        return {state for name, _, _, state, _ in rows if name in sent} <= set(ANSWERED)

    try:
        until(answered, 600, "every delivery has its answer")
    except AssertionError as fault:
        fault.add_note(waiting_for(made, made.report(tmp_path / "report")))
        raise
    told = made.report(tmp_path / "report")
    found = held_against(history, told["rows"])
    sys.stdout.write(
        f"\nstorm: {SECONDS:.0f} s, kills {dict(made.kills)} ({made.kills.total()}), {len(history)} files"
        f" acknowledged in {sum(one.attempts for one in history)} tries, {len(told['rows'])} rows;"
        f" lost {len(found['lost'])}, torn {len(found['torn'])}, double {len(found['double'])}\n"
    )
    assert found == {"lost": [], "torn": [], "double": []}, witnesses(made, history, found["lost"])
    assert told["in_force"] == 1
    assert len(history) > SECONDS / 6
    assert made.kills.total() > SECONDS / 6


def test_the_harness_catches_a_gateway_that_acknowledges_before_the_commit(
    house: tuple[House, dict[str, str]], tmp_path: Path
) -> None:
    made, account = house
    made.stop()
    made.start("hasty_gateway-1")
    history = storm(made, account, {"hasty_gateway-1": 1}, 12, "staff-11501-hasty")
    found = held_against(history, made.report(tmp_path / "report")["rows"])
    assert found["lost"]
