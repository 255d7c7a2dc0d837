"""The whole way: OpenSSH's sftp, the gateway, the database."""

import hashlib
import io
import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from argon2 import PasswordHasher
from django.conf import settings
from django.db import connection, transaction
from django.test import Client

from careward.correspondence.models import Letter
from careward.gateway import failed
from careward.gateway.backend import Attempt, DeliveryRefused, Failures, Outcome, Step, Usage
from careward.gateway.django_backend import DjangoBackend, NotCommitted
from careward.gateway.models import ConnectionAttempt
from careward.intake import acts
from careward.intake.models import Delivery
from careward.journal import Actor, acting
from careward.kernel import clock
from careward.provisioning.models import AccountKey, UploadAccount
from gateway.memory_backend import PASSWORD
from gateway.running import OpenSsh, Running, policy
from support.delivering import OPEN, account, accounts, arrived, checked, delivered, staff_csv
from support.signing_in import person, sign_in
from support.waiting import until, within

pytestmark = pytest.mark.django_db(transaction=True)

HASH = PasswordHasher(time_cost=1, memory_cost=8192).hash(PASSWORD)


@pytest.fixture
def open_day() -> Iterator[None]:
    with clock.frozen(OPEN):
        yield


@pytest.fixture
def of(open_day: None) -> UploadAccount:
    return account(networks=["127.0.0.1/32"], password_hash=HASH)


@pytest.fixture
def backend(open_day: None) -> Iterator[DjangoBackend]:
    made = DjangoBackend()
    yield made
    made.close()


@pytest.fixture
def client(of: UploadAccount, gateway: Running, tmp_path: Path) -> OpenSsh:
    folder = tmp_path / "client"
    folder.mkdir()
    return OpenSsh(gateway, folder, PASSWORD, of.username)


def _change(of: UploadAccount, **changes: object) -> None:
    with acting(Actor.system("test"), "prepare"):
        for name, value in changes.items():
            setattr(of, name, value)
        of.save()


def test_an_upload_becomes_a_delivery_with_its_row(of: UploadAccount, client: OpenSsh) -> None:
    content = staff_csv()
    (client.folder / "staff-11501.csv").write_bytes(content)
    code, output = client.sftp("put staff-11501.csv /inbox/", "ls -1 /inbox", "get -r /spec")
    assert code == 0, output
    delivery = Delivery.objects.get()
    assert (delivery.account_id, delivery.lane, delivery.state) == (of.pk, "live", "received")
    assert (delivery.size, delivery.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert "/inbox/staff-11501.csv" in output
    assert (client.folder / "spec/1.0/datasets/staff.yaml").stat().st_size > 0
    told = [("signed_in", of.pk), ("received", of.pk)]
    noted = ConnectionAttempt.objects.order_by("id").values_list("outcome", "account")
    until(lambda: list(noted.all()) == told)


def test_receipts_of_answered_deliveries_are_fetched(of: UploadAccount, client: OpenSsh) -> None:
    delivery = checked(of)
    code, output = client.sftp(
        f"get /receipts/{delivery.receipt_name}.txt", "ls -1 /receipts", "ls -1 /inbox"
    )
    assert code == 0, output
    assert delivery.ticket in (client.folder / f"{delivery.receipt_name}.txt").read_text()


def test_a_waiting_delivery_is_resumed(of: UploadAccount, client: OpenSsh) -> None:
    content = staff_csv(30)
    (client.folder / "a").write_bytes(content[:500])
    assert client.sftp("put a /inbox/staff-11501.csv")[0] == 0
    (client.folder / "a").write_bytes(content)
    code, output = client.sftp("reput a /inbox/staff-11501.csv")
    assert code == 0, output
    sizes = sorted(Delivery.objects.values_list("size", flat=True))
    assert sizes == [500, len(content)]
    assert Delivery.objects.get(size=len(content)).sha256 == hashlib.sha256(content).hexdigest()


def test_failures_are_counted_by_account_and_source_since_the_last_success(
    of: UploadAccount, backend: DjangoBackend
) -> None:
    def note(outcome: Outcome, username: str = of.username, source: str = "127.0.0.1") -> None:
        account = str(of.pk) if username == of.username else None
        backend.attempt(Attempt(OPEN, source, username, account, Step.PASSWORD, outcome))

    note(Outcome.PASSWORD_WRONG)
    note(Outcome.SIGNED_IN)
    note(Outcome.PASSWORD_WRONG)
    note(Outcome.LOCKED)
    note(Outcome.PASSWORD_WRONG, source="127.0.0.2")
    note(Outcome.ACCOUNT_UNKNOWN, username="x" * 70)
    failures = backend.failures(of.username, "127.0.0.1", OPEN - timedelta(minutes=1))
    assert failures == Failures((OPEN,), (OPEN, OPEN, OPEN))
    assert backend.failures("x" * 70, "127.0.0.1", OPEN - timedelta(minutes=1)).of_pair == (OPEN,)
    assert backend.failures(of.username, "127.0.0.1", OPEN) == Failures((), ())


def test_what_counts_as_a_failure_is_found_without_reading_what_does_not(of: UploadAccount) -> None:
    came_in = ConnectionAttempt.objects.filter(username="x", source="::1", outcome=Outcome.SIGNED_IN)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {failed._FAILED}", {"source": "::1", "since": OPEN})
        plan = "\n".join(line for (line,) in cursor.fetchall())
        assert " failed_sign_ins " in plan
        assert " sign_ins " in f"{came_in.explain()} "


def test_the_same_refusal_of_a_source_is_one_line_until_something_else_happens_or_time_passes(
    of: UploadAccount, backend: DjangoBackend
) -> None:
    def note(outcome: Outcome, minutes: int = 0, source: str = "203.0.113.9") -> int:
        at = OPEN + timedelta(minutes=minutes)
        backend.attempt(Attempt(at, source, of.username, str(of.pk), Step.ADDRESS, outcome))
        return ConnectionAttempt.objects.count()

    unlisted, wrong = Outcome.ADDRESS_NOT_LISTED, Outcome.PASSWORD_WRONG
    assert [note(unlisted), note(unlisted, 4), note(unlisted, 4, "203.0.113.8")] == [1, 1, 2]
    assert [note(unlisted, 5), note(unlisted, 6)] == [3, 3]
    assert [note(Outcome.SIGNED_IN, 6), note(unlisted, 6)] == [4, 5]
    assert [note(wrong, 7), note(wrong, 7)] == [6, 7]


def test_a_wrong_password_is_refused_and_noted_for_the_account(of: UploadAccount, client: OpenSsh) -> None:
    client.password = "wrong"
    assert client.sftp("ls")[0] == 255
    noted = ConnectionAttempt.objects.get()
    assert (noted.account_id, noted.outcome, noted.source) == (of.pk, Outcome.PASSWORD_WRONG, "127.0.0.1")
    assert noted.outcome_label == "密碼不正確。"


def test_a_suspended_account_is_cut_off_and_kept_out(of: UploadAccount, client: OpenSsh) -> None:
    with client.start("ssh", "-s", "127.0.0.1", "sftp", stdin=subprocess.PIPE) as process:
        until(lambda: ConnectionAttempt.objects.filter(outcome=Outcome.SIGNED_IN).exists())
        _change(of, state="suspended")
        assert process.wait(timeout=20) == 255
    assert client.sftp("ls")[0] == 255
    until(lambda: ConnectionAttempt.objects.filter(outcome=Outcome.RIGHT_ENDED).exists())
    kept = ConnectionAttempt.objects.values_list("outcome", flat=True)
    assert sorted(kept) == [Outcome.RIGHT_ENDED, Outcome.SIGNED_IN, Outcome.WITHOUT_RIGHT]


def test_the_button_of_the_page_cuts_a_live_session_within_two_seconds(
    of: UploadAccount, client: OpenSsh
) -> None:
    vendor = sign_in(Client(), person("vendor"))
    with client.start("ssh", "-s", "127.0.0.1", "sftp", stdin=subprocess.PIPE) as process:
        until(lambda: ConnectionAttempt.objects.filter(outcome=Outcome.SIGNED_IN).exists())
        vendor.post(f"/provisioning/{of.pk}/", {"act": "suspend", "reason": "帳號外洩"})
        assert within(lambda: process.poll() is not None, 2)
        assert process.returncode == 255
    assert client.sftp("ls")[0] == 255
    assert Letter.objects.get(kind="account_suspended").to == ["office@example.org"]


def test_a_right_that_ends_between_login_and_close_refuses_the_file(
    of: UploadAccount, backend: DjangoBackend, tmp_path: Path
) -> None:
    guest = backend.guest(of.username)
    assert guest
    _change(of, state="suspended")
    with pytest.raises(DeliveryRefused) as refused:
        backend.receive(guest, "live", "staff-11501.csv", arrived(b"x"), perhaps_cut=False)
    assert refused.value.code == "upload_not_open"
    assert not Delivery.objects.exists()


def test_who_came_by_a_password_that_is_dead_must_leave(backend: DjangoBackend, of: UploadAccount) -> None:
    before = backend.guest(of.username)
    assert before is not None
    assert backend.still_welcome({before}) == {before}
    _change(of, password_hash=PasswordHasher(time_cost=1, memory_cost=8192).hash("another one"))
    after = backend.guest(of.username)
    assert after is not None
    assert backend.still_welcome({before, after}) == {after}


@pytest.mark.parametrize("others", [0, 4])
def test_who_may_stay_is_asked_in_three_questions_however_many_are_here(
    others: int, of: UploadAccount, backend: DjangoBackend, django_assert_num_queries: Any
) -> None:
    accounts([f"11310001{number:02}" for number in range(others)], networks=["127.0.0.1/32"])
    guests = {backend.guest(name) for name in UploadAccount.objects.values_list("username", flat=True)}
    assert len(guests) == others + 1
    with django_assert_num_queries(3):  # accounts with their institutions, moves of moments, keys
        assert backend.still_welcome(guests) == guests


def test_what_stands_before_a_secret_is_asked_in_three_questions(
    of: UploadAccount, backend: DjangoBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    execute = psycopg.Cursor.execute

    def listening(self: "psycopg.Cursor[Any]", query: str, *rest: Any, **more: Any) -> Any:
        asked.extend([query] if "FROM" in query else [])
        return execute(self, query, *rest, **more)

    first = backend.guest(of.username)
    monkeypatch.setattr(psycopg.Cursor, "execute", listening)
    assert backend.guest(of.username) == first
    assert len(asked) == 2, "whether the account and the moves are as they were read; its keys"
    assert backend.failures(of.username, "127.0.0.1", OPEN) == Failures((), ())
    assert len(asked) == 3


def test_accounts_without_a_name_can_not_sign_in(backend: DjangoBackend, of: UploadAccount) -> None:
    assert backend.guest("") is None
    assert backend.guest(of.username.upper()) is None


@pytest.mark.slow
def test_the_process_is_ready_takes_sigterm_and_exits_0(of: UploadAccount, host_key_home: Path) -> None:
    """``main`` as ``careward sftp`` runs it, on its own port."""
    import socket

    from careward.gateway.health import probe

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    script = (
        "import os; os.environ['DJANGO_SETTINGS_MODULE']='careward.settings.testing'\n"
        "import django; django.setup()\nfrom careward.gateway.main import main; main()"
    )
    environment = os.environ | {
        "CAREWARD_SFTP_PORT": str(port),
        "CAREWARD_HOME": str(settings.HOME),
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }
    with subprocess.Popen([sys.executable, "-c", script], env=environment) as process:
        try:
            until(lambda: probe("127.0.0.1", port), seconds=60)
            # Who knocks makes it ask the database: a thread's connection is there to be closed.
            words = ["ssh", "-F", "none", "-p", str(port), "-oBatchMode=yes", "-oStrictHostKeyChecking=no"]
            words += ["-oUserKnownHostsFile=/dev/null", "nobody@127.0.0.1"]
            assert subprocess.run(words, capture_output=True, check=False).returncode == 255
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=30) == 0
        finally:
            process.kill()


def test_limits_come_from_the_rulebook() -> None:
    from careward import rulebook
    from careward.gateway.policy import Policy

    rules = rulebook.current().policies
    limits = Policy.from_rules(rules)
    assert (limits.failures_before_lock, limits.lock_time.total_seconds()) == (5, 900)
    assert limits.max_file_bytes == rules.delivery.max_bytes.value


def _key(of: UploadAccount, folder: Path, name: str, **valid: object) -> Path:
    path = folder / name
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
    line = " ".join(path.with_suffix(".pub").read_text().split()[:2])
    with acting(Actor.system("test"), "prepare"):
        AccountKey.objects.create(account=of, line=line, **({"valid_from": OPEN} | valid))
    return path


def test_an_old_and_a_new_key_open_the_account_side_by_side_and_no_other_does(
    of: UploadAccount, client: OpenSsh
) -> None:
    hour = timedelta(hours=1)
    keys = {
        _key(of, client.folder, "old", valid_from=OPEN - hour, valid_to=OPEN + hour): 0,
        _key(of, client.folder, "new"): 0,
        _key(of, client.folder, "ended", valid_from=OPEN - hour, valid_to=OPEN): 255,
        _key(of, client.folder, "not-yet", valid_from=OPEN + hour): 255,
    }
    for path, code in keys.items():
        client.options = {"IdentityFile": str(path), "PreferredAuthentications": "publickey"}
        assert client.sftp("ls")[0] == code, path


def test_who_came_in_by_a_key_leaves_when_the_key_ends_and_stays_when_the_password_changes(
    of: UploadAccount, client: OpenSsh
) -> None:
    path = _key(of, client.folder, "key")
    client.options = {"IdentityFile": str(path), "PreferredAuthentications": "publickey"}
    with client.start("ssh", "-s", "127.0.0.1", "sftp", stdin=subprocess.PIPE) as process:
        until(lambda: ConnectionAttempt.objects.filter(outcome=Outcome.SIGNED_IN).exists())
        _change(of, password_hash="")
        _key(of, client.folder, "another")
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=1)
        with acting(Actor.system("test"), "prepare"):
            AccountKey.objects.filter(pk=AccountKey.objects.earliest("id").pk).update(valid_to=OPEN)
        assert process.wait(timeout=20) == 255


def test_a_suspension_is_heard_at_once_from_the_database(
    of: UploadAccount, backend: DjangoBackend, home: Path, tmp_path: Path
) -> None:
    """The clock's own look comes once in ten minutes here: only the notice can end the session in time."""
    folder = tmp_path / "listener"
    folder.mkdir()
    with Running(backend, home, policy(welcome_interval=timedelta(minutes=10))) as gateway:
        client = OpenSsh(gateway, folder, PASSWORD, of.username)
        with client.start("ssh", "-s", "127.0.0.1", "sftp", stdin=subprocess.PIPE) as process:
            until(lambda: ConnectionAttempt.objects.filter(outcome=Outcome.SIGNED_IN).exists())
            _change(of, state="suspended")
            assert within(lambda: process.poll() is not None, 2)
            assert process.returncode == 255


def test_what_was_sent_within_a_day_counts_against_the_quota(
    of: UploadAccount, backend: DjangoBackend
) -> None:
    guest = backend.guest(of.username)
    assert guest
    size = delivered(of).size + delivered(of).size
    assert backend.usage(guest, OPEN - timedelta(days=1)) == Usage(2, size)
    assert backend.usage(guest, OPEN + timedelta(seconds=1)) == Usage(0, 0)


def test_a_zip_counts_against_the_quota_as_it_was_uploaded_and_its_members_do_not(
    of: UploadAccount, backend: DjangoBackend
) -> None:
    guest = backend.guest(of.username)
    assert guest
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("staff-11501.csv", staff_csv())
        archive.writestr("staff-11502.csv", staff_csv(seed=2))
    bundle = checked(of, made.getvalue(), "january.zip")
    assert len(bundle.parts) == 2
    assert backend.usage(guest, OPEN - timedelta(days=1)) == Usage(1, len(made.getvalue()))


def test_a_delivery_whose_row_does_not_stand_is_not_acknowledged(
    backend: DjangoBackend, of: UploadAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    guest = backend.guest(of.username)
    assert guest
    deliver = acts.deliver

    def and_roll_back(*facts: Any, **more: Any) -> Delivery:
        with transaction.atomic():
            made = deliver(*facts, **more)
            transaction.set_rollback(
                True
            )  # as COMMIT does in a transaction that has failed: without an error
        return made

    monkeypatch.setattr(acts, "deliver", and_roll_back)
    with pytest.raises(NotCommitted):
        backend.receive(guest, "live", "staff.csv", arrived(b"x"), perhaps_cut=False)
    assert not Delivery.objects.exists()


def test_a_delivery_written_in_a_transaction_that_is_still_open_is_not_acknowledged(
    backend: DjangoBackend, of: UploadAccount
) -> None:
    guest = backend.guest(of.username)
    assert guest
    with transaction.atomic(), pytest.raises(NotCommitted):
        backend.receive(guest, "live", "staff.csv", arrived(b"x"), perhaps_cut=False)
