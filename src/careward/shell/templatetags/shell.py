"""``{% load shell %}``: dates, tags, small components and the slots that later packages fill."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Final

from django import template
from django.core.paginator import Page
from django.template.context import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString

from careward.kernel import clock
from careward.kernel.roc import closing, format_date, weekday_zh
from careward.kernel.text import thousands
from careward.kernel.texts import text
from careward.shell.components import Milestone, Task
from careward.shell.forms import PlainForm
from careward.shell.panels import render_slot
from careward.shell.templatetags import shell_fields

register = template.Library()

# Not a template each, since a page of answers has twenty.
_SUMMARY_ROW: Final = (
    '<div class="govuk-summary-list__row{}">\n'
    '<dt class="govuk-summary-list__key">{}</dt>\n'
    '<dd class="govuk-summary-list__value">{}</dd>{}\n</div>\n'
)
_CHANGE: Final = (
    '\n<dd class="govuk-summary-list__actions"><a class="govuk-link" href="{}">{}'
    '<span class="govuk-visually-hidden">{}</span></a></dd>'
)
register.simple_tag(shell_fields.field)
register.filter(thousands)


@register.simple_tag
def words(key: str, **values: object) -> str:
    """Return a text of the shell's own ``texts.yaml``, for words a component fills with values."""
    return text(f"shell:{key}", **values)


@register.simple_tag
def roc_date(day: date) -> SafeString:
    """Show a day as 114 年 12 月 8 日（一）, the AD date one hover away (design.md §4)."""
    return _time(day, "dates.day")


@register.simple_tag
def roc_moment(moment: datetime) -> SafeString:
    """Show a moment as 114 年 12 月 8 日（一）17:00, always on the clock of Taipei."""
    return _time(moment, "dates.moment")


@register.simple_tag
def roc_until(moment: datetime) -> SafeString:
    """Show a moment at which something ends: midnight as 24:00 of the day before."""
    day, time = closing(moment)
    return _time(moment, "dates.moment", day, time)


def _time(at: date, key: str, day: date | None = None, time: str = "") -> SafeString:
    local = at.astimezone(clock.TAIPEI) if isinstance(at, datetime) else at
    named = day or local
    shown = text(
        f"shell:{key}",
        date=format_date(named),
        weekday=weekday_zh(named)[-1],
        time=time or (f"{local:%H:%M}" if isinstance(local, datetime) else ""),
    )
    machine = local.isoformat(timespec="minutes") if isinstance(local, datetime) else local.isoformat()
    return format_html('<time datetime="{}" title="{}">{}</time>', machine, f"{named:%Y-%m-%d}", shown)


@register.simple_tag
def remaining(until: datetime) -> str:
    """Say in words how long it still is: the two largest units, minutes only on the last day."""
    left = clock.remaining(until, clock.now())
    if left.days:
        key = "days_hours" if left.hours else "days"
    elif left.hours:
        key = "hours_minutes" if left.minutes else "hours"
    elif left.minutes:
        key = "minutes"
    else:
        key = "moments" if clock.now() <= until else "over"
    return text(f"shell:remaining.{key}", days=left.days, hours=left.hours, minutes=left.minutes)


@register.simple_tag
def phone(number: str) -> SafeString:
    """Show a telephone number so that a phone dials it, the extension after a pause."""
    line, _, extension = number.partition("#")
    digits = "".join(sign for sign in line if sign.isdigit()).removeprefix("0")
    address = f"+886{digits},{extension}" if extension else f"+886{digits}"
    return format_html('<a class="govuk-link cw-figures" href="tel:{}">{}</a>', address, number)


@register.simple_tag
def tag(label: str, colour: str = "") -> SafeString:
    """Show a state as a coloured tag; GOV.UK's colours, or ``cw-now`` for what must be done now."""
    modifier = f" govuk-tag--{colour}" if colour else ""
    return format_html('<strong class="govuk-tag{}">{}</strong>', modifier, label)


@register.simple_tag
def title_prefix(*forms: PlainForm) -> str:
    """Begin the title with 錯誤： when a form came back with errors: a screen reader reads it first."""
    return text("shell:errors_shown.title_prefix") if any(form.errors for form in forms) else ""


@register.inclusion_tag("shell/components/error_summary.html")
def error_summary(*forms: PlainForm) -> dict[str, object]:
    """List every error of the forms on the page, each leading to its field."""
    faults = [fault for form in forms if form.errors for fault in form.faults()]
    return {"faults": faults, "count": len(faults)}


@register.simple_tag
def summary_row(key: str, value: object, change_url: str = "", act: str = "change") -> SafeString:
    """One row of a summary list; its link, to ``change`` or to ``show``, names what it is about."""
    if not change_url:
        return format_html(_SUMMARY_ROW, " govuk-summary-list__row--no-actions", key, value, "")
    change = format_html(_CHANGE, change_url, text(f"shell:summary.{act}"), key)
    return format_html(_SUMMARY_ROW, "", key, value, change)


@register.inclusion_tag("shell/components/season_line.html")
def season_line(steps: Iterable[Milestone]) -> dict[str, object]:
    """Draw a season; the year stands where it changes."""
    drawn, year = [], 0
    for step in steps:
        local = step.at.astimezone(clock.TAIPEI) if isinstance(step.at, datetime) else step.at
        drawn.append(
            {"step": step, "at": local, "timed": isinstance(local, datetime), "when": _when(local, year)}
        )
        year = local.year
    return {"steps": drawn}


def _when(at: date, year_before: int) -> str:
    shown = (
        format_date(at)
        if at.year != year_before
        else text("shell:dates.month_day", month=at.month, day=at.day)
    )
    return f"{shown} {at:%H:%M}" if isinstance(at, datetime) else shown


@register.inclusion_tag("shell/components/task_list.html")
def task_list(tasks: Iterable[Task]) -> dict[str, object]:
    """Draw what is to be done and how far each is."""
    return {"tasks": tasks}


@register.inclusion_tag("shell/components/pager.html", takes_context=True)
def pager(context: Context, page: Page[object], name: str = "page") -> dict[str, object]:
    """Lead through the pages of a list; the rest of the query stays as it is."""
    elided = page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
    return {"request": context["request"], "page": page, "numbers": list(elided), "name": name}


@register.simple_tag(takes_context=True)
def page_address(context: Context, number: int, name: str) -> str:
    """Return the address of another page of the same list, the rest of the query kept."""
    query = context["request"].GET.copy()
    query[name] = number
    return f"?{query.urlencode()}"


@register.inclusion_tag("shell/components/copyable.html")
def copyable(value: str) -> dict[str, object]:
    """Show a code that people carry elsewhere, with a button to copy it where scripts run."""
    return {"value": value}


@register.inclusion_tag("shell/components/back_link.html")
def back_link(url: str, label: str = "") -> dict[str, object]:
    """Lead one page back."""
    return {"url": url, "label": label}


@register.inclusion_tag("shell/components/button.html")
def button(
    label: str, kind: str = "", *, href: str = "", start: bool = False, **attributes: object
) -> dict[str, object]:
    """A button (or a link that looks like one, with ``href``); ``kind`` is secondary, warning or empty."""
    return {"label": label, "kind": kind, "href": href, "start": start, "attributes": attributes}


@register.simple_tag(takes_context=True)
def panel(context: Context, slot: str, subject: object = None) -> SafeString:
    """Show what later packages have to say about the subject, in the named slot."""
    return render_slot(slot, context.get("request"), subject)


register.simple_tag(panel, takes_context=True, name="panels")
