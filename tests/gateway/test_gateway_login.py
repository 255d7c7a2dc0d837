"""Who comes in, with OpenSSH's own clients."""

import socket
import subprocess
import time
from contextlib import ExitStack
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import asyncssh
import pytest

from careward.gateway.admission import plain_address
from careward.gateway.backend import Key, Outcome, Step
from careward.kernel import clock
from gateway.memory_backend import PASSWORD, MemoryBackend, guest
from gateway.running import OpenSsh, Running, policy
from support.waiting import until

DENIED = "Permission denied (publickey,password)."


def test_the_right_password_from_a_listed_address_comes_in(backend: MemoryBackend, client: OpenSsh) -> None:
    code, output = client.sftp("ls -1 /")
    assert code == 0, output
    assert output.split() == [
        "sftp>",
        "ls",
        "-1",
        "/",
        "/README.txt",
        "/inbox",
        "/receipts",
        "/spec",
        "/test",
    ]
    assert backend.outcomes() == [Outcome.SIGNED_IN]
    assert backend.attempts[0].step is Step.PASSWORD


def test_a_wrong_password_is_refused_and_noted(backend: MemoryBackend, client: OpenSsh) -> None:
    client.password = "wrong horse"
    code, output = client.sftp("ls")
    assert (code, DENIED in output) == (255, True)
    assert backend.outcomes() == [Outcome.PASSWORD_WRONG]


def test_an_address_not_listed_is_refused_before_the_password_is_looked_at(
    backend: MemoryBackend, client: OpenSsh, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("careward.gateway.admission._matches", lambda *_: pytest.fail("hashed"))
    client.options["BindAddress"] = "127.0.0.2"
    code, output = client.sftp("ls")
    assert (code, DENIED in output) == (255, True)
    assert [(a.step, a.outcome, a.source) for a in backend.attempts] == [
        (Step.ADDRESS, Outcome.ADDRESS_NOT_LISTED, "127.0.0.2")
    ]


@pytest.mark.parametrize(
    ("changed", "outcome"),
    [
        ({"lanes": ()}, Outcome.WITHOUT_RIGHT),
        ({"open_from": clock.taipei(2026, 1, 5, 9, 0, 1)}, Outcome.NOT_OPEN_YET),
        ({"open_until": clock.taipei(2026, 1, 5, 9)}, Outcome.CLOSED),
    ],
)
def test_an_account_that_is_not_open_is_refused(
    backend: MemoryBackend, client: OpenSsh, changed: dict[str, object], outcome: Outcome
) -> None:
    backend.add(guest(**changed))
    code, output = client.sftp("ls")
    assert (code, DENIED in output) == (255, True)
    assert backend.outcomes() == [outcome]


def test_all_refusals_look_and_last_the_same(backend: MemoryBackend, home: Path, tmp_path: Path) -> None:
    backend.add(guest("shut", lanes=()), guest("keyonly", password_hash=None))
    with Running(backend, home, policy(failure_time=timedelta(seconds=1))) as gateway:
        began, heard, trying = time.monotonic(), set(), {}
        for username in ("h115001", "nobody", "shut", "keyonly"):
            folder = tmp_path / username
            folder.mkdir()
            trying[username] = OpenSsh(gateway, folder, "wrong", username).start("ssh", "-T", "127.0.0.1")
        for username, process in trying.items():
            output, _ = process.communicate(timeout=30)
            assert time.monotonic() - began >= 1
            heard.add(output.replace(username, "…"))
    assert heard == {f"…@127.0.0.1: {DENIED}\n"}


def test_five_failures_lock_the_account_from_that_address_for_fifteen_minutes(
    backend: MemoryBackend, client: OpenSsh
) -> None:
    backend.add(guest(networks=(ip_network("127.0.0.0/24"),)))
    right, began = client.password, clock.taipei(2026, 1, 5, 10)
    with clock.frozen(began):
        client.password = "wrong"
        for _ in range(5):
            client.sftp("ls")
        client.password = right
        assert client.sftp("ls")[0] == 255
        client.options["BindAddress"] = "127.0.0.2"
        assert client.sftp("ls")[0] == 0, "a stranger elsewhere must not lock the institution out"
        client.options["BindAddress"] = "127.0.0.1"
    with clock.frozen(began + timedelta(minutes=14, seconds=59)):
        assert client.sftp("ls")[0] == 255
    with clock.frozen(began + timedelta(minutes=15, seconds=1)):
        assert client.sftp("ls")[0] == 0
    assert backend.outcomes().count(Outcome.LOCKED) == 2


def test_a_source_that_tries_many_accounts_is_locked(
    backend: MemoryBackend, home: Path, tmp_path: Path
) -> None:
    with Running(backend, home, policy(source_failures_before_lock=3)) as gateway:
        for n in range(3):
            OpenSsh(gateway, tmp_path, "x", f"nobody{n}").sftp("ls")
        client = OpenSsh(gateway, tmp_path, "x")
        client.sftp("ls")
    assert backend.outcomes()[-1] is Outcome.LOCKED


async def _guess_at_once(gateway: Running, times: int) -> None:
    import asyncio

    async def one() -> None:
        with pytest.raises(asyncssh.PermissionDenied):
            await asyncssh.connect(
                "127.0.0.1",
                gateway.port,
                known_hosts=None,
                username="h115001",
                password="wrong",
                client_keys=None,
                config=None,
                agent_path=None,
            )

    await asyncio.gather(*(one() for _ in range(times)))


def test_guesses_sent_side_by_side_are_counted_one_by_one(backend: MemoryBackend, gateway: Running) -> None:
    import asyncio

    asyncio.run(_guess_at_once(gateway, 12))
    assert backend.outcomes().count(Outcome.PASSWORD_WRONG) == 5
    assert backend.outcomes().count(Outcome.LOCKED) == 7


def _key(folder: Path, *words: str) -> Path:
    path = folder / "key"
    subprocess.run(["ssh-keygen", "-q", "-N", "", "-f", str(path), *words], check=True)
    return path


@pytest.mark.parametrize("words", [("-t", "ed25519"), ("-t", "ecdsa"), ("-t", "rsa", "-b", "3072")])
def test_a_registered_key_comes_in(backend: MemoryBackend, client: OpenSsh, words: tuple[str, ...]) -> None:
    path = _key(client.folder, *words)
    backend.add(guest(keys=(Key(path.with_suffix(".pub").read_text()),), password_hash=None))
    client.options |= {"IdentityFile": str(path), "PasswordAuthentication": "no"}
    code, output = client.sftp("ls")
    assert code == 0, output
    assert [(a.step, a.outcome) for a in backend.attempts] == [(Step.KEY, Outcome.SIGNED_IN)]


def test_an_rsa_key_does_not_sign_with_sha1(backend: MemoryBackend, client: OpenSsh) -> None:
    path = _key(client.folder, "-t", "rsa", "-b", "3072")
    backend.add(guest(keys=(Key(path.with_suffix(".pub").read_text()),)))
    client.options |= {
        "IdentityFile": str(path),
        "PasswordAuthentication": "no",
        "PubkeyAcceptedAlgorithms": "ssh-rsa",
    }
    assert client.sftp("ls")[0] == 255
    assert Outcome.SIGNED_IN not in backend.outcomes()


def test_a_signature_with_sha1_is_refused_even_when_the_client_insists(
    backend: MemoryBackend, gateway: Running
) -> None:
    import asyncio

    key = asyncssh.generate_private_key("ssh-rsa", key_size=3072)
    backend.add(guest(keys=(Key(key.export_public_key().decode()),)))

    async def sign_in(algorithm: bytes) -> None:
        pair = asyncssh.load_keypairs(key)[0]
        pair.sig_algorithms = [algorithm]
        pair.set_sig_algorithm(algorithm)
        async with asyncssh.connect(
            "127.0.0.1",
            gateway.port,
            known_hosts=None,
            username="h115001",
            client_keys=[pair],
            config=None,
            agent_path=None,
            signature_algs=[algorithm.decode()],
            password_auth=False,
        ) as connection:
            assert connection.get_extra_info("username") == "h115001"

    asyncio.run(sign_in(b"rsa-sha2-256"))
    with pytest.raises(asyncssh.PermissionDenied):
        asyncio.run(sign_in(b"ssh-rsa"))


@pytest.mark.parametrize("words", [("-t", "ed25519"), ("-t", "rsa", "-b", "2048")])
def test_an_unknown_or_weak_key_is_refused_and_noted(
    backend: MemoryBackend, client: OpenSsh, words: tuple[str, ...]
) -> None:
    path = _key(client.folder, *words)
    if "rsa" in words:
        backend.add(guest(keys=(Key(path.with_suffix(".pub").read_text()),)))
    client.options |= {"IdentityFile": str(path), "PasswordAuthentication": "no"}
    assert client.sftp("ls")[0] == 255
    assert backend.outcomes() == [Outcome.KEY_UNKNOWN]


@pytest.mark.parametrize(
    ("program", "arguments", "heard"),
    [
        ("ssh", ["127.0.0.1"], "shell request failed"),
        ("ssh", ["127.0.0.1", "id"], "exec request failed"),
        ("ssh", ["-s", "127.0.0.1", "netconf"], "subsystem request failed"),
        ("ssh", ["-tt", "127.0.0.1"], "PTY allocation request failed"),
        (
            "ssh",
            ["-N", "-o", "ExitOnForwardFailure=yes", "-R", "0:127.0.0.1:9", "127.0.0.1"],
            "forwarding failed",
        ),
        ("ssh", ["-W", "127.0.0.1:9", "127.0.0.1"], "open failed"),
        ("ssh", ["-o", "Tunnel=point-to-point", "-w", "any", "127.0.0.1", "id"], ""),
        ("scp", ["-O", "x", "127.0.0.1:/inbox/x"], "exec request failed"),
    ],
)
def test_nothing_but_sftp_is_offered(
    backend: MemoryBackend, client: OpenSsh, program: str, arguments: list[str], heard: str
) -> None:
    (client.folder / "x").write_text("x")
    code, output = client.run(program, *arguments, seconds=30)
    assert code != 0
    assert heard in output
    assert backend.outcomes() == [Outcome.SIGNED_IN]
    assert not backend.deliveries


def test_a_suspension_ends_the_live_connection(backend: MemoryBackend, client: OpenSsh) -> None:
    with client.start("ssh", "-s", "127.0.0.1", "sftp", stdin=subprocess.PIPE) as process:
        until(lambda: Outcome.SIGNED_IN in backend.outcomes())
        backend.unwelcome.add("id-of-h115001")
        assert process.wait(timeout=20) == 255
        assert process.stdout
        told = process.stdout.read()
        assert "right_ended" in told
        assert "may no longer be used" in told, "OpenSSH prints Chinese as numbers"
    until(lambda: Outcome.RIGHT_ENDED in backend.outcomes())
    assert backend.outcomes() == [Outcome.SIGNED_IN, Outcome.RIGHT_ENDED], (
        "once, for whoever asks what happened"
    )


def test_a_live_connection_ends_at_the_moment_its_right_does_and_not_before(
    backend: MemoryBackend, client: OpenSsh
) -> None:
    ends = clock.taipei(2026, 4, 30) + timedelta(days=1)
    backend.add(guest(open_until=ends))
    with client.start("ssh", "-s", "127.0.0.1", "sftp", stdin=subprocess.PIPE) as process:
        until(lambda: Outcome.SIGNED_IN in backend.outcomes())
        with clock.frozen(ends - timedelta(microseconds=1)):
            assert client.sftp("ls")[0] == 0, "until then others come in, too"
            assert process.poll() is None
        with clock.frozen(ends):
            assert process.wait(timeout=20) == 255
            assert client.sftp("ls")[0] == 255
        assert process.stdout
        assert "right_ended" in process.stdout.read()


def test_an_idle_connection_is_ended(backend: MemoryBackend, home: Path, tmp_path: Path) -> None:
    with Running(backend, home, policy(idle_time=timedelta(milliseconds=300))) as gateway:
        client = OpenSsh(gateway, tmp_path, PASSWORD)
        with client.start("ssh", "-s", "127.0.0.1", "sftp", stdin=subprocess.PIPE) as process:
            assert process.wait(timeout=20) == 255
            assert process.stdout
            assert "idle" in process.stdout.read()


def test_an_account_has_only_so_many_connections(backend: MemoryBackend, home: Path, tmp_path: Path) -> None:
    with Running(backend, home, policy(max_connections_per_account=1)) as gateway:
        client = OpenSsh(gateway, tmp_path, PASSWORD)
        with client.start("sftp", "127.0.0.1", stdin=subprocess.PIPE) as first:
            assert first.stdout
            assert any("Connected to" in line for line in first.stdout), (
                "it has its session, not the account alone"
            )
            code, output = client.sftp("ls")
            assert code == 255
            assert "too_many_sessions" in output
            assert first.stdin
            first.stdin.close()
            first.wait(timeout=20)
    assert Outcome.TOO_MANY_SESSIONS in backend.outcomes()


def test_strangers_that_only_wait_are_no_more_than_their_share(
    backend: MemoryBackend, home: Path, tmp_path: Path
) -> None:
    with Running(backend, home, policy(max_unauthenticated_per_source=3)) as gateway, ExitStack() as leaving:
        for _ in range(3):
            waiting = leaving.enter_context(socket.create_connection(("127.0.0.1", gateway.port)))
            assert waiting.recv(4) == b"SSH-"
        with socket.create_connection(("127.0.0.1", gateway.port)) as fourth:
            assert fourth.recv(4) == b""
        leaving.close()
        until(lambda: OpenSsh(gateway, tmp_path, PASSWORD).sftp("ls")[0] == 0, 60, "who left is not counted")


def test_strangers_that_only_wait_are_gone_after_the_login_time(backend: MemoryBackend, home: Path) -> None:
    limits = policy(max_unauthenticated_per_source=1, login_time=timedelta(milliseconds=200))
    with Running(backend, home, limits) as gateway:
        for _ in range(2):  # the second has the place of the first
            with socket.create_connection(("127.0.0.1", gateway.port), timeout=20) as waiting:
                assert waiting.recv(4) == b"SSH-"
                while waiting.recv(4096):
                    pass


def test_the_gateways_of_one_host_count_strangers_together(backend: MemoryBackend, home: Path) -> None:
    limits = policy(max_unauthenticated_per_source=3)
    with (
        Running(backend, home, limits) as one,
        Running(backend, home, limits) as other,
        ExitStack() as stack,
    ):

        def greeting(gateway: Running) -> bytes:
            visitor = stack.enter_context(socket.create_connection(("127.0.0.1", gateway.port)))
            return visitor.recv(4)

        assert [greeting(one), greeting(other), greeting(one)] == [b"SSH-"] * 3
        assert [greeting(one), greeting(other)] == [b"", b""]


def test_while_the_database_is_away_nobody_comes_in_and_then_all_is_well(
    backend: MemoryBackend, client: OpenSsh
) -> None:
    backend.away = True
    code, output = client.sftp("ls")
    assert code == 255
    assert "ConnectionError" not in output
    backend.away = False
    assert client.sftp("ls")[0] == 0


def test_addresses_are_written_one_way() -> None:
    assert plain_address("::ffff:192.0.2.1") == "192.0.2.1"
    assert plain_address("fe80::1%eth0") == "fe80::1"
    assert plain_address("2001:DB8::1") == "2001:db8::1"


def test_an_ipv6_client_comes_in_from_its_listed_network(
    backend: MemoryBackend, home: Path, tmp_path: Path
) -> None:
    backend.add(guest(networks=(ip_network("::1/128"),)))
    with Running(backend, home, policy(), host="::1") as gateway:
        client = OpenSsh(gateway, tmp_path, PASSWORD)
        client.options["BindAddress"] = "::1"
        batch = tmp_path / "batch"
        batch.write_text("ls\n")
        code, output = client.run("sftp", "-b", str(batch), "[::1]")
    assert code == 0, output
    assert backend.attempts[0].source == "::1"


@pytest.mark.parametrize("by_key", [True, False])
def test_who_comes_in_without_a_trace_does_not_come_in(
    backend: MemoryBackend, client: OpenSsh, monkeypatch: pytest.MonkeyPatch, by_key: bool
) -> None:
    if by_key:
        path = _key(client.folder, "-t", "ed25519")
        backend.add(guest(keys=(Key(path.with_suffix(".pub").read_text()),)))
        client.options |= {"IdentityFile": str(path), "PasswordAuthentication": "no"}

    def full(_: object) -> None:
        raise OSError("the disk of the log is full")

    monkeypatch.setattr(backend, "attempt", full)
    code, output = client.sftp("ls")
    assert code == 255
    assert "disk of the log" not in output
