"""What a dead worker left is taken up whatever else lies in the queue: one job that cannot be keeps none waiting."""

import asyncio

import pytest
from django.db import connection
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job

from careward.continuing.jobs import keep_up
from careward.intake.jobs import check_delivery
from careward.ops import worker

pytestmark = pytest.mark.django_db(transaction=True)


def left(number: int) -> int:
    """Of a job: its worker fetched it, died and was struck off."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing' WHERE id = %s", [number])
    return number


def take_up() -> bool:
    async def look() -> bool:
        with app.replace_connector(worker.Fetching(app.connector)) as working:
            async with working.open_async():
                return await worker._take_up_stalled(working)

    return asyncio.run(look())


def state(number: int) -> str:
    return str(ProcrastinateJob.objects.get(pk=number).status)


def test_a_duty_of_every_minute_whose_next_one_waits_already_gives_way_to_it_and_checks_are_done_again() -> (
    None
):
    died = left(keep_up.defer())
    following = keep_up.defer()
    check = left(check_delivery.defer(delivery_id="x"))
    assert take_up() is False
    assert (state(died), state(following), state(check)) == ("failed", "todo", "todo")


def test_a_duty_of_every_minute_is_done_again_when_its_next_one_has_not_come_yet() -> None:
    died = left(keep_up.defer())
    take_up()
    assert state(died) == "todo"


def test_a_job_that_cannot_be_taken_up_keeps_none_of_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    ended, check = left(keep_up.defer()), left(check_delivery.defer(delivery_id="x"))
    retry = app.job_manager.retry_job

    async def ended_meanwhile(job: Job) -> None:
        if job.id == ended:
            raise ConnectorException
        await retry(job)

    monkeypatch.setattr(
        "procrastinate.manager.JobManager.retry_job", lambda manager, job: ended_meanwhile(job)
    )
    take_up()
    assert (state(ended), state(check)) == ("doing", "todo")
