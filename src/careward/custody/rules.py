"""Pure decisions of keeping: until when a delivery is kept.

Source: rules/retention.yaml. What was accepted is kept from the end of the month it is about, everything else from
when it was received.
"""

from datetime import datetime, time, timedelta

from careward.intake.procedure import ACCEPTED, SUPERSEDED
from careward.kernel.clock import TAIPEI
from careward.kernel.roc import RocMonth
from careward.rulebook.retention import Retention

EVER_ACCEPTED = (ACCEPTED, SUPERSEDED)


def kept_until(
    retention: Retention, *, state: str, lane: str, dataset: str, period: str, received_at: datetime
) -> datetime:
    """The moment up to which a delivery is kept. Raises KeyError for an unknown dataset."""
    if lane == "test":
        return received_at + timedelta(days=retention.tested.days)
    if state not in EVER_ACCEPTED:
        return received_at + timedelta(days=retention.not_accepted.days)
    return _after(RocMonth.parse(period), retention.datasets[dataset].years)


def _after(month: RocMonth, years: int) -> datetime:
    first_free = RocMonth(month.year + years, month.month).following().first_day
    return datetime.combine(first_free, time(), tzinfo=TAIPEI)


def latest_free_month(years: int, now: datetime) -> str:
    """The newest month whose accepted files of a dataset may be destroyed at ``now``; ``00000`` when there is none."""
    local = now.astimezone(TAIPEI)
    count = (local.year - 1911 - years) * 12 + local.month - 1 - 1
    while count >= 12:
        month = RocMonth(count // 12, count % 12 + 1)
        if now > _after(month, years):
            return str(month)
        count -= 1
    return "00000"
