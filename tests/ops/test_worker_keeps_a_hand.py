"""Jobs that take minutes hold one hand of the workers; files are checked meanwhile."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from django.db import connection
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.job_context import JobContext
from procrastinate.middleware import SyncCallNext
from procrastinate.worker import Worker

from careward.flow.queueing import LONG
from careward.intake import receipt_books
from careward.intake.jobs import renew_workbooks
from careward.intake.models import Delivery
from careward.ops.worker import CONCURRENCY, Fetching
from support import delivering
from support.waiting import until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("uploads_open")]


def closing(call_next: SyncCallNext, context: JobContext, worker: Worker) -> object:
    try:
        return call_next()
    finally:
        connection.close()


def work_off() -> None:
    """As a worker does that ends when it finds nothing to do."""

    async def work() -> None:
        with app.replace_connector(Fetching(app.connector)) as working:
            async with working.open_async():
                await working.run_worker_async(
                    concurrency=CONCURRENCY,
                    wait=False,
                    task_middleware=[closing],
                    install_signal_handlers=False,
                )

    asyncio.run(work())


def answered(delivery: Delivery) -> Callable[[], bool]:
    return lambda: Delivery.objects.get(pk=delivery.pk).is_answered


def test_a_file_is_checked_while_long_jobs_that_came_before_it_are_at_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer = delivering.checked(delivering.account())
    begun, go_on = [], Event()

    def long(delivery: Delivery) -> None:
        begun.append(delivery)
        assert go_on.wait(60)

    monkeypatch.setattr(receipt_books, "renew", long)
    for _ in range(CONCURRENCY + 1):
        renew_workbooks.defer(delivery_id=str(answer.pk))
    waiting = delivering.delivered(delivering.account(code="1131000025"))
    with ThreadPoolExecutor(1) as worker:
        working = worker.submit(work_off)
        try:
            until(answered(waiting), 60, "the file's receipt")
            assert len(begun) == 1
            assert not working.done()
        finally:
            go_on.set()
        working.result(60)
    while ProcrastinateJob.objects.filter(lock=LONG, status="todo").exists():
        work_off()
    assert len(begun) == CONCURRENCY + 1
