"""A recheck by the rules in force, done by the worker."""

from procrastinate.contrib.django import app

from careward.flow.queueing import LONG, AfterTheOthers
from careward.rechecking.models import Recheck
from careward.rulebook import current


@app.task(
    queue="default",
    lock=LONG,
    name="rechecking.run",
    retry=AfterTheOthers(max_attempts=6, exponential_wait=4),
)
def run(recheck_id: str) -> None:
    """Go through what is left; what was noted before a worker died is not done again."""
    # Only here: gateway and web know the job and should not hold in memory what checks.
    from careward.rechecking.going import go_through

    recheck = Recheck.objects.get(pk=recheck_id)
    if recheck.done_at is None:
        go_through(recheck, current().interchange(recheck.spec))
