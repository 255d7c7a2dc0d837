"""No loss: the bytes are there before the row, leftovers go, every delivery gets its one end."""

import hashlib
import os
from collections.abc import Callable
from concurrent.futures import Executor
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from careward.flow import Refused
from careward.intake import acts, examining, looking
from careward.intake.jobs import NotChecked, check_delivery
from careward.intake.models import Delivery
from careward.intake.questions import MOST_ATTEMPTS
from careward.intake.reconciling import LEFT_AFTER_SECONDS, reconcile, take_up
from careward.kernel import clock
from careward.store.objects import SENT_LEFT_AFTER_SECONDS, Stored, objects
from support import delivering
from support.waiting import until

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("uploads_open")]


class Broken(Exception):
    """A fault put in by a test."""


def _aged(store: Path, seconds: float = LEFT_AFTER_SECONDS) -> None:
    for file in store.rglob("*"):
        if file.is_file():
            past = file.stat().st_mtime - seconds - 1
            os.utime(file, (past, past))


def _raw(store: Path) -> list[str]:
    return sorted(f"raw/{file.name}" for file in (store / "raw").glob("*"))


def test_what_was_acknowledged_lies_in_the_store_with_its_row_and_its_job() -> None:
    content = delivering.staff_csv()
    delivery = delivering.delivered(delivering.account(), content)
    with objects().open(delivery.raw_key) as file:
        assert file.read() == content
    assert (delivery.state, delivery.size) == ("received", len(content))
    assert delivery.sha256 == hashlib.sha256(content).hexdigest()
    job = ProcrastinateJob.objects.get(task_name="intake.check_delivery")
    assert (job.status, job.args) == ("todo", {"delivery_id": str(delivery.pk)})


def test_a_fault_between_file_and_row_leaves_no_delivery_and_its_file_is_swept_months_later(
    own_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = delivering.account()
    stands = delivering.delivered(account)

    def fail(step: object) -> None:
        raise Broken

    with monkeypatch.context() as patched:
        patched.setattr(acts, "_queue", fail)
        with pytest.raises(Broken):
            delivering.delivered(account)
    assert list(Delivery.objects.all()) == [stands]
    assert len(_raw(own_store)) == 2

    assert reconcile().removed == 0
    assert len(_raw(own_store)) == 2

    _aged(own_store)
    assert reconcile().removed == 0
    _aged(own_store, SENT_LEFT_AFTER_SECONDS)
    assert reconcile().removed == 1
    assert _raw(own_store) == [stands.raw_key]


def test_a_fault_while_the_file_is_stored_leaves_nothing(
    own_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    account = delivering.account()
    with monkeypatch.context() as patched:
        patched.setattr("careward.store.objects.os.fsync", full)
        with pytest.raises(OSError, match="No space"):
            delivering.delivered(account)
    assert not Delivery.objects.exists()
    assert [file for file in own_store.rglob("*") if file.is_file()] == []


def test_no_row_is_committed_before_its_bytes_are_durable(monkeypatch: pytest.MonkeyPatch) -> None:
    account, arrived, told = delivering.account(), delivering.arrived(b"a,b"), []
    finish = arrived.finish

    def slowly(beside: Executor | None = None) -> Stored:
        until(lambda: "row" in told, 60, "the row is written beside")
        stored = finish(beside)
        told.append("bytes")
        return stored

    def watching(execute: Callable[..., object], sql: str, *rest: object) -> object:
        if 'INSERT INTO "intake_delivery"' in sql:
            told.append("row")
        elif sql.startswith("RELEASE"):
            told.append("commit")
        return execute(sql, *rest)

    monkeypatch.setattr(arrived, "finish", slowly)
    with connection.execute_wrapper(watching):
        acts.deliver(account.pk, delivering.by(account), lane="live", arrived=arrived, name="staff-11501.csv")
    assert told == ["row", "bytes", "commit"]


@pytest.mark.parametrize("state", ["suspended", "closed"])
def test_an_account_that_may_not_upload_delivers_nothing(state: str) -> None:
    with pytest.raises(Refused) as refused:
        delivering.delivered(delivering.account(state=state))
    assert "沒有收件" in refused.value.message
    assert not Delivery.objects.exists()


def test_before_uploads_open_nothing_is_received() -> None:
    account = delivering.account()
    with clock.frozen(clock.taipei(2025, 12, 21, 23, 59, 59)), pytest.raises(Refused):
        delivering.delivered(account)
    with clock.frozen(clock.taipei(2025, 12, 22)):
        assert delivering.delivered(account).state == "received"


def test_the_lane_is_the_accounts_own() -> None:
    account = delivering.account("test")
    content = delivering.staff_csv()
    with pytest.raises(Refused):
        acts.deliver(
            account.pk,
            delivering.by(account),
            lane="live",
            arrived=delivering.arrived(content),
            name="staff-11501.csv",
        )
    assert not Delivery.objects.exists()


def test_a_delivery_that_lost_its_job_gets_one_and_one_with_a_job_gets_no_second() -> None:
    lost, waiting = (
        delivering.delivered(delivering.account(code=code)) for code in ("1131000009", "1131000017")
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'failed' WHERE args->>'delivery_id' = %s", [str(lost.pk)]
        )
    assert reconcile().taken_up == 1
    jobs = ProcrastinateJob.objects.filter(task_name="intake.check_delivery", status="todo")
    assert sorted(job.args["delivery_id"] for job in jobs) == sorted(str(d.pk) for d in (lost, waiting))
    assert reconcile().taken_up == 0


def test_what_an_answered_delivery_names_is_never_swept(own_store: Path) -> None:
    accepted = delivering.checked(delivering.account())
    rejected = delivering.checked(accepted.account, b"")
    _aged(own_store, SENT_LEFT_AFTER_SECONDS)
    assert reconcile().removed == 0
    for key in (accepted.raw_key, rejected.raw_key, accepted.accepted_file.parquet_key):
        assert objects().exists(key)
    for delivery in (accepted, rejected):
        assert objects().exists(f"{delivery.receipt_key}.json")


def test_the_plain_copy_of_a_killed_worker_does_not_stay(own_store: Path) -> None:
    delivering.checked(delivering.account())
    left = own_store / ".part-0123456789abcdef"
    left.write_bytes(b"rows in clear")
    assert reconcile().removed == 0
    _aged(own_store)
    os.utime(left, (0, 0))
    assert reconcile().removed == 1
    assert not left.exists()


def test_the_objects_of_an_attempt_that_died_are_swept_and_those_of_the_next_stay(
    own_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """The worker is gone, whatever it would have caught."""

    def die(*args: object, **facts: object) -> None:
        raise Killed

    delivery = delivering.delivered(delivering.account())
    with monkeypatch.context() as patched:
        patched.setattr(acts, "accept", die)
        with pytest.raises(Killed):
            delivering.work(delivery)
    delivering.work(delivery)
    assert len(list((own_store / examining.PARQUET).iterdir())) == 2

    _aged(own_store)
    assert reconcile().removed == 3
    delivery.refresh_from_db()
    assert [file.name for file in (own_store / examining.PARQUET).iterdir()] == [
        Path(delivery.accepted_file.parquet_key).name
    ]


def test_a_stuck_delivery_is_not_begun_again_by_itself_but_when_somebody_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fault(*args: object, **facts: object) -> None:
        raise ValueError("A123456789 林小明")

    delivery = delivering.delivered(delivering.account())
    with monkeypatch.context() as patched:
        patched.setattr(examining, "check", fault)
        for _ in range(MOST_ATTEMPTS):
            with pytest.raises(NotChecked, match=f"{delivery.ticket}: ValueError") as raised:
                delivering.work(delivery)
            assert "A123456789" not in str(raised.value)
            assert raised.value.__suppress_context__
    assert list(Delivery.objects.stuck()) == [delivery]
    assert check_delivery.retry_strategy.max_attempts == MOST_ATTEMPTS - 1
    assert f"stuck after {MOST_ATTEMPTS} attempts: {delivery.ticket}" in caplog.text
    assert "A123456789" not in caplog.text

    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'failed'")
    assert reconcile().taken_up == 0
    assert take_up(list(Delivery.objects.stuck())) == 1
    delivering.work(delivery)
    delivery.refresh_from_db()
    assert delivery.state == "accepted"


def test_tickets_are_ten_digits_of_text_and_no_two_are_the_same() -> None:
    account = delivering.account()
    tickets = {delivering.delivered(account).ticket for _ in range(5)}
    assert len(tickets) == 5
    assert all(len(ticket) == 10 and ticket.isdecimal() for ticket in tickets)


def test_a_ticket_that_is_taken_is_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    account = delivering.account()
    drawn = iter(["0000000042", "0000000042", "0000000043"])
    monkeypatch.setattr(looking, "new_ticket", lambda: next(drawn))
    first, second = delivering.delivered(account), delivering.delivered(account)
    assert (first.ticket, second.ticket) == ("0000000042", "0000000043")


def test_received_means_the_moment_of_the_platforms_clock() -> None:
    later = delivering.OPEN + timedelta(minutes=5)
    account = delivering.account()
    with clock.frozen(later):
        assert delivering.delivered(account).received_at == later
