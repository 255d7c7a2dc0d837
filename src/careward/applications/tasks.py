"""The task list of the form, and where a page stands in it."""

from django.urls import reverse

from careward.applications.models import Application
from careward.applications.rules import sections
from careward.kernel.texts import text
from careward.shell.components import Task


def of_form(application: Application) -> list[Task]:
    """One line per page the case needs, the last for checking and sending.

    Before there is a draft nothing leads past the first page.
    """
    left = {section.id for section in application.unfinished_sections}
    lines = []
    for section in sections(application.way):
        can_start = bool(application.state) or section.id == "institution"
        if section.id == "mailbox":
            can_start = bool(application.mailbox)
        lines.append(_line(section.id, done=section.id not in left, can_start=can_start))
    whole = bool(application.state) and not left
    url = reverse("applications:check") if whole else ""
    status = text(f"applications:tasks.{'ready' if whole else 'later'}")
    return [*lines, Task(text("applications:sections.check"), url, status, "blue" if whole else "")]


def _line(section: str, *, done: bool, can_start: bool) -> Task:
    status = "done" if done else "open" if can_start else "later"
    return Task(
        text(f"applications:sections.{section}"),
        reverse("applications:step", args=[section]) if can_start else "",
        text(f"applications:tasks.{status}"),
        "blue" if status == "open" else "",
    )


def place(application: Application, section: str) -> dict[str, object]:
    """Where a page stands among those of the case: its number, how many, and the page before."""
    order = [known.id for known in sections(application.way)] + ["check"]
    at = order.index(section) if section in order else 0
    return {
        "section": section,
        "number": at + 1,
        "total": len(order),
        "previous": order[at - 1] if at else "",
    }
