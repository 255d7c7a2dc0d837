"""An institution's waiting files have one job, which leaves none of them out, whoever comes or dies meanwhile."""

import io
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from threading import Event
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from careward.intake import acts, examining, jobs, questions, receipt_books
from careward.intake.jobs import NotChecked
from careward.intake.models import AcceptedFile, Delivery
from careward.intake.questions import MOST_ATTEMPTS
from careward.intake.receipts import BOOKS
from careward.journal import Actor, acting
from careward.kernel import clock
from careward.provisioning.models import UploadAccount
from careward.store.objects import Stored, objects
from support import database, delivering
from support.waiting import until

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("uploads_open")]
concurrent = pytest.mark.django_db(transaction=True)

NAMES = ("staff-11501.csv", "drills-11501.csv", "residents-11501.csv")
BAD = b"no heading at all"
WRITTEN = "state = 'idle in transaction' AND query LIKE '%INSERT INTO \"intake_delivery\"%'"
"""Of a connection whose last question was this."""


class Killed(BaseException):
    """The worker is gone, whatever it would have caught."""


def queued() -> list[str]:
    """For which delivery each job was queued, in their order."""
    found = ProcrastinateJob.objects.filter(task_name="intake.check_delivery", status="todo").order_by("pk")
    return [job.args["delivery_id"] for job in found]


def states(*deliveries: Delivery) -> list[str]:
    return [Delivery.objects.get(pk=delivery.pk).state for delivery in deliveries]


def three() -> list[Delivery]:
    account = delivering.account()
    made = []
    for second, name in enumerate(NAMES):
        with clock.frozen(delivering.OPEN + timedelta(seconds=second)):
            made.append(delivering.delivered(account, BAD + name.encode(), name))
    return made


def failing_for(deliveries: list[Delivery], fault: type[BaseException]) -> Callable[..., Any]:
    """Stands in for examining: fails for some."""
    real = examining.examined

    def examined(delivery: Delivery, content: bytes | None = None) -> Any:
        if delivery in deliveries:
            raise fault
        return real(delivery, content)

    return examined


def test_files_that_wait_together_have_one_job_and_those_of_another_institution_their_own() -> None:
    first, *_ = three()
    other = delivering.delivered(delivering.account(code="1131000025"))
    assert queued() == [str(first.pk), str(other.pk)]
    locks = ProcrastinateJob.objects.filter(queue_name="checks").values_list("lock", flat=True)
    assert len(set(locks)) == 2


def test_one_run_checks_all_of_them_and_the_next_file_has_a_job_again() -> None:
    deliveries = three()
    delivering.work(deliveries[0])
    assert states(*deliveries) == ["rejected"] * 3
    attempts = Delivery.objects.values_list("attempts", flat=True)
    assert set(attempts) == {1}
    later = delivering.delivered(deliveries[0].account)
    assert queued()[-1] == str(later.pk)


def test_a_held_file_that_is_confirmed_is_no_exception() -> None:
    account = delivering.account()
    held = delivering.delivered(account, perhaps_cut=True)
    assert queued() == []
    acts.confirm(held, delivering.by(account))
    delivering.delivered(account, name=NAMES[1])
    assert queued() == [str(held.pk)]


def test_a_file_whose_check_fails_stops_no_other_and_is_tried_again_with_the_job(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    deliveries = three()
    with monkeypatch.context() as patched:
        patched.setattr(examining, "examined", failing_for(deliveries[1:2], ValueError))
        with pytest.raises(NotChecked, match=f"^{deliveries[1].ticket}: ValueError at [^;]*$"):
            delivering.work(deliveries[0])
        assert states(*deliveries) == ["rejected", "checking", "rejected"]
        later = delivering.delivered(deliveries[0].account)
        delivering.work(later)
        assert states(later) == ["accepted"]
        assert Delivery.objects.get(pk=deliveries[1].pk).attempts == 1, "another's job lets it be"
    delivering.work(deliveries[0], again=True)
    assert states(*deliveries) == ["rejected"] * 3


def test_a_job_tried_again_waits_behind_those_of_its_institution_that_were_not_tried() -> None:
    strategy = jobs.check_delivery.retry_strategy
    assert strategy is not None
    tried = ProcrastinateJob(queue_name="checks", task_name="t", priority=0, attempts=1)
    decision = strategy.get_retry_decision(exception=NotChecked(), job=tried)  # type: ignore[arg-type]
    assert decision is not None
    assert decision.priority == -1
    tried.attempts = MOST_ATTEMPTS - 1
    assert strategy.get_retry_decision(exception=NotChecked(), job=tried) is None  # type: ignore[arg-type]


def test_a_file_that_kills_its_worker_stops_the_others_twice_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    deliveries = three()
    monkeypatch.setattr(examining, "examined", failing_for(deliveries[:1], Killed))
    for again in (False, True):
        with pytest.raises(Killed):
            delivering.work(deliveries[0], again=again)
        assert states(*deliveries) == ["checking", "received", "received"]
    for _ in range(MOST_ATTEMPTS - 2):
        with pytest.raises(Killed):
            delivering.work(deliveries[0], again=True)
        assert states(*deliveries) == ["checking", "rejected", "rejected"]
    delivering.work(deliveries[0], again=True)
    assert list(Delivery.objects.stuck()) == deliveries[:1]


def test_a_job_of_a_worker_that_died_ends_what_it_had_begun_and_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    deliveries = three()
    make, made = receipt_books.make, []

    def die_with_the_second(delivery: Delivery, result: Any) -> None:
        made.append(delivery)
        if len(made) == 2:
            raise Killed
        make(delivery, result)

    with monkeypatch.context() as patched:
        patched.setattr(receipt_books, "make", die_with_the_second)
        with pytest.raises(Killed):
            delivering.work(deliveries[0])
    assert states(*deliveries) == ["rejected", "rejected", "received"]
    delivering.work(deliveries[0], again=True)
    assert states(*deliveries) == ["rejected"] * 3
    for delivery in Delivery.objects.all():
        assert all(objects().exists(f"{delivery.receipt_key}.{form}") for form in BOOKS)


def test_a_bundle_whose_worker_died_after_its_last_file_is_answered_when_its_job_is_taken_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as packed:
        packed.writestr(NAMES[0], BAD)
    bundle = delivering.delivered(delivering.account(), made.getvalue(), "x.zip")
    with monkeypatch.context() as patched:
        patched.setattr(jobs, "gather", lambda bundle: None)
        delivering.work(bundle)
    assert states(bundle) == ["unpacked"]
    delivering.work(bundle, again=True)
    assert states(bundle) == ["gathered"]


def test_a_job_whose_turn_is_over_leaves_the_rest_to_another(monkeypatch: pytest.MonkeyPatch) -> None:
    deliveries = three()
    moments = iter([0.0, 0.0, jobs.TURN_SECONDS + 1])
    monkeypatch.setattr(jobs, "monotonic", lambda: next(moments))
    delivering.work(deliveries[0])
    assert states(*deliveries) == ["rejected", "received", "received"]
    assert queued() == [str(deliveries[0].pk), str(deliveries[1].pk)]


@contextmanager
def arriving_slowly(account: UploadAccount) -> Iterator[tuple[Future[Delivery], Event]]:
    """A file whose row is written, but not committed before the event: its bytes are not durable yet."""
    arrived, durable = delivering.arrived(BAD + b"late"), Event()
    finish = arrived.finish

    def slowly(beside: Executor | None = None) -> Stored:
        assert durable.wait(60)
        return finish(beside)

    arrived.finish = slowly  # type: ignore[method-assign]

    def deliver() -> Delivery:
        try:
            return acts.deliver(
                account.pk, delivering.by(account), lane="live", arrived=arrived, name="activities-11501.csv"
            )
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as gateway:
        try:
            yield gateway.submit(deliver), durable
        finally:
            durable.set()


def backends(condition: str) -> int:
    """Other connections to this database for which something holds."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            f" AND pid <> pg_backend_pid() AND {condition}"
        )
        [(count,)] = cursor.fetchall()
    return int(count)


def in_a_worker(first: Delivery) -> None:
    try:
        delivering.work(first)
    finally:
        connection.close()


@concurrent
def test_a_file_that_trusts_in_anothers_job_is_waited_for_by_it() -> None:
    account = delivering.account()
    first = delivering.delivered(account)
    with ThreadPoolExecutor(1) as worker, arriving_slowly(account) as (late, durable):
        until(lambda: backends(WRITTEN), 60, "the row is written")
        assert queued() == [str(first.pk)]
        working = worker.submit(in_a_worker, first)
        until(lambda: backends("wait_event_type = 'Lock'"), 60, "the worker looks")
        assert not working.done()
        durable.set()
        working.result(60)
        assert queued() == [str(first.pk)]
        assert states(late.result(60)) == ["rejected"]


@concurrent
def test_a_file_that_sees_none_waiting_has_a_job_though_another_is_under_way() -> None:
    account = delivering.account()
    with arriving_slowly(account) as (late, durable):
        until(lambda: backends(WRITTEN), 60, "the row is written")
        quick = delivering.delivered(account)
        durable.set()
        both = [str(late.result(60).pk), str(quick.pk)]
        assert sorted(queued()) == sorted(both)


@concurrent
def test_an_answer_does_not_wait_for_a_file_that_is_just_coming() -> None:
    account = delivering.account()
    delivery = acts.begin(delivering.delivered(account), jobs.WORKER)
    with arriving_slowly(account) as (late, _):
        until(lambda: backends(WRITTEN), 60, "the row is written")
        answer, kept = examining.examined(delivery)
        assert kept is not None
        assert acts.accept(delivery, jobs.WORKER, answer=answer, kept=kept).state == "accepted"
        assert not late.done()
    assert AcceptedFile.objects.count() == 1


@concurrent
def test_where_nearly_every_file_waits_the_next_one_does_not_make_the_table_be_read() -> None:
    account = delivering.account()
    one = delivering.delivered(account, BAD)
    alike = {field.attname: getattr(one, field.attname) for field in Delivery._meta.fields}
    with acting(Actor.system("test"), "prepare"):
        Delivery.objects.bulk_create(
            Delivery(**alike | {"id": uuid4(), "ticket": f"{number:010}", "raw_key": f"raw/{number}"})
            for number in range(1_000)
        )
    with database.owner(connection.settings_dict["NAME"]) as owner:
        owner.execute('ANALYZE "intake_delivery"')
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {questions._ANOTHER_WAITS}", [account.institution_id, one.pk])
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert Delivery.objects.another_waits(one)
    assert "deliveries_waiting" in plan
    assert "Seq Scan" not in plan
