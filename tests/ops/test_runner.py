"""The supervisor: what falls is started again, what keeps falling brings the whole down, all end together."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

from careward.ops import runner
from careward.ops.runner import NotReady, Part
from support.platform import free_port
from support.waiting import until

FALLS = "exit 3"
STAYS = "exec sleep 60"
STUBBORN = "trap '' TERM\ntouch \"$0.ready\"\nwhile true; do sleep 0.1; done"


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Let every part run a shell script instead of careward; what it was called with is noted beside it."""

    def install(script: str) -> Path:
        place = tmp_path / "program"
        place.write_text(f'#!/bin/sh\necho "$$ $@" >> "$0.calls"\n{script}\n')
        place.chmod(0o755)
        monkeypatch.setattr(runner, "sys", SimpleNamespace(executable=str(place)))
        return place

    return install


@pytest.fixture
def own_signals() -> Iterator[None]:
    """``up`` takes the signals of the whole process."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def _calls(place: Path) -> list[list[str]]:
    log = Path(f"{place}.calls")
    return [line.split() for line in log.read_text().splitlines()] if log.exists() else []


def _fallen(part: Part) -> bool:
    return until(part.has_fallen, 60, "the part to fall")


def test_a_part_is_our_own_command_in_a_session_of_its_own(program: Callable[[str], Path]) -> None:
    place = program(STAYS)
    part = Part("worker")
    assert not part.has_fallen()
    part.start()
    try:
        until(lambda: _calls(place), 60, "the part to start")
        assert part.process is not None
        assert _calls(place) == [[str(part.process.pid), "-m", "careward", "worker"]]
        assert os.getsid(part.process.pid) == part.process.pid
        assert not part.has_fallen()
    finally:
        part.stop()
        part.wait(60)
    assert part.process.returncode == -signal.SIGTERM
    part.stop()
    part.wait(0)


def test_what_falls_is_started_again_until_it_falls_too_often(program: Callable[[str], Path]) -> None:
    place = program(FALLS)
    part = Part("sftp")
    part.start()
    for _ in range(runner.MOST_RESTARTS):
        _fallen(part)
        part.restart()
    _fallen(part)
    with pytest.raises(NotReady, match=f"sftp fell {runner.MOST_RESTARTS + 1} times within a minute"):
        part.restart()
    assert len(_calls(place)) == runner.MOST_RESTARTS + 1


def test_falls_of_more_than_a_minute_ago_are_forgiven(
    program: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    program(FALLS)
    part, now = Part("sftp"), SimpleNamespace(monotonic=lambda: at[0])
    at = [1000.0]
    monkeypatch.setattr(runner, "time", now)
    part.start()
    for _ in range(4 * runner.MOST_RESTARTS):
        _fallen(part)
        at[0] += 60 / runner.MOST_RESTARTS
        part.restart()
    _fallen(part)


def test_what_does_not_end_is_killed(program: Callable[[str], Path]) -> None:
    place = program(STUBBORN)
    part = Part("web")
    part.start()
    until(Path(f"{place}.ready").exists, 60, "the part to be stubborn")
    part.stop()
    part.wait(0.3)
    assert part.process is not None
    assert part.process.returncode == -signal.SIGKILL


def _gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.usefixtures("own_signals")
def test_what_never_gets_well_is_told_and_every_part_ended(
    program: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = program(STAYS)
    monkeypatch.setattr(runner, "READY_WITHIN_SECONDS", 1)
    with pytest.raises(NotReady, match="did not answer 200 within 1 s"):
        runner.up(f"http://127.0.0.1:{free_port()}/healthz", lambda: pytest.fail("nothing is ready"))
    calls = _calls(place)
    assert sorted(call[-1] for call in calls) == ["sftp", "web", "worker"]
    assert all(_gone(int(call[0])) for call in calls)


@pytest.mark.usefixtures("own_signals")
def test_a_part_that_keeps_falling_brings_the_whole_down(program: Callable[[str], Path]) -> None:
    place = program(f'case "$3" in sftp) {FALLS};; *) {STAYS};; esac')
    with pytest.raises(NotReady, match="sftp fell"):
        runner.up(f"http://127.0.0.1:{free_port()}/healthz", lambda: None)
    calls = _calls(place)
    assert sum(call[-1] == "sftp" for call in calls) == runner.MOST_RESTARTS + 1
    assert all(_gone(int(call[0])) for call in calls)


@pytest.fixture
def answering() -> Iterator[Callable[[int], str]]:
    """Addresses of servers that answer with a status."""
    servers: list[HTTPServer] = []

    def serve(status: int) -> str:
        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        servers.append(HTTPServer(("127.0.0.1", 0), Answer))
        threading.Thread(target=servers[-1].serve_forever).start()
        return f"http://127.0.0.1:{servers[-1].server_port}/healthz"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def test_only_200_is_healthy(answering: Callable[[int], str]) -> None:
    assert runner.is_healthy(answering(200))
    for status in (204, 500, 503, 404):
        assert not runner.is_healthy(answering(status)), status
    assert not runner.is_healthy(f"http://127.0.0.1:{free_port()}/healthz")


@pytest.mark.usefixtures("own_signals")
def test_ready_is_said_once_and_a_signal_ends_all(
    program: Callable[[str], Path], answering: Callable[[int], str]
) -> None:
    place = program(STAYS)
    said: list[str] = []

    def ready() -> None:
        until(lambda: len(_calls(place)) == 3, 60, "all parts to have started")
        said.append("ready")
        threading.Timer(0.6, os.kill, (os.getpid(), signal.SIGTERM)).start()

    runner.up(answering(200), ready)
    assert said == ["ready"]
    assert all(_gone(int(call[0])) for call in _calls(place))
