"""``{% load oversight %}``: durations, shares and cells of a list as people read them."""

from datetime import date, datetime, timedelta

from django import template

from careward.kernel.clock import TAIPEI
from careward.kernel.roc import short_date
from careward.kernel.texts import text
from careward.oversight.rules import Share

register = template.Library()
_DAY = 24
_SHORT = 10


@register.filter
def took(duration: timedelta | None) -> str:
    """Hours, or days from two days on; a dash when nothing was measured."""
    if duration is None:
        return text("oversight:nothing")
    hours = duration.total_seconds() / 3600
    if hours < 2 * _DAY:
        return text("oversight:hours", hours=f"{hours:.1f}")
    return text("oversight:days", days=f"{hours / _DAY:.1f}")


@register.filter
def share(one: Share | None) -> str:
    """A share in percent; a star when it is not published."""
    return text("oversight:star") if one is None else f"{one.percent:.1f} %"


@register.filter
def cell(value: object) -> str:
    """A cell of a list: moments on the clock of Taipei, days in ROC years, nothing as a dash."""
    if value is None or value == "":
        return text("oversight:nothing")
    if isinstance(value, datetime):
        local = value.astimezone(TAIPEI)
        return f"{short_date(local.date())} {local:%H:%M}"
    return short_date(value) if isinstance(value, date) else str(value)


@register.filter
def fitting(value: object) -> str:
    """The class of a cell: a short one stays on its line, a long one may break anywhere."""
    return "cw-nowrap" if len(str(value or "")) <= _SHORT else "cw-break"
