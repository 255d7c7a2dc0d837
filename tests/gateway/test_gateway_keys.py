import subprocess
from pathlib import Path

import asyncssh
import pytest

from careward.gateway import keys
from careward.gateway.health import probe
from careward.vendors.keys import is_strong
from gateway.memory_backend import PASSWORD, MemoryBackend
from gateway.running import OpenSsh, Running, policy


def test_host_keys_are_made_once_and_only_for_their_owner(tmp_path: Path) -> None:
    first = [pair.public_data for pair in keys.host_keys(tmp_path)]
    assert [pair.public_data for pair in keys.host_keys(tmp_path)] == first
    place = keys.folder(tmp_path)
    assert place.stat().st_mode & 0o777 == 0o700
    private = [f for f in place.iterdir() if f.name.endswith("_key")]
    assert len(private) == 2
    assert all(f.stat().st_mode & 0o777 == 0o600 for f in private)


def test_fingerprints_are_those_openssh_shows(host_key_home: Path) -> None:
    shown = []
    for name in ("ssh_host_ed25519_key", "ssh_host_rsa_key"):
        words = ["ssh-keygen", "-l", "-f", str(keys.folder(host_key_home) / f"{name}.pub")]
        listed = subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()
        shown.append(f"{listed[-1].strip('()')} {listed[1]}")
    assert keys.fingerprints(host_key_home) == shown
    assert shown[0].startswith("ED25519 SHA256:")


@pytest.mark.parametrize(
    ("key", "strong"),
    [
        (asyncssh.generate_private_key("ssh-ed25519"), True),
        (asyncssh.generate_private_key("ecdsa-sha2-nistp256"), True),
        (asyncssh.generate_private_key("ssh-rsa", key_size=2048), False),
        (asyncssh.generate_private_key("ssh-ed448"), False),
    ],
)
def test_only_strong_keys_of_institutions_are_taken(key: asyncssh.SSHKey, strong: bool) -> None:
    assert is_strong(key.convert_to_public()) is strong


@pytest.mark.parametrize(
    "offer",
    [
        "KexAlgorithms=diffie-hellman-group14-sha256",
        "KexAlgorithms=ecdh-sha2-nistp256",
        "Ciphers=chacha20-poly1305@openssh.com",
        "Ciphers=aes128-cbc",
        "HostKeyAlgorithms=ssh-rsa",
        "HostKeyAlgorithms=rsa-sha2-256",
        "HostKeyAlgorithms=ecdsa-sha2-nistp256",
    ],
)
def test_what_is_not_in_the_baseline_is_not_negotiated(gateway: Running, offer: str) -> None:
    assert "no matching" in _negotiation(gateway, offer)


@pytest.mark.parametrize("mac", ["hmac-sha1-etm@openssh.com", "hmac-sha2-256", "umac-128-etm@openssh.com"])
def test_macs_are_etm_sha2_only(gateway: Running, mac: str) -> None:
    assert "no matching MAC" in _negotiation(gateway, f"MACs={mac}", "-o", "Ciphers=aes256-ctr")


def test_strict_key_exchange_and_the_named_algorithms_are_used(gateway: Running) -> None:
    heard = _negotiation(gateway, "HostKeyAlgorithms=rsa-sha2-512")
    assert "kex-strict-s-v00@openssh.com" in heard
    assert "host key algorithm: rsa-sha2-512" in heard
    assert "mlkem768x25519-sha256,curve25519-sha256" in heard
    assert "compression: none" in heard


def _negotiation(gateway: Running, offer: str, *more: str) -> str:
    words = ["ssh", "-vv", "-F", "none", "-p", str(gateway.port), "-o", "BatchMode=yes", "-o", offer, *more]
    words += ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "x@127.0.0.1"]
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=30).stderr


def test_the_probe_hears_a_gateway_and_nothing_else(gateway: Running) -> None:
    assert probe("127.0.0.1", gateway.port)
    gateway.stop()
    gateway._thread.join(10)
    assert not probe("127.0.0.1", gateway.port, seconds=0.5)


def test_next_host_keys_are_announced_before_they_are_used_so_that_clients_learn_them(
    backend: MemoryBackend, home: Path, tmp_path: Path
) -> None:
    """OpenSSH writes announced keys into known_hosts once it has seen them proved."""
    keys.prepare_rotation(home)
    published = keys.public_keys(home)
    coming = {line.read_text().split()[1] for line in keys.folder(home).glob("*.next.pub")}
    with Running(backend, home, policy()) as gateway:
        client = OpenSsh(
            gateway, tmp_path, PASSWORD, options={"UpdateHostKeys": "yes", "HashKnownHosts": "no"}
        )
        assert client.sftp("ls")[0] == 0
        known = {line.split()[2] for line in (tmp_path / "known_hosts").read_text().splitlines()}
    assert coming
    assert known == coming | {line.split()[1] for line in published}
    keys.switch_rotation(home)
    assert {line.split()[1] for line in keys.public_keys(home)} == coming
    with Running(backend, home, policy()) as gateway:
        hosts = "".join(f"[127.0.0.1]:{gateway.port} ssh-ed25519 {key}\n" for key in known if len(key) < 100)
        learnt = tmp_path / "learnt"
        learnt.write_text(hosts)
        client = OpenSsh(gateway, tmp_path, PASSWORD, options={"UserKnownHostsFile": str(learnt)})
        assert client.sftp("ls")[0] == 0


def test_a_rotation_is_not_switched_before_it_is_prepared_and_prepared_once(home: Path) -> None:
    with pytest.raises(keys.NothingPrepared):
        keys.switch_rotation(home)
    keys.prepare_rotation(home)
    first = {path.name: path.read_bytes() for path in keys.folder(home).glob("*.next")}
    keys.prepare_rotation(home)
    assert first == {path.name: path.read_bytes() for path in keys.folder(home).glob("*.next")}
    assert {path.stat().st_mode & 0o777 for path in keys.folder(home).glob("*.next")} == {0o600}
