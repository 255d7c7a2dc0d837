"""How jobs that share a lock of the queue take turns: of those with one lock one is done at a time."""

from typing import Final

from procrastinate import RetryDecision, RetryStrategy
from procrastinate.jobs import Job
from typing_extensions import override

LONG: Final = "long"
"""The lock of jobs that may take minutes: together they hold one hand of the workers, the others go on with checks and
letters. For kinds of which few wait at a time (decision 0057)."""

_AGAIN: Final = -1
"""Below checks and pages' jobs, above the letters that repeat a receipt."""


class AfterTheOthers(RetryStrategy):
    """Tried again with less priority: else a job that waits for its time would hold up all others of its lock."""

    @override
    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        decision = super().get_retry_decision(exception=exception, job=job)
        if decision is not None:
            decision.priority = _AGAIN
        return decision
