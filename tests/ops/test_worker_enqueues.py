"""What an act enqueues while a worker performs it waits for the act's commit and is gone with its rollback."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from careward.intake.jobs import check_delivery
from careward.ops.worker import Fetching

pytestmark = pytest.mark.django_db(transaction=True)


class Failed(Exception):
    """The act does not come to its end."""


def in_a_worker(act: Callable[[], None]) -> None:
    """Perform something in a thread of an open worker, as its synchronous jobs are."""

    def alone() -> None:
        try:
            act()
        finally:
            connection.close()

    async def work() -> None:
        with app.replace_connector(Fetching(app.connector)) as working:
            async with working.open_async():
                await asyncio.to_thread(alone)

    asyncio.run(work())


def waiting() -> int:
    """The jobs that are seen from here."""
    return ProcrastinateJob.objects.filter(task_name=check_delivery.name).count()


def enqueue(lock: str | None = None) -> None:
    """As an act does, for a delivery with the lock of its institution."""
    (check_delivery.configure(lock=lock) if lock else check_delivery).defer(delivery_id="x")


@pytest.mark.parametrize("lock", [None, "institution"])
def test_an_act_that_is_rolled_back_leaves_no_job(lock: str | None) -> None:
    def act() -> None:
        with transaction.atomic():
            enqueue(lock)
            assert waiting() == 1
            raise Failed

    with pytest.raises(Failed):
        in_a_worker(act)
    assert waiting() == 0


def test_nobody_sees_the_job_before_the_commit() -> None:
    seen_before: list[int] = []

    def act() -> None:
        with transaction.atomic():
            enqueue()
            seen_before.append(_seen_by_another())
        seen_before.append(_seen_by_another())

    in_a_worker(act)
    assert seen_before == [0, 1]


def _seen_by_another() -> int:
    def ask() -> int:
        try:
            return waiting()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(ask).result()
