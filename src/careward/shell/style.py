"""Samples for the style page: every component in every state, filled with invented things."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django import forms
from django.core.paginator import Paginator
from django.templatetags.static import static

from careward.kernel import clock
from careward.kernel.texts import text
from careward.shell.components import Milestone, Tab, Task
from careward.shell.forms import PlainForm, RocDateField, by_text

_SOME: Final = "#"
_TAGS: Final = {
    "draft": "grey",
    "waiting": "yellow",
    "sent": "blue",
    "review": "light-blue",
    "opened": "turquoise",
    "accepted": "green",
    "checked": "purple",
    "supplement": "orange",
    "refused": "red",
    "now": "cw-now",
}


class SampleForm(PlainForm):
    """One field of every kind."""

    texts = "shell:style"

    name = forms.CharField(max_length=20)
    code = forms.CharField(max_length=10)
    mailbox = forms.EmailField()
    beds = forms.IntegerField(min_value=1)
    since = RocDateField()
    county = forms.ChoiceField(choices=by_text("", "taipei", "tainan"))
    mode = forms.ChoiceField(choices=by_text("own", "rented", "ministry"), widget=forms.RadioSelect)
    months = forms.MultipleChoiceField(
        choices=by_text("first", "second"), widget=forms.CheckboxSelectMultiple
    )
    scan = forms.FileField()
    remark = forms.CharField(required=False, max_length=200, widget=forms.Textarea)
    agreed = forms.BooleanField()

    def clean_code(self) -> str:
        """Show an error that carries a value."""
        code = str(self.cleaned_data["code"])
        if not code.isdigit():
            raise self.fault("letters", found=code)
        return code


@dataclass(frozen=True)
class Finding:
    """One line of a receipt."""

    line: int | None
    field: str
    rule: str
    found: str
    expected: str
    mend: str


def _said(key: str) -> str:
    return text(f"shell:style.{key}")


def _steps(now: datetime) -> list[Milestone]:
    day = timedelta(days=1)
    return [
        Milestone(_said("steps.open"), (now - 14 * day).date(), "done"),
        Milestone(_said("steps.close"), now + 7 * day, "now"),
        Milestone(_said("steps.review"), now + 11 * day, "later"),
        Milestone(_said("steps.accounts"), (now + 18 * day).date(), "later"),
        Milestone(_said("steps.upload"), (now + 21 * day).date(), "later"),
        Milestone(_said("steps.end"), (now + 150 * day).date(), "later", _said("steps.end_note")),
    ]


def _tasks() -> list[Task]:
    return [
        Task(_said("tasks.institution"), _SOME, _said("tasks.done")),
        Task(_said("tasks.manager"), _SOME, _said("tasks.begun"), "light-blue", _said("tasks.hint")),
        Task(_said("tasks.sources"), _SOME, _said("tasks.open"), "blue"),
        Task(_said("tasks.send"), "", _said("tasks.not_yet")),
    ]


def samples(page: int) -> dict[str, Any]:
    """Return what the style page draws; ``page`` is the page of the sample list of 2,000 rows."""
    now = clock.now().replace(minute=0)
    given = {"name": _said("too_long"), "code": "11A", "mailbox": "a", "beds": "0", "since": "2025/12/8"}
    wrong = SampleForm({f"wrong-{name}": value for name, value in given.items()}, prefix="wrong")
    return {
        "now": now,
        "later": now + timedelta(days=7, hours=8),
        "form": SampleForm(initial={"since": now.date(), "mode": "own"}),
        "wrong": wrong,
        "steps": _steps(now),
        "tasks": _tasks(),
        "tags": [(_said(f"tags.{key}"), colour) for key, colour in _TAGS.items()],
        "tabs": [
            Tab(_said("tabs.all"), _SOME, current=True, count=37),
            Tab(_said("tabs.mended"), _SOME, count=4),
        ],
        "page": Paginator(range(2000), 25).get_page(page),
        "scans": [static("shell/sample-page.svg")],
        "findings": [
            Finding(
                3,
                _said("findings.id"),
                "E2-004",
                "A12345678O",
                _said("findings.id_is"),
                _said("findings.id_do"),
            ),
            Finding(
                18, _said("findings.date"), "E1-001", "", _said("findings.date_is"), _said("findings.date_do")
            ),
            Finding(None, "", "E4-002", "big5", _said("findings.file_is"), _said("findings.file_do")),
        ],
    }
