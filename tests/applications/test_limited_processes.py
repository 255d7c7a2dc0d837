"""The warm process that forks a limited one for every file: alone, bounded, ended, begun again."""

import json
import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from careward.applications import forking
from careward.applications.forking import Forker
from careward.applications.inspecting import INSPECTOR
from support.waiting import until

MAIN = "    path = Path(words[1])\n"


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """Where a test writes an inspector of its own."""
    return tmp_path / "inspector.py"


@pytest.fixture
def forker(program: Path) -> Iterator[Forker]:
    """A forker of that program."""
    made = Forker(program)
    yield made
    made.stop()


def does(program: Path, *lines: str) -> None:
    """Let the limited process do these lines in place of opening a file."""
    source = INSPECTOR.read_text()
    assert source.count(MAIN) == 1
    program.write_text(source.replace(MAIN, "".join(f"    {line}\n" for line in lines) + "    return 0\n"))


def test_every_file_has_a_process_of_its_own_below_one_warm_one(program: Path, forker: Forker) -> None:
    does(program, "_say({'me': os.getpid(), 'mother': os.getppid()})")
    said = {forker.ask(["inspect"], 20) for _ in range(3)}
    assert len(said) == 3
    assert len({line.partition(b"mother")[2] for line in said}) == 1


def test_it_has_its_limits_no_environment_and_nothing_of_the_others_open(
    program: Path, forker: Forker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAREWARD_DATA_KEYS", "secret")
    does(
        program,
        "kinds = (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_FSIZE, resource.RLIMIT_CORE)",
        "limits = [resource.getrlimit(kind)[0] for kind in kinds]",
        "places = [f'/proc/self/fd/{one}' for one in os.listdir('/proc/self/fd')]",
        "opened = sorted(os.readlink(one).partition(':')[0] for one in places if os.path.exists(one))",
        "_say({'limits': limits, 'environment': sorted(os.environ), 'opened': opened})",
    )
    said = json.loads(forker.ask(["inspect"], 20))
    assert said["limits"] == [1 << 30, 100, 64 << 20, 0]
    assert said["environment"] == ["LC_CTYPE"]
    assert said["opened"] == ["/dev/null", "pipe", "pipe"], "errors, the answer and the sign of life alone"


def test_one_that_takes_too_long_is_stopped_and_what_it_said_counts(program: Path, forker: Forker) -> None:
    does(program, "_say({'me': os.getpid()})", "time.sleep(60)")
    begun = time.monotonic()
    said = forker.ask(["inspect"], 0.3)
    assert said.startswith(b'{"me": ')
    assert time.monotonic() - begun < 30
    child = int(said.split()[1].rstrip(b"}"))
    until(lambda: not Path(f"/proc/{child}").exists(), 60, "the process is gone")


def test_one_that_waits_holds_nobody_up(program: Path, forker: Forker) -> None:
    does(program, "words[0] == 'slow' and time.sleep(60)", "_say({'done': words[0]})")
    with ThreadPoolExecutor(4) as threads:
        slow = threads.submit(forker.ask, ["slow"], 5)
        quick = [threads.submit(forker.ask, ["quick"], 20) for _ in range(3)]
        assert {one.result() for one in quick} == {b'{"done": "quick"}\n'}
        assert not slow.done()
        assert slow.result() == b""


def test_one_that_falls_takes_neither_the_warm_one_nor_the_others_along(
    program: Path, forker: Forker
) -> None:
    does(program, "words[0] == 'fall' and os.kill(os.getpid(), 11)", "_say({'mother': os.getppid()})")
    first = forker.ask(["stand"], 20)
    assert forker.ask(["fall"], 20) == b""
    assert forker.ask(["stand"], 20) == first


def test_a_warm_process_that_was_killed_is_begun_again(program: Path, forker: Forker) -> None:
    does(program, "_say({'mother': os.getppid()})")
    mother = int(forker.ask(["inspect"], 20).split()[1].rstrip(b"}\n"))
    os.kill(mother, signal.SIGKILL)
    until(lambda: not Path(f"/proc/{mother}/exe").exists(), 60, "the warm process is gone")
    assert forker.ask(["inspect"], 20)


def test_a_warm_process_that_hangs_is_stopped_too(
    program: Path, forker: Forker, monkeypatch: pytest.MonkeyPatch
) -> None:
    program.write_text("import time\ntime.sleep(600)\n")
    monkeypatch.setattr(forking, "STARTING_SECONDS", 0.3)
    assert forker.ask(["inspect"], 0.2) == b""
    does(program, "_say({})")
    monkeypatch.undo()
    assert forker.ask(["inspect"], 20) == b"{}\n"


def test_all_end_with_whoever_asks(program: Path, forker: Forker, tmp_path: Path) -> None:
    sign = tmp_path / "begun"
    does(program, "open(words[0], 'w').close()", "time.sleep(60)")
    with ThreadPoolExecutor(1) as threads:
        asked = threads.submit(forker.ask, [str(sign)], 30)
        until(sign.exists, 20, "the limited process is begun")
        forker.stop()
        assert asked.result(timeout=20) == b""
