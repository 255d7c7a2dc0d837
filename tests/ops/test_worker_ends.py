"""A worker whose database goes away ends, and is started anew: it never stays without doing anything."""

import asyncio
import subprocess
import sys
from typing import Any

import pytest
from procrastinate import App
from procrastinate.exceptions import ConnectorException
from procrastinate.testing import InMemoryConnector

from careward.intake.reconciling import Reconciled
from careward.ops import hands, worker
from careward.ops.ending import CUT_SHORT, Deadline, Ending
from careward.oversight.jobs import Sent

DEAF = """
import asyncio
from procrastinate import App
from procrastinate.testing import InMemoryConnector
from careward.ops.ending import Deadline, Ending

class Deaf(Ending):
    async def _update_heartbeat(self):
        while True:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                pass

async def work():
    worker = Deaf(Deadline(0.5), app=App(connector=InMemoryConnector()), listen_notify=False)
    asyncio.get_running_loop().call_later(0.1, worker.stop)
    await worker.run()

asyncio.run(work())
"""


class Forgetful(InMemoryConnector):
    """A database whose connection dies at the end of a job."""

    async def finish_job_run(self, *facts: Any, **more: Any) -> None:
        raise ConnectorException("away")


def test_a_worker_that_does_not_come_to_its_end_is_cut_short() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", DEAF], capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == CUT_SHORT, ended.stderr
    assert "did not end within 0.5 s" in ended.stderr


def test_a_worker_that_ends_in_time_is_not_cut_short() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", DEAF.replace("= Deaf(Deadline(0.5)", "= Ending(Deadline(60)")],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr


def test_a_worker_that_cannot_write_down_what_became_of_a_job_ends_and_the_job_is_left_to_the_next() -> None:
    connector = Forgetful()
    app = App(connector=connector)

    @app.task(name="job")
    def job() -> None:
        """Do nothing."""

    async def work() -> None:
        async with app.open_async():
            await job.defer_async()
            deadline = Deadline()
            with deadline.called_off():
                await asyncio.wait_for(Ending(deadline, app=app, listen_notify=False).run(), 60)

    asyncio.run(work())
    assert [one["status"] for one in connector.jobs.values()] == ["doing"]
    assert not connector.workers, "it is struck off, so that the job has no living worker"


def test_a_duty_that_does_not_hear_that_it_is_cancelled_ends_all_the_same() -> None:
    async def through() -> None:
        ending, begun = asyncio.Event(), asyncio.Event()

        async def deaf() -> None:
            begun.set()
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                return

        task = asyncio.create_task(worker._every(3600, deaf, ending, "this"))
        await begun.wait()
        ending.set()
        task.cancel()
        await asyncio.wait_for(task, 60)

    asyncio.run(through())


@pytest.mark.parametrize("fault", [ValueError("no such row"), OSError("disk"), TimeoutError()])
def test_a_duty_that_fails_in_whatever_way_is_done_again(fault: Exception) -> None:
    async def through() -> None:
        done, ending = 0, asyncio.Event()

        async def duty() -> None:
            nonlocal done
            done += 1
            if done < 3:
                raise fault
            ending.set()

        await asyncio.wait_for(worker._every(0.001, duty, ending, "this"), 60)
        assert done == 3

    asyncio.run(through())


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_can_no_longer_listen_ends_though_one_of_its_duties_does_not_hear_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looking = asyncio.Event()

    async def deaf(working: object) -> bool:
        looking.set()
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            return False
        return False

    async def away(*facts: object, **more: object) -> None:
        await looking.wait()
        raise ConnectorException("away")

    monkeypatch.setattr(worker, "_take_up_stalled", deaf)
    monkeypatch.setattr(worker.Fetching, "listen_notify", away)
    monkeypatch.setattr(worker, "_reconcile", lambda: (Reconciled(0, 0), 0, (0, 0)))
    monkeypatch.setattr(worker, "_do_due", lambda: Sent(0, 0, 0))
    monkeypatch.setattr(worker, "_seal_once", lambda: None)
    monkeypatch.setenv(hands.VARIABLE, "1")
    deadline = Deadline()

    async def through() -> None:
        await asyncio.wait_for(worker._run(deadline, hand=False), 60)

    with deadline.called_off():
        asyncio.run(through())
