"""A process that has everything loaded and makes gateways and workers by forking, so that they start at once.

Run as ``python -m support.spawner``; each line of its input is a command, each answer one line. Killing what it made
with -9 is what it is for: hundreds of times, where each start from nothing would take seconds.
"""

import hashlib
import json
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any


def main() -> None:
    import django

    django.setup()
    from django.db import connections

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    _say("ready")
    for line in sys.stdin:
        command, *words = line.split()
        connections.close_all()
        child = os.fork()
        if not child:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.setsid()
            try:
                COMMANDS[command](*words)
            finally:
                sys.stderr.flush()
                os._exit(0)
        _say(str(child))


def _say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def gateway() -> None:
    from careward.gateway.main import main as serve

    serve()


def hasty_gateway() -> None:
    """Acknowledges first and commits a moment later: what the harness must catch."""
    from careward.gateway.django_backend import DjangoBackend

    receive = DjangoBackend.receive

    def hasty(self: DjangoBackend, *facts: Any, **more: Any) -> str:
        def later() -> None:
            time.sleep(0.2)
            receive(self, *facts[:3], kept, **more)

        kept = self.begin()  # the gateway lets go of what arrived as soon as it has its answer
        for piece in facts[3].content():
            kept.write(piece)
        threading.Thread(target=later, daemon=True).start()
        return "0000000000"

    DjangoBackend.receive = hasty  # type: ignore[method-assign, assignment]
    gateway()


def worker() -> None:
    from careward.ops.worker import run

    run()


def register(username: str, kind: str, blob: str) -> None:
    """Let a key open an account."""
    from careward.journal import Actor, acting
    from careward.kernel import clock
    from careward.provisioning.models import AccountKey, UploadAccount

    with acting(Actor.system("test"), "prepare"):
        account = UploadAccount.objects.get(username=username)
        AccountKey.objects.create(account=account, line=f"{kind} {blob}", valid_from=clock.now())


_OF_A_JOB = ("id", "task_name", "status", "attempts", "lock", "scheduled_at", "worker_id", "args")


def report(place: str) -> None:
    """Write every delivery with what its object really holds, and the jobs that are not done, with their workers."""
    from procrastinate.contrib.django.models import ProcrastinateJob, ProcrastinateWorker

    from careward.intake.models import AcceptedFile, Delivery
    from careward.store.objects import StoredBroken, StoredMissing, objects

    rows = []
    for delivery in Delivery.objects.order_by("received_at", "pk"):
        try:
            with objects().open(delivery.raw_key) as file:
                held = hashlib.sha256(file.read()).hexdigest()
        except (StoredMissing, StoredBroken) as fault:
            held = type(fault).__name__
        rows.append((delivery.name, delivery.sha256, held, delivery.state, delivery.attempts))
    jobs = ProcrastinateJob.objects.exclude(status="succeeded").order_by("pk").values_list(*_OF_A_JOB)
    workers = ProcrastinateWorker.objects.order_by("pk").values_list("id", "last_heartbeat")
    told = {
        "rows": rows,
        "in_force": AcceptedFile.objects.in_force().count(),
        "unfinished": jobs.filter(status__in=("todo", "doing")).count(),
        "jobs": [" ".join(map(str, job)) for job in jobs],
        "workers": [f"worker {number}, last heard of {at}" for number, at in workers],
    }
    unfinished = Path(f"{place}.new")
    unfinished.write_text(json.dumps(told))
    unfinished.rename(place)


COMMANDS: dict[str, Any] = {
    "gateway": gateway,
    "hasty_gateway": hasty_gateway,
    "worker": worker,
    "register": register,
    "report": report,
}

if __name__ == "__main__":
    main()
