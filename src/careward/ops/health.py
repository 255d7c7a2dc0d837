"""What ``/healthz`` looks at: one function per part, each answering with a state and a short note."""

import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob, ProcrastinateWorker

from careward.correspondence.models import Letter
from careward.gateway.health import probe
from careward.ops.worker import STALLED_AFTER_SECONDS
from careward.rulebook import current

LEAST_FREE_BYTES = 500 * 1024 * 1024
LETTERS_LATE_AFTER = timedelta(minutes=10)
JOBS_LATE_AFTER = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Health:
    """``state``: ok, warning or down; a part that is down makes the whole unhealthy."""

    state: str
    note: str = ""


def _database() -> Health:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return Health("ok")


def _worker() -> Health:
    # The database's clock, not the platform's: a demo may have moved the latter.
    since = timezone.now() - timedelta(seconds=2 * STALLED_AFTER_SECONDS)
    alive = ProcrastinateWorker.objects.filter(last_heartbeat__gte=since).count()
    return Health("ok", f"{alive} at work") if alive else Health("down", "no worker has a heartbeat")


def _queue() -> Health:
    """Checks, letters, page pictures whose turn it is and nobody touches, and what a dead worker left lying.

    A job that waits for another one of the same lock has not had its turn.
    """
    then = timezone.now() - JOBS_LATE_AFTER
    untouched = ProcrastinateJob.objects.exclude(procrastinateevent__at__gt=then)
    locks = ProcrastinateJob.objects.filter(status="doing", lock__isnull=False).values("lock")
    due = untouched.filter(status="todo").exclude(scheduled_at__gt=then).exclude(lock__in=locks)
    left = untouched.filter(status="doing").exclude(worker__last_heartbeat__gt=then)
    waiting = due.count() + left.count()
    return Health("warning", f"{waiting} jobs wait for more than ten minutes") if waiting else Health("ok")


def _sftp() -> Health:
    reached = probe(settings.SFTP_HOST, settings.SFTP_PORT)
    return Health("ok") if reached else Health("down", "no SSH banner")


def _store() -> Health:
    free = shutil.disk_usage(settings.HOME).free
    return Health("ok") if free >= LEAST_FREE_BYTES else Health("down", f"only {free} bytes free")


def _letters() -> Health:
    late = Letter.objects.still_to_send().filter(
        events__pgh_created_at__lt=timezone.now() - LETTERS_LATE_AFTER
    )
    waiting = late.distinct().count()
    return Health("warning", f"{waiting} wait for more than ten minutes") if waiting else Health("ok")


def _rulebook() -> Health:
    return Health("ok", ", ".join(sorted(current().written_seasons)))


PARTS: dict[str, Callable[[], Health]] = {
    "database": _database,
    "worker": _worker,
    "queue": _queue,
    "sftp": _sftp,
    "store": _store,
    "letters": _letters,
    "rulebook": _rulebook,
}


def report() -> tuple[bool, dict[str, dict[str, str]]]:
    """Whether all is well enough to serve, and the state of each part."""
    states: dict[str, Health] = {"web": Health("ok")}
    for name, look in PARTS.items():
        try:
            states[name] = look()
        except (DatabaseError, OSError) as fault:
            states[name] = Health("down", type(fault).__name__)
    healthy = all(health.state != "down" for health in states.values())
    return healthy, {name: asdict(health) for name, health in states.items()}
