"""``{% load letters %}``: moments as a plain-text letter writes them, on the clock of Taipei."""

from datetime import datetime, timedelta

from django import template

from careward.kernel.clock import TAIPEI
from careward.kernel.roc import format_date, weekday_zh
from careward.kernel.texts import text

register = template.Library()


@register.filter
def moment(at: datetime) -> str:
    """A moment with its time of day."""
    return _worded(at.astimezone(TAIPEI), f"{at.astimezone(TAIPEI):%H:%M}")


@register.filter
def until(at: datetime) -> str:
    """A moment at which something ends: midnight is said as 24:00 of the day before."""
    local = at.astimezone(TAIPEI)
    if local.hour == local.minute == 0:
        return _worded(local - timedelta(minutes=1), "24:00")
    return _worded(local, f"{local:%H:%M}")


def _worded(local: datetime, time: str) -> str:
    return text("correspondence:moment", date=format_date(local), weekday=weekday_zh(local)[-1], time=time)
