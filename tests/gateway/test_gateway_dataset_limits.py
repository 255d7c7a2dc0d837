"""A file is no larger than its dataset allows: whose it is its name says, and the sender hears it while sending."""

from pathlib import Path

import paramiko
import pytest

from careward.gateway.backend import Largest, Outcome
from careward.gateway.django_backend import DjangoBackend
from careward.rulebook import current
from gateway.memory_backend import PASSWORD, MemoryBackend, guest
from gateway.running import MB, OpenSsh, Running

SAID = "檔名說這是「月報」，這個資料集一份檔案最多 2 MB.*too_large_for_dataset"


@pytest.fixture(autouse=True)
def limit(backend: MemoryBackend) -> None:
    backend.largest_files["m-11501.csv"] = Largest("月報", 2 * MB)


def refused(backend: MemoryBackend) -> list[str]:
    return [a.detail for a in backend.attempts if a.outcome is Outcome.FILE_REFUSED]


def sized(folder: Path, size: int) -> None:
    (folder / "m-11501.csv").write_bytes(b"x" * size)


def test_openssh_fails_at_the_write_that_passes_the_limit_and_the_connection_check_says_why(
    backend: MemoryBackend, client: OpenSsh, gateway: Running
) -> None:
    """OpenSSH shows no server's words, only "Failure": the reason stands in 連線自我檢測."""
    sized(client.folder, 20 * MB)
    code, output = client.sftp("put m-11501.csv /inbox/")
    assert code == 1
    assert 'write remote "/inbox/m-11501.csv": Failure' in output
    assert backend.deliveries == []
    assert gateway.staged() == []
    assert refused(backend) == ["too_large_for_dataset"]


def test_a_file_of_just_the_limit_and_a_larger_one_of_another_name_are_received(
    backend: MemoryBackend, client: OpenSsh
) -> None:
    sized(client.folder, 2 * MB)
    (client.folder / "other.csv").write_bytes(b"x" * (3 * MB))
    code, output = client.sftp("put m-11501.csv /inbox/", "put other.csv /inbox/")
    assert code == 0, output
    assert [len(d.content) for d in backend.deliveries] == [2 * MB, 3 * MB]


def test_paramiko_hears_it_too_before_all_is_sent(backend: MemoryBackend, gateway: Running) -> None:
    with paramiko.Transport(("127.0.0.1", gateway.port)) as transport:
        transport.connect(username="h115001", password=PASSWORD)
        sftp = paramiko.SFTPClient.from_transport(transport)
        assert sftp is not None
        file = sftp.open("/inbox/m-11501.csv", "w")
        file.write(b"x" * (2 * MB))
        with pytest.raises(OSError, match=SAID):
            file.write(b"x")
        file.close()  # paramiko tells nobody of a close that fails
    assert backend.deliveries == []
    assert refused(backend) == ["too_large_for_dataset"]


def test_a_part_file_counts_as_what_it_will_be_called(backend: MemoryBackend, client: OpenSsh) -> None:
    sized(client.folder, 3 * MB)
    assert client.sftp("put m-11501.csv /inbox/m-11501.csv.part")[0] == 1
    assert client.sftp("rename /inbox/m-11501.csv.part /inbox/m-11501.csv")[0] == 0
    assert [len(d.content) <= 2 * MB for d in backend.deliveries] == [True]


def test_a_part_file_of_another_name_is_refused_at_its_rename_and_may_be_called_otherwise(
    backend: MemoryBackend, client: OpenSsh
) -> None:
    sized(client.folder, 3 * MB)
    code, output = client.sftp("put m-11501.csv /inbox/a.part", "rename /inbox/a.part /inbox/m-11501.csv")
    assert code == 1, output
    assert backend.deliveries == []
    assert refused(backend) == ["too_large_for_dataset"]
    assert client.sftp("rename /inbox/a.part /inbox/other.csv")[0] == 0
    assert [d.name for d in backend.deliveries] == ["other.csv"]


def test_the_limits_are_those_of_the_version_the_account_follows() -> None:
    """Source: rules/interchange; every dataset of every version, and names that tell none."""
    for version, spec in current().interchanges.items():
        sender = guest(specification=version)
        for dataset in spec.datasets.values():
            told = DjangoBackend().largest(sender, f"{dataset.id.upper()}-11501.csv")
            assert told == Largest(dataset.title, spec.most_bytes(dataset))
        for name in ("a.csv", "unknown-11501.csv", f"{dataset.id}-11501.zip"):
            assert DjangoBackend().largest(sender, name) is None
