"""The worker: does jobs from the queue, and takes up again what a killed worker left undone."""

import asyncio
import contextlib
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple
from typing import Any

from django.db import DatabaseError, close_old_connections, connection
from procrastinate import App
from procrastinate.connector import BaseConnector
from procrastinate.contrib.django import app
from procrastinate.contrib.django.utils import connector_params
from procrastinate.exceptions import ConnectorException
from procrastinate.job_context import JobContext
from procrastinate.jobs import Status
from procrastinate.middleware import SyncCallNext
from procrastinate.psycopg_connector import PsycopgConnector
from procrastinate.worker import Worker
from psycopg import AsyncConnection

from careward.accounts import devices, open_sessions
from careward.accounts.throttle import forget
from careward.applications import reconciling as applications
from careward.correspondence.jobs import take_up
from careward.intake.reconciling import Reconciled, reconcile
from careward.journal import sealing
from careward.kernel import clock
from careward.ops import hands
from careward.oversight.jobs import Sent, do_due

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 2.0
STALLED_AFTER_SECONDS = 8.0
"""A worker that has not said for so long that it lives is held for dead, and its jobs are done again."""
MOST_ATTEMPTS = 5
CONCURRENCY = 2
LOOK_EVERY_SECONDS = 1.0
"""A job that waited for another of its lock is not told of when that ends: it is found when a hand looks."""
TIDY_EVERY_SECONDS = 300.0
DUE_EVERY_SECONDS = 60.0
FORGET_EVERY_SECONDS = 3_600.0
JOBS_KEPT_HOURS = 30 * 24
"""Of jobs done well, for who looks into what the queue did; those that failed stay [decided]."""


def run(*, hand: bool = False) -> None:
    """Work until SIGTERM or SIGINT; a job in hand is finished first. A ``hand`` does jobs and nothing else."""
    if hand:
        hands.end_with_parent()
    asyncio.run(_run(hand=hand))


class Fetching(PsycopgConnector):
    """Fetches jobs over connections of its own.

    What an act enqueues goes over the act's own connection, as everywhere else: it waits for the commit and is gone
    with a rollback. procrastinate's worker would send it at once, so that it may begin before the act has ended.
    """

    def __init__(self, enqueuing: BaseConnector) -> None:
        super().__init__(kwargs=connector_params(), configure=_each_statement_alone)
        self._enqueuing = enqueuing

    def get_sync_connector(self) -> BaseConnector:
        """Of synchronous code, as acts and jobs are: Django's."""
        return self._enqueuing


async def _each_statement_alone(connection: AsyncConnection[Any]) -> None:
    """Fetching a job, or telling its end, is one statement: BEGIN and COMMIT would be two more ways each."""
    await connection.set_autocommit(True)


async def _run(*, hand: bool) -> None:
    with app.replace_connector(Fetching(app.connector)) as working:
        async with working.open_async():
            beside = [] if hand else _housekeeping(working)
            log.info("worker ready")
            try:
                await working.run_worker_async(
                    concurrency=CONCURRENCY,
                    fetch_job_polling_interval=LOOK_EVERY_SECONDS,
                    update_heartbeat_interval=HEARTBEAT_SECONDS,
                    stalled_worker_timeout=STALLED_AFTER_SECONDS,
                    shutdown_graceful_timeout=20,
                    task_middleware=[_with_fresh_connections],
                )
            finally:
                for task in beside:
                    task.cancel()
                for task in beside:
                    with contextlib.suppress(asyncio.CancelledError):
                        await task


def _housekeeping(working: App) -> list[asyncio.Task[None]]:
    """What one process of a worker does beside its jobs, the other processes among it."""
    duties = (
        hands.keep(hands.processes() - 1),
        _post_due(),
        _seal(),
        _sweep(working),
        _forget_jobs(working),
        _tidy(),
    )
    return [asyncio.create_task(duty) for duty in duties]


async def _tidy() -> None:
    """Bring store and rows in step again, at the start and every few minutes."""
    while True:
        await _bring_in_step()
        await asyncio.sleep(TIDY_EVERY_SECONDS)


async def _bring_in_step() -> None:
    try:
        done, letters, (left, pictures) = await asyncio.to_thread(_reconcile)
        if done.signed:
            log.info("%s older receipts signed", done.signed)
        if done.removed or done.taken_up or letters or left or pictures:
            log.warning(
                "reconciled: %s leftovers removed, %s deliveries, %s letters and %s page pictures taken up",
                done.removed + left,
                done.taken_up,
                letters,
                pictures,
            )
    except (DatabaseError, OSError):
        log.exception("reconciling failed and is tried again")


def _reconcile() -> tuple[Reconciled, int, tuple[int, int]]:
    close_old_connections()
    try:
        forget()
        open_sessions.forget()
        devices.forget(clock.now())
        return reconcile(), take_up(), applications.reconcile()
    finally:
        connection.close()


async def _post_due() -> None:
    """Post digests and warnings whose moment has come, at the start and every minute."""
    while True:
        try:
            sent = await asyncio.to_thread(_do_due)
            if any(astuple(sent)):
                log.info("posted: %s digests, %s warnings, %s about accounts", *astuple(sent))
        except DatabaseError:
            log.exception("posting what is due failed and is tried again")
        await asyncio.sleep(DUE_EVERY_SECONDS)


def _do_due() -> Sent:
    close_old_connections()
    try:
        return do_due()
    finally:
        connection.close()


async def _seal() -> None:
    """Seal the journal every second, in one thread that keeps its connection."""
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(1, "sealer") as thread:
        while True:
            try:
                await loop.run_in_executor(thread, _seal_once)
            except DatabaseError:
                log.exception("sealing failed and is tried again")
            await asyncio.sleep(sealing.EVERY_SECONDS)


def _seal_once() -> None:
    close_old_connections()
    sealing.seal()


async def _sweep(working: App) -> None:
    """Look for jobs of dead workers; where one is given up, what trusted in it has another at once, not in minutes."""
    while True:
        try:
            given_up = await _take_up_stalled(working)
        except ConnectorException:
            log.exception("looking for stalled jobs failed and is tried again")
            given_up = False
        if given_up:
            await _bring_in_step()
        await asyncio.sleep(STALLED_AFTER_SECONDS / 4)


async def _forget_jobs(working: App) -> None:
    """Let jobs go that were done long ago, lest the queue grow for ever."""
    while True:
        try:
            await working.job_manager.delete_old_jobs(JOBS_KEPT_HOURS)
        except ConnectorException:
            log.exception("forgetting old jobs failed and is tried again")
        await asyncio.sleep(FORGET_EVERY_SECONDS)


async def _take_up_stalled(working: App) -> bool:
    """Have jobs of dead workers done again; whether one was given up."""
    given_up = False
    for job in await working.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER_SECONDS):
        if job.attempts >= MOST_ATTEMPTS:
            log.error("job %s (%s) stalled %s times and is given up", job.id, job.task_name, job.attempts)
            await working.job_manager.finish_job(job, status=Status.FAILED, delete_job=False)
            given_up = True
        else:
            log.warning("job %s (%s) was left by a dead worker and is done again", job.id, job.task_name)
            await working.job_manager.retry_job(job)
    return given_up


def _with_fresh_connections(call_next: SyncCallNext, context: JobContext, worker: Worker) -> object:
    close_old_connections()
    try:
        return call_next()
    finally:
        close_old_connections()
