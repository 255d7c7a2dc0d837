"""When bytes become a delivery, with OpenSSH's own clients."""

import hashlib
import io
import logging
import os
import re
import signal
import subprocess
import threading
from pathlib import Path

import pytest

from careward.gateway.backend import Outcome
from careward.kernel.texts import text
from gateway.memory_backend import PASSWORD, MemoryBackend, guest
from gateway.running import MB, OpenSsh, Running, policy
from support.waiting import until


def test_an_upload_that_was_closed_well_is_a_delivery(
    backend: MemoryBackend, client: OpenSsh, gateway: Running
) -> None:
    content = os.urandom(3 * MB + 17)
    (client.folder / "staff_11501.csv").write_bytes(content)
    code, output = client.sftp("put staff_11501.csv /inbox/", "ls -l /inbox")
    assert code == 0, output
    [delivery] = backend.deliveries
    assert (delivery.lane, delivery.name, delivery.content) == ("live", "staff_11501.csv", content)
    assert delivery.sha256 == hashlib.sha256(content).hexdigest()
    assert f"{len(content)} Jan  5  2026 staff_11501.csv" in output
    until(lambda: backend.outcomes() == [Outcome.SIGNED_IN, Outcome.RECEIVED])
    assert gateway.staged() == []


def test_a_chinese_name_and_the_test_folder_work(backend: MemoryBackend, client: OpenSsh) -> None:
    (client.folder / "a").write_bytes(b"x")
    code, output = client.sftp('put a "/test/inbox/工作人員 115年1月.csv"', "ls -1 /test/inbox")
    assert code == 0, output
    assert [(d.lane, d.name) for d in backend.deliveries] == [("test", "工作人員 115年1月.csv")]
    assert "工作人員 115年1月.csv" in output


def test_an_empty_file_is_a_delivery_too(backend: MemoryBackend, client: OpenSsh) -> None:
    (client.folder / "empty.csv").touch()
    assert client.sftp("put empty.csv /inbox/")[0] == 0
    assert [d.content for d in backend.deliveries] == [b""]


def test_put_p_and_scp_s_exit_0(backend: MemoryBackend, client: OpenSsh) -> None:
    (client.folder / "a.csv").write_bytes(b"1")
    assert client.sftp("put -p a.csv /inbox/", "chmod 600 /inbox/a.csv")[0] == 0
    code, output = client.run("scp", "-s", "-p", "a.csv", "127.0.0.1:/inbox/b.csv")
    assert code == 0, output
    assert client.run("scp", "-s", "a.csv", "127.0.0.1:/inbox/")[0] == 0
    assert [d.name for d in backend.deliveries] == ["a.csv", "b.csv", "a.csv"]


def test_of_a_long_receipt_no_more_is_held_than_was_asked_for(
    backend: MemoryBackend, client: OpenSsh, monkeypatch: pytest.MonkeyPatch
) -> None:
    content, asked = os.urandom(3 * MB), []

    class Long(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            asked.append(size or 0)
            return super().read(size)

    backend.receipt_files["live", "T1.txt"] = content
    monkeypatch.setattr(MemoryBackend, "receipt", lambda *_: Long(content))
    assert client.sftp("get /receipts/T1.txt")[0] == 0
    assert (client.folder / "T1.txt").read_bytes() == content
    assert 0 < min(asked) <= max(asked) <= MB // 4


def test_receipts_readme_and_specification_are_read(backend: MemoryBackend, client: OpenSsh) -> None:
    backend.receipt_files["live", "T1.txt"] = "已收件\n".encode()
    code, output = client.sftp(
        "get /receipts/T1.txt", "get /README.txt", "get -r /spec", "ls -l /receipts", "ls /spec/1.0"
    )
    assert code == 0, output
    assert (client.folder / "T1.txt").read_text() == "已收件\n"
    assert (client.folder / "README.txt").read_text() == text("gateway:readme")
    assert (client.folder / "spec/1.0/samples/staff.csv").read_bytes() == b"a,b\n"
    assert "10 Jan  5  2026 T1.txt" in output


REFUSED = (
    "get /inbox/a.csv",
    "put a.csv /receipts/a.csv",
    "put a.csv /spec/a.csv",
    "put a.csv /README.txt",
    "put a.csv /a.csv",
    "put a.csv /etc/passwd",
    "put a.csv /inbox/../../tmp/a.csv",
    "get /etc/passwd",
    "get ../../../etc/passwd",
    "mkdir /inbox/sub",
    "rmdir /inbox",
    "rm /inbox/a.csv",
    "rm /receipts/T1.txt",
    "rename /inbox/a.csv /inbox/b.csv",
    "ln -s /etc/passwd /inbox/l",
    "ln /inbox/a.csv /inbox/l",
    "chown 0 /inbox/a.csv",
    "chmod 777 /receipts/T1.txt",
    "df /",
    "cd /nowhere",
    "ls /nowhere",
)


def test_everything_else_is_refused(backend: MemoryBackend, client: OpenSsh) -> None:
    backend.receipt_files["live", "T1.txt"] = b"x"
    (client.folder / "a.csv").write_bytes(b"1")
    # "-" lets the batch go on after a failure
    code, output = client.sftp("put a.csv /inbox/", *(f"-{command}" for command in REFUSED))
    assert code == 0, output
    heard = dict.fromkeys(REFUSED, "")
    for part in output.split("sftp> ")[1:]:
        command, _, answer = part.partition("\n")
        heard[command.removeprefix("-")] = answer
    complaint = re.compile("denied|Failure|No such|not found|support|annot|Can't|rror")
    assert [command for command in REFUSED if not complaint.search(heard[command])] == []
    assert [d.name for d in backend.deliveries] == ["a.csv"]


def test_who_only_tests_sees_only_the_test_folder(backend: MemoryBackend, client: OpenSsh) -> None:
    backend.add(guest(lanes=("test",)))
    (client.folder / "a.csv").write_bytes(b"1")
    code, output = client.sftp("ls -1 /", "put a.csv /test/inbox/", "put a.csv /inbox/")
    assert code == 1
    assert "/inbox\n" not in output.replace("/test/inbox", "")
    assert [d.lane for d in backend.deliveries] == ["test"]


def test_a_client_killed_in_mid_upload_delivers_nothing(
    backend: MemoryBackend, client: OpenSsh, gateway: Running
) -> None:
    (client.folder / "big.csv").write_bytes(os.urandom(20 * MB))
    with client.start("sftp", "-l", "8000", "127.0.0.1", stdin=subprocess.PIPE) as process:
        assert process.stdin
        process.stdin.write("put big.csv /inbox/\n")
        process.stdin.flush()
        until(lambda: backend.coming() > 0)
        process.kill()
    until(lambda: backend.coming() == 0)
    until(lambda: Outcome.FILE_CUT in backend.outcomes())
    assert backend.deliveries == []


def test_a_file_past_the_limit_is_refused_at_the_limit(
    backend: MemoryBackend, client: OpenSsh, gateway: Running
) -> None:
    with (client.folder / "big.csv").open("wb") as big:
        big.truncate(100 * MB)
    code, output = client.sftp("put big.csv /inbox/")
    assert code == 1, output
    assert backend.deliveries == []
    assert gateway.staged() == []
    assert [(a.outcome, a.detail) for a in backend.attempts[1:]] == [(Outcome.FILE_REFUSED, "too_large")]


def test_a_part_file_is_a_delivery_only_after_its_rename(
    backend: MemoryBackend, client: OpenSsh, gateway: Running
) -> None:
    (client.folder / "a").write_bytes(b"1,2\n")
    code, output = client.sftp("put a /inbox/s.csv.part", "ls -1 /inbox")
    assert code == 0
    assert "/inbox/s.csv.part" in output
    assert backend.deliveries == []
    code, output = client.sftp("rename /inbox/s.csv.part /inbox/s.csv", "ls -1 /inbox")
    assert code == 0, output
    assert [(d.name, d.content) for d in backend.deliveries] == [("s.csv", b"1,2\n")]
    assert ".part" not in output.split("ls -1 /inbox")[1]
    assert gateway.staged() == []


def test_a_cut_part_file_is_kept_and_resumed(
    backend: MemoryBackend, client: OpenSsh, gateway: Running
) -> None:
    content = os.urandom(6 * MB)
    (client.folder / "a").write_bytes(content)
    with client.start("sftp", "-l", "8000", "127.0.0.1", stdin=subprocess.PIPE) as process:
        assert process.stdin
        process.stdin.write("put a /inbox/s.csv.filepart\n")
        process.stdin.flush()
        until(lambda: sum(f.stat().st_size for f in gateway.staged()) > MB)
        process.kill()
    code, output = client.sftp("reput a /inbox/s.csv.filepart", "rename /inbox/s.csv.filepart /inbox/s.csv")
    assert code == 0, output
    assert [d.content == content for d in backend.deliveries] == [True]


def test_an_own_unfinished_file_can_be_deleted(client: OpenSsh, gateway: Running) -> None:
    (client.folder / "a").write_bytes(b"1")
    code, output = client.sftp("put a /inbox/s.part", "rm /inbox/s.part", "ls -1 /inbox")
    assert code == 0, output
    assert gateway.staged() == []


def test_a_file_that_ends_with_a_full_write_after_others_is_held_until_it_comes_whole(
    backend: MemoryBackend, client: OpenSsh
) -> None:
    cut, client.write_size = os.urandom(3 * MB), 32 * 1024
    (client.folder / "a").write_bytes(cut)
    assert client.sftp("put a /inbox/s.csv")[0] == 0
    (client.folder / "a").write_bytes(cut + b"the end")
    code, output = client.sftp("reput a /inbox/s.csv")
    assert code == 0, output
    assert [(d.held, len(d.content)) for d in backend.deliveries] == [(True, 3 * MB), (False, 3 * MB + 7)]
    told = [Outcome.FILE_HELD, Outcome.RECEIVED]
    until(lambda: [o for o in backend.outcomes() if o is not Outcome.SIGNED_IN] == told)


def test_a_held_file_is_released_by_a_new_name_and_by_nothing_less(
    backend: MemoryBackend, client: OpenSsh
) -> None:
    client.write_size = 32 * 1024
    (client.folder / "a").write_bytes(os.urandom(2 * MB))
    (client.folder / "b").write_bytes(b"whole")
    assert client.sftp("put a /inbox/s.csv.uploading", "put b /inbox/b.csv")[0] == 0
    assert client.sftp("rename /inbox/s.csv.uploading /inbox/s.part")[0] == 1
    assert client.sftp("rename /inbox/b.csv /inbox/c.csv")[0] == 1
    assert client.sftp("rm /inbox/s.csv.uploading")[0] == 1
    code, output = client.sftp("rename /inbox/s.csv.uploading /inbox/s.csv", "ls -1 /inbox")
    assert code == 0, output
    assert [(d.name, d.held) for d in backend.deliveries] == [("s.csv", False), ("b.csv", False)]


def test_an_upload_that_a_person_interrupts_is_held_although_the_client_closed_it_well(
    backend: MemoryBackend, client: OpenSsh, gateway: Running
) -> None:
    """OpenSSH's sftp closes in good order at Ctrl-C."""
    (client.folder / "a").write_bytes(os.urandom(4 * MB + 5))
    with client.start("sftp", "-l", "16000", "127.0.0.1", stdin=subprocess.PIPE) as process:
        assert process.stdin
        process.stdin.write("put a /inbox/s.csv\n")
        process.stdin.flush()
        until(lambda: backend.coming() >= MB)
        process.send_signal(signal.SIGINT)
        until(lambda: backend.deliveries)
        process.kill()
    assert [d.held for d in backend.deliveries] == [True]
    assert len(backend.deliveries[0].content) < 4 * MB


def test_a_days_worth_of_files_or_bytes_is_the_end_for_the_day(
    backend: MemoryBackend, home: Path, tmp_path: Path
) -> None:
    (tmp_path / "a").write_bytes(os.urandom(MB))
    for limits, code in (({"max_files_a_day": 2}, "quota_files"), ({"max_bytes_a_day": MB}, "quota_bytes")):
        backend.deliveries.clear()
        backend.attempts.clear()
        with Running(backend, home, policy(**limits)) as gateway:
            client = OpenSsh(gateway, tmp_path, PASSWORD)
            done, output = client.sftp("put a /inbox/1.csv", "put a /inbox/2.csv", "put a /inbox/3.csv")
            assert done == 1, output
            assert client.sftp("put a /inbox/4.csv")[0] == 1
        assert len(backend.deliveries) == (2 if code == "quota_files" else 1)
        # Lines of received files are written in bulk, so that they may come after the refusals'.
        refused = [attempt for attempt in backend.attempts if attempt.outcome is Outcome.FILE_REFUSED]
        assert {attempt.detail for attempt in refused} == {code}


def test_a_waiting_file_sent_again_is_a_new_version(backend: MemoryBackend, client: OpenSsh) -> None:
    (client.folder / "a").write_bytes(b"old")
    assert client.sftp("put a /inbox/s.csv")[0] == 0
    (client.folder / "a").write_bytes(b"newer")
    assert client.sftp("put a /inbox/s.csv")[0] == 0
    assert [d.content for d in backend.deliveries] == [b"old", b"newer"]


def test_a_waiting_file_that_was_cut_short_can_be_resumed(backend: MemoryBackend, client: OpenSsh) -> None:
    (client.folder / "a").write_bytes(b"first half,")
    assert client.sftp("put a /inbox/s.csv")[0] == 0
    (client.folder / "a").write_bytes(b"first half,second half")
    code, output = client.sftp("reput a /inbox/s.csv")
    assert code == 0, output
    assert [d.content for d in backend.deliveries] == [b"first half,", b"first half,second half"]


def test_the_close_is_answered_only_after_the_commit(backend: MemoryBackend, client: OpenSsh) -> None:
    started, go_on = threading.Event(), threading.Event()

    def commit(_: str) -> None:
        started.set()
        assert go_on.wait(20)

    backend.before_commit = commit
    (client.folder / "a.csv").write_bytes(b"1")
    with client.start("scp", "-s", "a.csv", "127.0.0.1:/inbox/") as process:
        assert started.wait(20)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=0.5)
        assert backend.deliveries == []
        go_on.set()
        assert process.wait(timeout=20) == 0
    assert len(backend.deliveries) == 1


@pytest.mark.parametrize("fault", [OSError("disk"), RuntimeError("database away: secret detail")])
def test_a_commit_that_fails_is_a_failed_close(
    backend: MemoryBackend, client: OpenSsh, gateway: Running, fault: Exception
) -> None:
    def commit(_: str) -> None:
        raise fault

    backend.before_commit = commit
    (client.folder / "a.csv").write_bytes(b"1")
    code, output = client.run("scp", "-v", "-s", "a.csv", "127.0.0.1:/inbox/")
    assert code != 0
    assert "secret detail" not in output
    assert gateway.staged() == []


def test_a_refused_delivery_is_a_failed_close(backend: MemoryBackend, client: OpenSsh) -> None:
    (client.folder / "refused.csv").write_bytes(b"1")
    assert client.sftp("put refused.csv /inbox/")[0] == 1
    assert [(a.outcome, a.detail) for a in backend.attempts[1:]] == [
        (Outcome.FILE_REFUSED, "not_your_dataset")
    ]


def test_stopping_lets_an_open_upload_end_and_takes_no_new_connection(
    backend: MemoryBackend, client: OpenSsh, gateway: Running
) -> None:
    (client.folder / "a.csv").write_bytes(os.urandom(3 * MB))
    with client.start("sftp", "-l", "16000", "127.0.0.1", stdin=subprocess.PIPE) as process:
        assert process.stdin
        process.stdin.write("put a.csv /inbox/\n")
        process.stdin.flush()
        until(lambda: backend.coming() > 0)
        gateway.stop()
        until(lambda: len(backend.deliveries) == 1)
        process.communicate(timeout=20)
    gateway._thread.join(10)
    assert len(backend.deliveries[0].content) == 3 * MB
    assert client.sftp("ls")[0] == 255
    assert not list((gateway.home / "staging").glob("p-*"))


def test_lftp_uploads_too(backend: MemoryBackend, client: OpenSsh) -> None:
    import shutil

    if shutil.which("lftp") is None:
        pytest.skip("lftp is not installed")
    (client.folder / "a.csv").write_bytes(b"1,2\n")
    ssh = " ".join(client.words("ssh", "-a", "-x"))
    script = f'set sftp:connect-program "{ssh}"; set net:max-retries 1; open sftp://h115001:x@127.0.0.1; '
    script += "put -O /inbox a.csv; ls /inbox; bye"
    done = subprocess.run(
        ["lftp", "-c", script],
        env=client.environment(),
        cwd=client.folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert [d.content for d in backend.deliveries] == [b"1,2\n"]


def test_a_session_is_told_in_the_log_and_counted_without_names(
    backend: MemoryBackend, client: OpenSsh, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from prometheus_client import REGISTRY

    def figure(name: str, **labels: str) -> float:
        return REGISTRY.get_sample_value(name, labels) or 0.0

    received = {"step": "file", "outcome": "received"}
    before = [
        figure("careward_sftp_attempts_total", **received),
        figure("careward_sftp_bytes_total", direction="in"),
    ]
    monkeypatch.setattr(logging.getLogger("careward.gateway.sessions"), "propagate", True)
    (client.folder / "secret-name.csv").write_bytes(b"12345")
    with caplog.at_level(logging.INFO):
        assert client.sftp("put secret-name.csv /inbox/")[0] == 0
        until(lambda: [r for r in caplog.records if r.message == "session ended"])
        until(lambda: [r for r in caplog.records if vars(r).get("outcome") == "received"])
    ended = next(vars(r) for r in caplog.records if r.message == "session ended")
    assert (ended["bytes_in"], ended["deliveries"], ended["source"], ended["by"]) == (
        5,
        1,
        "127.0.0.1",
        "password",
    )
    assert "secret-name" not in caplog.text
    assert "h115001" not in "".join(r.message for r in caplog.records)
    after = [
        figure("careward_sftp_attempts_total", **received),
        figure("careward_sftp_bytes_total", direction="in"),
    ]
    assert [b - a for a, b in zip(before, after, strict=True)] == [1, 5]
