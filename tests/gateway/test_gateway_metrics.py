"""The figures of a gateway, fetched as Prometheus fetches them."""

import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from careward.gateway import metrics
from gateway.running import OpenSsh
from support.platform import free_port
from support.waiting import until

Figures = Callable[..., float]


@pytest.fixture(scope="module")
def port() -> int:
    return metrics.serve(free_port())


@pytest.fixture
def figure(port: int) -> Figures:
    """What one figure says now; 0 while nothing was counted."""

    def ask(name: str, **labels: str) -> float:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=60) as answer:
            assert answer.headers["Content-Type"].startswith("text/plain")
            families = list(text_string_to_metric_families(answer.read().decode()))
        found = [s.value for f in families for s in f.samples if s.name == name and s.labels == labels]
        return sum(found)

    return ask


def test_every_connection_file_and_byte_is_counted(client: OpenSsh, figure: Figures, tmp_path: Path) -> None:
    file = tmp_path / "staff-11501.csv"
    file.write_bytes(b"x" * 4096)
    names: dict[str, dict[str, str]] = {
        "signed_in": {"step": "password", "outcome": "signed_in"},
        "password_wrong": {"step": "password", "outcome": "password_wrong"},
        "received": {"step": "file", "outcome": "received"},
    }
    before = {name: figure("careward_sftp_attempts_total", **labels) for name, labels in names.items()}
    bytes_in, kept = (
        figure("careward_sftp_bytes_total", direction="in"),
        figure("careward_sftp_receiving_seconds_count"),
    )
    ended = figure("careward_sftp_sessions_total")
    right, client.password = client.password, "wrong horse"
    client.sftp("ls")
    client.password = right
    code, said = client.sftp(f"put {file} /inbox/staff-11501.csv")
    assert code == 0, said
    until(lambda: figure("careward_sftp_sessions_total") == ended + 1, 60, "the session is counted")

    def since() -> dict[str, float]:
        return {
            name: figure("careward_sftp_attempts_total", **labels) - before[name]
            for name, labels in names.items()
        }

    until(lambda: since() == dict.fromkeys(names, 1), 60, "each attempt is counted once it is kept")
    assert figure("careward_sftp_bytes_total", direction="in") == bytes_in + 4096
    assert figure("careward_sftp_receiving_seconds_count") == kept + 1
    until(lambda: figure("careward_sftp_connections") == 0, 60, "nobody is connected any more")


def test_the_figures_are_given_to_this_machine_alone(port: int) -> None:
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    bound = {
        fields[1].split(":")[0]
        for fields in lines
        if fields[3] == "0A" and int(fields[1].split(":")[1], 16) == port
    }
    assert bound == {"0100007F"}


def test_a_second_gateway_of_the_machine_takes_the_next_port(port: int) -> None:
    assert metrics.serve(port) > port
