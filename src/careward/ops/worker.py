"""The worker: does jobs from the queue, and takes up again what a killed worker left undone."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple
from functools import partial
from typing import Any

from django.db import close_old_connections, connection
from procrastinate import App
from procrastinate.connector import BaseConnector
from procrastinate.contrib.django import app
from procrastinate.contrib.django.utils import connector_params
from procrastinate.exceptions import ConnectorException, UniqueViolation
from procrastinate.job_context import JobContext
from procrastinate.jobs import Job, Status
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
from careward.ops.ending import Deadline, Ending
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
    """Work until SIGTERM or SIGINT; a job in hand is finished first, or done again by the next worker.

    A ``hand`` does jobs and nothing else. Ends within a minute and a half, by force if it must (:mod:`.ending`).
    """
    if hand:
        hands.end_with_parent()
    deadline = Deadline()
    with deadline.called_off():
        asyncio.run(_run(deadline, hand=hand))


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


async def _run(deadline: Deadline, *, hand: bool) -> None:
    with app.replace_connector(Fetching(app.connector)) as working:
        working.perform_import_paths()  # type: ignore[no-untyped-call]
        async with working.open_async():
            ending = asyncio.Event()
            beside = [] if hand else _housekeeping(working, ending)
            log.info("worker ready")
            try:
                await Ending(  # type: ignore[no-untyped-call]
                    deadline,
                    app=working,
                    concurrency=CONCURRENCY,
                    fetch_job_polling_interval=LOOK_EVERY_SECONDS,
                    update_heartbeat_interval=HEARTBEAT_SECONDS,
                    stalled_worker_timeout=STALLED_AFTER_SECONDS,
                    shutdown_graceful_timeout=20,
                    task_middleware=[_with_fresh_connections],
                ).run()
            finally:
                deadline.begin()
                ending.set()
                for task in beside:
                    task.cancel()
                for fault in await asyncio.gather(*beside, return_exceptions=True):
                    if isinstance(fault, Exception):
                        log.error("a duty beside the jobs had ended", exc_info=fault)


def _housekeeping(working: App, ending: asyncio.Event) -> list[asyncio.Task[None]]:
    """What one process of a worker does beside its jobs, the other processes among it."""
    duties = (
        hands.keep(hands.processes() - 1),
        _seal(ending),
        _every(DUE_EVERY_SECONDS, _post_due, ending, "posting what is due"),
        _every(STALLED_AFTER_SECONDS / 4, partial(_sweep, working), ending, "looking for stalled jobs"),
        _every(FORGET_EVERY_SECONDS, partial(_forget_jobs, working), ending, "forgetting old jobs"),
        _every(TIDY_EVERY_SECONDS, _bring_in_step, ending, "reconciling"),
    )
    return [asyncio.create_task(duty) for duty in duties]


async def _every(
    seconds: float, duty: Callable[[], Awaitable[object]], ending: asyncio.Event, what: str
) -> None:
    """Do a duty now and again and again until ``ending`` is set, whatever becomes of it.

    Being cancelled is not enough to end: a sweep whose database had died was seen to go on after it (most likely as
    asyncio.wait_for of Python 3.11, within psycopg's pool, swallows it when what it waits for comes just then).
    """
    while not ending.is_set():
        try:
            await duty()
        except Exception:  # whatever it is: the duty is due again, and the others go on
            log.exception("%s failed and is tried again", what)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await ending.wait()


async def _bring_in_step() -> None:
    """Bring store and rows in step again, at the start and every few minutes."""
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
    sent = await asyncio.to_thread(_do_due)
    if any(astuple(sent)):
        log.info("posted: %s digests, %s warnings, %s about accounts", *astuple(sent))


def _do_due() -> Sent:
    close_old_connections()
    try:
        return do_due()
    finally:
        connection.close()


async def _seal(ending: asyncio.Event) -> None:
    """Seal the journal every second, in one thread that keeps its connection."""
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(1, "sealer") as thread:

        async def seal() -> None:
            await loop.run_in_executor(thread, _seal_once)

        await _every(sealing.EVERY_SECONDS, seal, ending, "sealing")


def _seal_once() -> None:
    close_old_connections()
    sealing.seal()


async def _sweep(working: App) -> None:
    """Look for jobs of dead workers; where one is given up, what trusted in it has another at once, not in minutes."""
    if await _take_up_stalled(working):
        await _bring_in_step()


async def _forget_jobs(working: App) -> None:
    """Let jobs go that were done long ago, lest the queue grow for ever."""
    await working.job_manager.delete_old_jobs(JOBS_KEPT_HOURS)


async def _take_up_stalled(working: App) -> bool:
    """Have jobs of dead workers done again; whether one was given up. One that cannot be keeps none of the others."""
    given_up = False
    for job in await working.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER_SECONDS):
        try:
            given_up |= await _take_up(working, job)
        except ConnectorException:
            log.exception("job %s (%s) could not be taken up and is looked at again", job.id, job.task_name)
    return given_up


async def _take_up(working: App, job: Job) -> bool:
    """Have a dead worker's job done again; True when it is given up instead.

    Of jobs with one queueing lock one waits at a time, so one after which the next came already stays undone: that
    will do all there is to do, and may wait for this one's lock.
    """
    if job.attempts >= MOST_ATTEMPTS:
        log.error("job %s (%s) stalled %s times and is given up", job.id, job.task_name, job.attempts)
        await working.job_manager.finish_job(job, status=Status.FAILED, delete_job=False)
        return True
    log.warning("job %s (%s) was left by a dead worker and is done again", job.id, job.task_name)
    try:
        await working.job_manager.retry_job(job)
    except UniqueViolation:
        log.warning("job %s (%s) is left undone: its next one waits already", job.id, job.task_name)
        await working.job_manager.finish_job(job, status=Status.FAILED, delete_job=False)
    return False


def _with_fresh_connections(call_next: SyncCallNext, context: JobContext, worker: Worker) -> object:
    close_old_connections()
    try:
        return call_next()
    finally:
        close_old_connections()
