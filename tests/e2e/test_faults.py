"""Real faults over real SFTP: whatever comes in or breaks off, there is one clear answer and nothing is lost."""

import hashlib
import json
import os
import re
import signal
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from careward.checking import sample_forms, samples
from careward.kernel.clock import taipei
from careward.kernel.identifiers import make_national_id
from careward.kernel.roc import RocMonth
from careward.rulebook import current
from careward.store import embedded
from support import sftp
from support.on_disk import arrived_bytes, arriving, nothing_staged, raw_objects
from support.platform import Platform, running
from support.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

MB = 1024 * 1024
MANY_ROWS = 90_000
"""So many that a check takes seconds, and still below the specification's limit."""


@pytest.fixture(scope="module")
def platform() -> Iterator[Platform]:
    with running() as started:
        started.set_clock(taipei(2026, 2, 5, 10))
        yield started


@pytest.fixture(scope="module")
def ask(platform: Platform) -> Iterator[Callable[..., Any]]:
    """Look into the platform's own database: ``ask(sql, *values)`` gives the first column of every row."""
    cluster = embedded.start(platform.home)
    with psycopg.connect(cluster.app_url, autocommit=True) as connected:
        yield lambda statement, *values: [row[0] for row in connected.execute(statement, values)]
    cluster.release()


class Institution:
    """One of the demo's institutions at its own computer, and what the platform knows of it."""

    def __init__(self, platform: Platform, folder: Path, ask: Callable[..., Any], number: int) -> None:
        uploader = json.loads((platform.home / "demo" / "uploaders.json").read_text(encoding="utf-8"))[number]
        self.platform, self.folder, self.ask = platform, folder, ask
        self.code = uploader["username"].rsplit("-", 1)[1]
        hosts = sftp.known_hosts(folder / "known_hosts", platform.sftp_port, platform.home)
        self.client = sftp.Client(
            folder, platform.sftp_port, uploader["username"], uploader["password"], hosts
        )

    def file(self, name: str, content: bytes) -> Path:
        place = self.folder / name
        place.write_bytes(content)
        return place

    def staff(self, n: int = 3, month: str = "11501") -> bytes:
        spec = current().interchange("1.0")
        rows = samples.good_rows(
            spec, spec.dataset("staff"), institution_code=self.code, period=RocMonth.parse(month), n=n, seed=n
        )
        return sample_forms.as_csv(spec.dataset("staff"), rows)

    def much_staff(self) -> bytes:
        """Clean rows enough to keep a worker busy, made from one good row."""
        spec = current().interchange("1.0")
        good = samples.good_rows(
            spec,
            spec.dataset("staff"),
            institution_code=self.code,
            period=RocMonth.parse("11502"),
            n=9,
            seed=1,
        )
        like = next(row for row in good if row["nationality"] in {"", "TWN"})
        marked = {**like, "record_key": "@KEY@", "personal_id": "@ID@"}
        head, row = sample_forms.as_csv(spec.dataset("staff"), [marked]).decode("utf-8").splitlines()
        rows = (
            row.replace("@KEY@", f"E{n:06d}").replace("@ID@", make_national_id(n)) for n in range(MANY_ROWS)
        )
        return "\r\n".join([head, *rows, ""]).encode()

    def put(self, file: Path, place: str = "/inbox") -> subprocess.CompletedProcess[str]:
        return self.client.sftp(f"put {file} {place}/{file.name}")

    def listing(self, folder: str) -> set[str]:
        listed = self.client.sftp(f"ls -1 {folder}")
        assert listed.returncode == 0, listed.stderr
        return {Path(line).name for line in listed.stdout.splitlines() if not line.startswith("sftp>")}

    def receipts(self) -> set[str]:
        return {name for name in self.listing("/receipts") if name.endswith(".txt")}

    def read(self, receipt: str) -> str:
        place = self.folder / receipt
        assert self.client.sftp(f"get /receipts/{receipt} {place}").returncode == 0
        return place.read_text(encoding="utf-8-sig")

    def new_receipts(self, before: set[str], count: int = 1) -> list[str]:
        """Wait for as many new receipts and read them."""
        fresh: set[str] = set()

        def have_come() -> bool:
            fresh.clear()
            fresh.update(self.receipts() - before)
            return len(fresh) >= count

        until(have_come, 120, f"{count} receipts over SFTP")
        assert len(fresh) == count
        return [self.read(receipt) for receipt in sorted(fresh)]

    def deliveries(self) -> int:
        (count,) = self.ask(
            "SELECT count(*) FROM intake_delivery d JOIN registry_institution i ON i.id = d.institution_id"
            " WHERE i.code = %s",
            self.code,
        )
        return int(count)

    def delivery_of(self, content: bytes) -> list[Any]:
        return list(
            self.ask("SELECT id FROM intake_delivery WHERE sha256 = %s", hashlib.sha256(content).hexdigest())
        )


@pytest.fixture
def institution(platform: Platform, tmp_path: Path, ask: Callable[..., Any]) -> Institution:
    return Institution(platform, tmp_path, ask, 0)


def assert_serves(institution: Institution) -> None:
    """The gateway and all other parts are well, and a good file still comes through."""
    with urllib.request.urlopen(f"{institution.platform.web}/healthz", timeout=20) as answer:
        assert answer.status == 200
    before = institution.receipts()
    n = 4 + len(before) % 7
    assert institution.put(institution.file("staff-11501.csv", institution.staff(n))).returncode == 0
    (receipt,) = institution.new_receipts(before)
    assert "結果：已收下" in receipt


def mail_about(platform: Platform, ticket: str) -> list[Path]:
    """Mails that reached the institution's box about one ticket."""
    from email import message_from_bytes, policy

    found = []
    for file in (platform.home / "mail").glob("[!.]*.eml"):
        body = message_from_bytes(file.read_bytes(), policy=policy.default).get_body(("plain",))
        if body is not None and ticket in body.get_content():
            found.append(file)
    return found


BROKEN: dict[str, tuple[str, Callable[[bytes], bytes], str]] = {
    "empty": ("staff-11501.csv", lambda good: b"", "未收下"),
    "only a heading": ("staff-11501.csv", lambda good: good.splitlines()[0], "未收下"),
    "an open quote": ("staff-11501.csv", lambda good: good + b'11501,"open\n1,2,3\n', "未收下"),
    "rows cut off": ("staff-11501.csv", lambda good: good[: len(good) - 40], "未收下"),
    "no table at all": ("staff-11501.csv", lambda good: bytes(range(256)) * 40, "未收下"),
    "wrong encoding": (
        "staff-11501.csv",
        lambda good: good.decode("utf-8-sig").replace("E0000", "山田ー").encode("shift-jis", "replace") + b"\xff\xfe",
        "未收下",
    ),
    "unknown dataset": ("dinosaurs-11501.csv", lambda good: good, "dinosaurs"),
    "no month": ("staff.csv", lambda good: good, "未收下"),
    "a month of another year": ("staff-11301.csv", lambda good: good, "11501"),
    "a workbook": ("staff-11501.csv", lambda good: b"PK\x03\x04" + b"\0" * 3000, "未收下"),
}  # fmt: skip


@pytest.mark.parametrize("fault", sorted(BROKEN))
def test_a_file_that_is_wrong_gets_a_receipt_that_says_so(institution: Institution, fault: str) -> None:
    name, spoil, said = BROKEN[fault]
    content = spoil(institution.staff())
    before, known = institution.receipts(), institution.deliveries()
    sent = institution.put(institution.file(name, content))
    assert sent.returncode == 0, sent.stderr
    (receipt,) = institution.new_receipts(before)
    assert "結果：未收下" in receipt
    assert said in receipt
    assert hashlib.sha256(content).hexdigest() in receipt
    assert "錯誤 0 項" not in receipt
    assert re.search(r"^ {5}\S", receipt, re.MULTILINE), receipt
    assert "Traceback" not in receipt
    assert institution.deliveries() == known + 1
    assert nothing_staged(institution.platform)
    (kept,) = institution.ask(
        "SELECT raw_key FROM intake_delivery WHERE sha256 = %s ORDER BY received_at DESC LIMIT 1",
        hashlib.sha256(content).hexdigest(),
    )
    assert (institution.platform.home / "objects" / kept).is_file()


def test_a_file_larger_than_any_may_be_is_refused_with_the_reason_and_nothing_stays(
    institution: Institution,
) -> None:
    before, known = institution.receipts(), institution.deliveries()
    huge = institution.folder / "staff-11501.csv"
    with huge.open("wb") as file:
        line = b"11501," + b"x" * 1017 + b"\n"
        for _ in range(257):
            file.write(line * 1024)
    assert huge.stat().st_size == 257 * MB
    sent = institution.put(huge)
    assert sent.returncode != 0
    assert (
        "write remote" in sent.stderr
    )  # OpenSSH keeps our sentence to itself; the platform notes the reason
    noted = "SELECT outcome || ' ' || detail FROM gateway_connectionattempt WHERE step = 'file' ORDER BY id"
    assert institution.ask(noted)[-1] == "file_refused too_large"
    until(lambda: nothing_staged(institution.platform), 20, "the bytes to be gone")
    assert institution.deliveries() == known
    assert institution.receipts() == before
    assert_serves(institution)


def upload_in_the_background(institution: Institution, file: Path, to: str) -> "subprocess.Popen[bytes]":
    """OpenSSH's sftp as a process of its own, throttled so that it can be killed in mid-upload."""
    client = institution.client
    assert client.sftp("ls").returncode == 0  # the askpass script is written
    (client.folder / "batch").write_text(f"put {file} {to}\n")
    environment = {
        "PATH": "/usr/bin:/bin", "HOME": str(client.folder), "SSH_ASKPASS": str(client.folder / "askpass"),
        "SSH_ASKPASS_REQUIRE": "force", "CW_PASSWORD": client.password, "LC_ALL": "C.UTF-8",
    }  # fmt: skip
    words = ["sftp", "-l", "16000", "-P", str(client.port), *client._options()]
    words += ["-b", str(client.folder / "batch"), f"{client.username}@127.0.0.1"]
    with (client.folder / "said").open("wb") as said:
        return subprocess.Popen(
            words, env=environment, start_new_session=True, stdin=subprocess.DEVNULL, stdout=said, stderr=said
        )


def await_first_megabyte(
    institution: Institution, process: "subprocess.Popen[bytes]", left: set[Path]
) -> None:
    """Wait until the upload is under way, and far from its end; ``left`` are bytes of uploads before it."""

    def is_under_way() -> bool:
        assert process.poll() is None, (institution.folder / "said").read_text()
        return arrived_bytes(institution.platform, left) >= MB

    until(is_under_way, 60, "a first megabyte")


@pytest.mark.parametrize("whole_group", [False, True], ids=["sftp alone", "sftp and its ssh"])
def test_a_client_killed_in_mid_upload_has_delivered_nothing(
    institution: Institution, whole_group: bool
) -> None:
    before, known = institution.receipts(), institution.deliveries()
    kept = raw_objects(institution.platform)
    cuts = "SELECT count(*) FROM gateway_connectionattempt WHERE outcome = 'file_cut'"
    (noted,) = institution.ask(cuts)
    file = institution.file("staff-11501.csv", institution.staff(2) * (30 * MB // 400))
    left = arriving(institution.platform)
    process = upload_in_the_background(institution, file, "/inbox/staff-11501.csv")
    await_first_megabyte(institution, process, left)
    if whole_group:
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait(timeout=20)
    until(lambda: institution.ask(cuts) == [noted + 1], 60, "the gateway to see that it was cut off")
    until(lambda: arriving(institution.platform) <= left, 60, "the half file to be gone")
    assert institution.deliveries() == known
    assert institution.receipts() == before
    assert institution.listing("/inbox") == set()
    assert raw_objects(institution.platform) == kept
    assert_serves(institution)


def test_the_gateway_killed_in_mid_upload_comes_back_without_the_half_file(
    institution: Institution,
) -> None:
    known = institution.deliveries()
    file = institution.file("staff-11501.csv", institution.staff(2) * (30 * MB // 400))
    left = arriving(institution.platform)
    process = upload_in_the_background(institution, file, "/inbox/staff-11501.csv")
    await_first_megabyte(institution, process, left)
    os.kill(institution.platform.part_pid("sftp"), signal.SIGKILL)
    assert process.wait(timeout=60) != 0
    until(lambda: institution.client.sftp("ls").returncode == 0, 60, "the gateway to be back")
    assert nothing_staged(institution.platform)
    assert institution.deliveries() == known
    assert_serves(institution)


def await_every_job(ask: Callable[..., Any]) -> None:
    unfinished = (
        "SELECT id FROM procrastinate_jobs"
        " WHERE status IN ('todo', 'doing') AND task_name <> 'builtin_tasks.remove_old_jobs'"
    )
    until(lambda: ask(unfinished) == [], 60, "every job to be done")


def test_a_worker_killed_in_mid_check_is_started_again_and_the_check_is_done_once(
    institution: Institution,
) -> None:
    platform, ask = institution.platform, institution.ask
    await_every_job(ask)  # a file of before that is not told yet would be told in one letter with this one
    content = institution.much_staff()
    before = institution.receipts()
    sent = institution.put(institution.file("staff-11502.csv", content))
    assert sent.returncode == 0, sent.stderr
    (delivery,) = institution.delivery_of(content)
    state = "SELECT state FROM intake_delivery WHERE id = %s"
    until(lambda: ask(state, delivery) == ["checking"], 60, "the check to begin")
    doing = "SELECT id FROM procrastinate_jobs WHERE args->>'delivery_id' = %s AND status = 'doing'"
    (job,) = ask(doing, str(delivery))
    killed = platform.worker_pid()
    os.kill(killed, signal.SIGKILL)
    assert ask(state, delivery) == ["checking"]
    until(lambda: "worker ended unexpectedly" in platform.log.read_text(), 30, "the supervisor to notice")
    until(lambda: ask(state, delivery) != ["checking"], 180, "the check to be done")
    assert platform.worker_pid() != killed
    assert f"job {job} (intake.check_delivery) was left by a dead worker" in platform.log.read_text()
    assert ask(state, delivery) == ["accepted"]
    (receipt,) = institution.new_receipts(before)
    assert "結果：已收下" in receipt
    assert f"共 {MANY_ROWS:,} 筆資料" in receipt
    await_every_job(ask)
    (ticket,) = ask("SELECT ticket FROM intake_delivery WHERE id = %s", delivery)
    assert ask("SELECT attempts FROM intake_delivery WHERE id = %s", delivery) == [2]
    assert len(ask("SELECT id FROM intake_acceptedfile WHERE delivery_id = %s", delivery)) == 1
    about = f"intake.delivery:{delivery}"
    assert ask("SELECT kind FROM correspondence_letter WHERE about = %s", about) == ["delivery_accepted"]
    assert len(mail_about(platform, ticket)) == 1
    assert len(institution.receipts() - before) == 1


def test_the_same_file_sent_twice_is_checked_once_and_has_the_earlier_receipt(
    institution: Institution,
) -> None:
    content = institution.staff(5, "11502")
    file = institution.file("staff-11502.csv", content)
    receipts = []
    for _ in range(2):  # while the first waits for its check, the same bytes again are still the first
        before = institution.receipts()
        assert institution.put(file).returncode == 0
        receipts += institution.new_receipts(before)
    assert all("結果：已收下" in receipt for receipt in receipts)
    assert receipts[0] != receipts[1]
    first, second = institution.ask(
        "SELECT state FROM intake_delivery WHERE sha256 = %s ORDER BY received_at",
        hashlib.sha256(content).hexdigest(),
    )
    assert (first, second) == ("accepted", "repeated")
    (in_force,) = institution.ask(
        "SELECT count(*) FROM intake_acceptedfile WHERE period = '11502' AND dataset = 'staff'"
        " AND superseded_at IS NULL"
    )
    assert in_force == 1


def test_one_institutions_files_and_receipts_are_not_anothers(
    platform: Platform, tmp_path: Path, ask: Callable[..., Any], institution: Institution
) -> None:
    (tmp_path / "other").mkdir()
    other = Institution(platform, tmp_path / "other", ask, 1)
    before, mine = other.receipts(), institution.receipts()
    assert other.put(other.file("staff-11504.csv", institution.staff(3, "11504"))).returncode == 0
    (receipt,) = other.new_receipts(before)
    assert "結果：未收下" in receipt
    assert institution.receipts() == mine
    theirs = (other.receipts() - before).pop()
    assert institution.client.sftp(f"get /receipts/{theirs} {tmp_path}/stolen").returncode != 0
    assert not (tmp_path / "stolen").exists()
