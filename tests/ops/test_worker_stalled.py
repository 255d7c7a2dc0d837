"""Jobs a dead worker left: taken up again, but not for ever; and no hiccup of the database ends the looking."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from procrastinate import App
from procrastinate.exceptions import ConnectorException
from procrastinate.testing import InMemoryConnector

from careward.intake.reconciling import Reconciled
from careward.ops import worker

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def _queue(connector: InMemoryConnector, *heartbeats: datetime | None, attempts: int = 0) -> App:
    """One job in hand of each worker; None is a worker already struck off."""
    app = App(connector=connector)

    @app.task(name="job")
    def job() -> None:
        """Do nothing."""

    for number, heartbeat in enumerate(heartbeats, start=1):
        job.defer()
        connector.jobs[number] |= {"status": "doing", "worker_id": number, "attempts": attempts}
        if heartbeat:
            connector.workers[number] = heartbeat
    return app


def _states(connector: InMemoryConnector) -> list[str]:
    return [job["status"] for job in connector.jobs.values()]


def test_jobs_of_dead_workers_are_done_again_and_those_of_living_ones_left_alone() -> None:
    connector = InMemoryConnector()
    now = datetime.now(UTC)
    barely = now - timedelta(seconds=worker.STALLED_AFTER_SECONDS - 4)
    app = _queue(connector, now, LONG_AGO, None, barely)
    asyncio.run(worker._take_up_stalled(app))
    assert _states(connector) == ["doing", "todo", "todo", "doing"]
    assert [job["attempts"] for job in connector.jobs.values()] == [0, 1, 1, 0]


@pytest.mark.parametrize(
    ("attempts", "state"), [(worker.MOST_ATTEMPTS - 1, "todo"), (worker.MOST_ATTEMPTS, "failed")]
)
def test_a_job_that_stalls_again_and_again_is_given_up(attempts: int, state: str) -> None:
    connector = InMemoryConnector()
    asyncio.run(worker._take_up_stalled(_queue(connector, LONG_AGO, attempts=attempts)))
    assert _states(connector) == [state]


@pytest.mark.parametrize(("attempts", "at_once"), [(0, False), (worker.MOST_ATTEMPTS, True)])
def test_what_a_job_that_is_given_up_would_have_done_is_looked_for_at_once(
    attempts: int, at_once: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[list[str]] = []
    connector = InMemoryConnector()
    app = _queue(connector, LONG_AGO, attempts=attempts)

    def reconcile() -> tuple[Reconciled, int, tuple[int, int]]:
        looked.append(_states(connector))
        return Reconciled(0, 0), 0, (0, 0)

    monkeypatch.setattr(worker, "_reconcile", reconcile)
    asyncio.run(worker._sweep(app))
    assert looked == ([["failed"]] if at_once else [])


class Shaky(InMemoryConnector):
    """A database that is away twice."""

    asked = 0

    async def select_stalled_jobs_by_heartbeat_all(self, *args: Any, **kwargs: Any) -> Any:
        self.asked += 1
        if self.asked <= 2:
            raise ConnectorException("away")
        return await super().select_stalled_jobs_by_heartbeat_all(*args, **kwargs)


def test_a_database_that_is_away_for_a_moment_does_not_end_the_looking() -> None:
    connector = Shaky()
    app = _queue(connector, LONG_AGO)

    async def look() -> None:
        ending = asyncio.Event()

        async def sweep() -> None:
            await worker._sweep(app)
            ending.set()

        await asyncio.wait_for(worker._every(0.001, sweep, ending, "looking"), 60)

    asyncio.run(look())
    assert _states(connector) == ["todo"]
    assert connector.asked == 3
