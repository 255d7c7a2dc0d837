"""How pages are served: connections that say nothing keep nobody waiting."""

import os
import resource
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from careward.ops import serving
from careward.ops.runner import is_healthy
from support.platform import free_port
from support.waiting import until

IDLE = 400
PATIENCE = 30
"""Seconds; a connection that says nothing is kept for twice as long."""
WHOLE = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
PLAIN = """
def application(environ, start_response):
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]
"""


@pytest.fixture
def own_limit() -> Iterator[None]:
    """Open files are limited for the whole process."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.fixture
def port(tmp_path: Path, own_limit: None) -> Iterator[int]:
    """A page that needs nothing, served as ours are."""
    (tmp_path / "plain.py").write_text(PLAIN)
    port = free_port()
    environment = {**os.environ, "GRANIAN_HTTP1_HEADER_READ_TIMEOUT": f"{2 * PATIENCE}000"}
    words = serving.command("127.0.0.1", port, "plain:application")
    with subprocess.Popen(words, cwd=tmp_path, env=environment) as process:
        try:
            until(lambda: is_healthy(f"http://127.0.0.1:{port}/"), 30, "the page")
            yield port
        finally:
            process.terminate()


def _ask(port: int, words: bytes) -> socket.socket:
    opened = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    opened.sendall(words)
    return opened


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(WHOLE.removesuffix(b"\r\n"), id="never finish what they ask"),
        pytest.param(WHOLE, id="were answered and stay open"),
    ],
)
def test_four_hundred_connections_that_say_nothing_keep_nobody_waiting(port: int, words: bytes) -> None:
    with ExitStack() as opened:
        for _ in range(IDLE):
            opened.enter_context(_ask(port, words))
        visitor = opened.enter_context(_ask(port, WHOLE))
        assert visitor.recv(12) == b"HTTP/1.1 200"


@pytest.mark.parametrize(
    ("files", "taken"),
    [(1_000_000, serving.CONNECTIONS), (1024, 1024 - serving.OWN_FILES), (serving.OWN_FILES, 1), (3, 1)],
)
def test_a_worker_takes_no_more_connections_than_it_may_open_files(files: int, taken: int) -> None:
    assert serving.connections(files) == taken


@pytest.mark.usefixtures("own_limit")
def test_as_many_files_are_allowed_as_the_machine_permits() -> None:
    wanted = serving.CONNECTIONS + serving.OWN_FILES
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    permitted = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (512, most))
    assert serving.open_files() == permitted
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == (permitted, most)
