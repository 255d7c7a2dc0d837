"""``{% load letters %}``: moments as a plain-text letter writes them, on the clock of Taipei."""

from datetime import date, datetime

from django import template

from careward.kernel.clock import TAIPEI
from careward.kernel.roc import closing, format_date, weekday_zh
from careward.kernel.text import thousands
from careward.kernel.texts import text

register = template.Library()
register.filter(thousands)


@register.filter
def moment(at: datetime) -> str:
    """A moment with its time of day."""
    local = at.astimezone(TAIPEI)
    return _worded(local, f"{local:%H:%M}")


@register.filter
def until(at: datetime) -> str:
    """A moment at which something ends: midnight is said as 24:00 of the day before."""
    return _worded(*closing(at))


@register.filter
def day(on: date) -> str:
    """A day without a time."""
    return format_date(on)


def _worded(day: date, time: str) -> str:
    return text("correspondence:moment", date=format_date(day), weekday=weekday_zh(day)[-1], time=time)
