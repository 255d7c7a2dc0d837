"""The worker: does jobs from the queue, and takes up again what a killed worker left undone."""

import asyncio
import contextlib
import logging

from django.db import close_old_connections
from procrastinate import App
from procrastinate.contrib.django import app
from procrastinate.job_context import JobContext
from procrastinate.jobs import Status
from procrastinate.middleware import SyncCallNext
from procrastinate.worker import Worker

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 2.0
STALLED_AFTER_SECONDS = 8.0
"""A worker that has not said for so long that it lives is held for dead, and its jobs are done again."""
MOST_ATTEMPTS = 5
CONCURRENCY = 2


def run() -> None:
    """Work until SIGTERM or SIGINT; a job in hand is finished first."""
    asyncio.run(_run())


async def _run() -> None:
    connector = app.connector.get_worker_connector()  # type: ignore[attr-defined]
    with app.replace_connector(connector) as working:
        async with working.open_async():
            sweep = asyncio.create_task(_sweep(working))
            log.info("worker ready")
            try:
                await working.run_worker_async(
                    concurrency=CONCURRENCY,
                    update_heartbeat_interval=HEARTBEAT_SECONDS,
                    stalled_worker_timeout=STALLED_AFTER_SECONDS,
                    shutdown_graceful_timeout=20,
                    task_middleware=[_with_fresh_connections],
                )
            finally:
                sweep.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await sweep


async def _sweep(working: App) -> None:
    while True:
        for job in await working.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER_SECONDS):
            if job.attempts >= MOST_ATTEMPTS:
                log.error("job %s (%s) stalled %s times and is given up", job.id, job.task_name, job.attempts)
                await working.job_manager.finish_job(job, status=Status.FAILED, delete_job=False)
            else:
                log.warning("job %s (%s) was left by a dead worker and is done again", job.id, job.task_name)
                await working.job_manager.retry_job(job)
        await asyncio.sleep(STALLED_AFTER_SECONDS / 4)


def _with_fresh_connections(call_next: SyncCallNext, context: JobContext, worker: Worker) -> object:
    close_old_connections()
    try:
        return call_next()
    finally:
        close_old_connections()
