"""The queue does not grow for ever."""

import asyncio

import pytest
from django.db import connection
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from careward.intake.jobs import check_delivery
from careward.ops import worker

pytestmark = pytest.mark.django_db(transaction=True)


def ended(state: str, hours_ago: int) -> int:
    """A job that came to this end so long ago; its id."""
    number = check_delivery.defer(delivery_id="x")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing' WHERE id = %s", [number])
        cursor.execute("UPDATE procrastinate_jobs SET status = %s WHERE id = %s", [state, number])
        cursor.execute(
            "UPDATE procrastinate_events SET at = now() - make_interval(hours => %s) WHERE job_id = %s",
            [hours_ago, number],
        )
    return number


def test_jobs_done_well_long_ago_are_forgotten_and_failed_ones_kept() -> None:
    long_ago, lately = worker.JOBS_KEPT_HOURS + 1, worker.JOBS_KEPT_HOURS - 1
    ended("succeeded", long_ago)
    kept = {ended("succeeded", lately), ended("failed", long_ago), check_delivery.defer(delivery_id="y")}

    async def forget() -> None:
        with app.replace_connector(worker.Fetching(app.connector)) as working:
            async with working.open_async():
                await worker._forget_jobs(working)

    asyncio.run(forget())
    assert set(ProcrastinateJob.objects.values_list("id", flat=True)) == kept
