"""Other people's clients as they are: paramiko, lftp, curl, OpenSSH with 2 GB; ssh-audit."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import paramiko
import pytest

from careward.gateway.backend import Guest, Key, Lane
from careward.store.objects import Arriving, FolderStore
from gateway.memory_backend import PASSWORD, MemoryBackend, guest
from gateway.running import MB, OpenSsh, Running, policy

CHINESE = "工作人員 115年1月（更正）.csv"


def needed(program: str) -> str:
    """Path of a program, or a skip that says what to install."""
    found = shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found is None:
        pytest.skip(f"*** {program} is not installed: `make programs` does it where it may ***")
    return found


def key(folder: Path, kind: str = "ed25519", *words: str) -> Path:
    path = folder / f"key-{kind}"
    subprocess.run(["ssh-keygen", "-q", "-t", kind, *words, "-N", "", "-f", str(path)], check=True)
    return path


def register(backend: MemoryBackend, *paths: Path) -> None:
    lines = [path.with_suffix(".pub").read_text() for path in paths]
    backend.add(guest(keys=tuple(Key(line) for line in lines)))


@pytest.fixture
def paramikos(gateway: Running) -> Iterator[paramiko.Transport]:
    transport = paramiko.Transport(("127.0.0.1", gateway.port))
    yield transport
    transport.close()


def exchange(transport: paramiko.Transport, folder: Path) -> None:
    sftp = paramiko.SFTPClient.from_transport(transport)
    assert sftp is not None
    source = folder / "source"
    source.write_bytes(os.urandom(100_001))
    sftp.put(str(source), f"/inbox/{CHINESE}")
    with sftp.open("/inbox/b.csv.part", "w") as file:
        file.write(b"1,2\n")
    sftp.posix_rename("/inbox/b.csv.part", "/inbox/b.csv")
    assert set(sftp.listdir("/inbox")) == {CHINESE, "b.csv"}
    with sftp.open("/README.txt") as file:
        assert "住宿機構".encode() in file.read()


def test_paramiko_with_a_password(
    backend: MemoryBackend, paramikos: paramiko.Transport, tmp_path: Path
) -> None:
    paramikos.connect(username="h115001", password=PASSWORD)
    exchange(paramikos, tmp_path)
    assert [d.name for d in backend.deliveries] == [CHINESE, "b.csv"]
    assert backend.deliveries[0].content == (tmp_path / "source").read_bytes()


@pytest.mark.parametrize(("kind", "words"), [("ed25519", ()), ("ecdsa", ()), ("rsa", ("-b", "3072"))])
def test_paramiko_with_a_key(
    backend: MemoryBackend,
    paramikos: paramiko.Transport,
    tmp_path: Path,
    kind: str,
    words: tuple[str, ...],
) -> None:
    path = key(tmp_path, kind, *words)
    register(backend, path)
    paramikos.connect(username="h115001", pkey=paramiko.PKey.from_path(path))
    exchange(paramikos, tmp_path)
    assert len(backend.deliveries) == 2


def test_paramiko_sees_the_host_keys_that_are_published(gateway: Running) -> None:
    from careward.gateway import keys

    published = {line.split()[1] for line in keys.public_keys(gateway.home)}
    for kind in ("ssh-ed25519", "rsa-sha2-512"):
        transport = paramiko.Transport(("127.0.0.1", gateway.port))
        transport.get_security_options().key_types = (kind,)
        transport.start_client(timeout=20)
        assert transport.get_remote_server_key().get_base64() in published
        transport.close()


@pytest.mark.parametrize("by_key", [False, True])
def test_lftp_mirrors_a_folder_with_chinese_names(
    backend: MemoryBackend, client: OpenSsh, by_key: bool
) -> None:
    needed("lftp")
    if by_key:
        path = key(client.folder)
        register(backend, path)
        client.options = {"IdentityFile": str(path), "PreferredAuthentications": "publickey"}
    source = client.folder / "source"
    source.mkdir()
    (source / CHINESE).write_bytes(b"1,2\n")
    (source / "b.csv").write_bytes(os.urandom(99_999))
    ssh = " ".join(client.words("ssh", "-a", "-x"))
    script = f'set sftp:connect-program "{ssh}"; set net:max-retries 1; set sftp:charset utf-8; '
    script += f"open sftp://h115001:x@127.0.0.1; mirror -R --no-perms {source} /inbox; bye"
    done = subprocess.run(
        ["lftp", "-c", script],
        env=client.environment(), cwd=client.folder, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert {d.name: d.content for d in backend.deliveries} == {
        name: (source / name).read_bytes() for name in (CHINESE, "b.csv")
    }


def _libssh2(curl: str) -> tuple[int, int]:
    said = subprocess.run([curl, "--version"], capture_output=True, text=True, check=True).stdout
    found = [word for word in said.split() if word.startswith("libssh2/")]
    if not found:
        pytest.skip("*** curl is built without libssh2 ***")
    major, minor, *_ = found[0].partition("/")[2].split(".")
    return int(major), int(minor)


def test_curl_uploads_with_a_new_libssh2_and_is_refused_with_an_old_one(
    backend: MemoryBackend, gateway: Running, tmp_path: Path
) -> None:
    """libssh2 knows ETM MACs and AES-GCM since 1.11; Debian 12 has 1.10 and can not agree with us."""
    curl = needed("curl")
    version = _libssh2(curl)
    (tmp_path / "a.csv").write_bytes(b"1,2\n")
    words = [curl, "--silent", "--insecure", "--user", f"h115001:{PASSWORD}", "--upload-file", "a.csv"]
    done = subprocess.run(
        [*words, f"sftp://127.0.0.1:{gateway.port}/inbox/a.csv"],
        cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    if version >= (1, 11):
        assert (done.returncode, [d.content for d in backend.deliveries]) == (0, [b"1,2\n"])
    else:
        assert (done.returncode, backend.attempts) == (2, [])


def test_ssh_audit_finds_nothing_but_key_exchange_for_older_clients(gateway: Running) -> None:
    """Source: security-baseline.md 13, 56 and 68."""
    words = [sys.executable, "-m", "ssh_audit.ssh_audit", "--json", "--skip-rate-test"]
    done = subprocess.run(
        [*words, f"127.0.0.1:{gateway.port}"], capture_output=True, text=True, timeout=120, check=False
    )
    found = json.loads(done.stdout)
    told = [
        (kind, one["algorithm"], severity, note)
        for kind in ("kex", "key", "enc", "mac")
        for one in found[kind]
        for severity in ("fail", "warn")
        for note in one["notes"].get(severity, ())
    ]
    assert found["kex"]
    assert found["key"]
    assert [one for one in told if not (one[0] == "kex" and "post-quantum" in one[3])] == []
    assert found["cves"] == []


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_file_of_two_gigabytes_arrives_whole(backend: MemoryBackend, home: Path, tmp_path: Path) -> None:
    size = 2 * 1024 * MB + 12_345
    if shutil.disk_usage(tmp_path).free < 12 * 1024 * MB:
        pytest.skip("*** less than 12 GB free: the 2 GB upload is SKIPPED ***")
    block, digest = os.urandom(MB), hashlib.sha256()
    with (tmp_path / "large").open("wb") as file:
        while (left := size - file.tell()) > 0:
            file.write(block[:left])
            digest.update(block[:left])
    store, taken = FolderStore(tmp_path / "objects"), []

    class OnDisk(MemoryBackend):
        def begin(self) -> Arriving:
            return store.begin("large")

        def receive(self, guest: Guest, lane: Lane, name: str, arrived: Arriving, **_: object) -> str:
            taken.append(arrived.finish())
            return "T1"

    on_disk = OnDisk(guests=backend.guests)
    wide = policy(max_file_bytes=size, max_bytes_a_day=2 * size)
    Path("/proc/self/clear_refs").write_text("5")  # the highest mark of memory begins anew
    before = _highest_memory()
    with Running(on_disk, home, wide) as gateway:
        code, output = OpenSsh(gateway, tmp_path, PASSWORD).sftp("put large /inbox/large.csv", seconds=800)
    (tmp_path / "large").unlink()
    assert code == 0, output
    assert [(one.size, one.sha256) for one in taken] == [(size, digest.hexdigest())]
    assert _highest_memory() - before < 64 * MB


def _highest_memory() -> int:
    """Bytes this process held at most since its mark was set anew."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024
