"""What the officer fills in: the checklist, 補件, reasons, notes."""

from collections.abc import Iterator, Sequence
from datetime import datetime, time
from typing import Any

from django import forms
from django.forms.boundfield import BoundField

from careward import rulebook
from careward.applications.models import Application
from careward.kernel.clock import TAIPEI
from careward.kernel.text import nfkc
from careward.kernel.texts import text
from careward.review.rules import unticked
from careward.review.supplementing import Wanted
from careward.rulebook.season import ChecklistItem
from careward.shell.forms import PlainForm, RocDateField


class SignOffForm(PlainForm):
    """One tick per item of the season's checklist, and a remark."""

    texts = "review:sign_off"
    ticked = forms.MultipleChoiceField(widget=forms.CheckboxSelectMultiple, required=False)
    remark = forms.CharField(widget=forms.Textarea, required=False, max_length=2000)

    def __init__(self, checklist: Sequence[ChecklistItem], *args: Any, **options: Any) -> None:
        self.checklist = checklist
        super().__init__(*args, **options)
        ticked = self.fields["ticked"]
        assert isinstance(ticked, forms.MultipleChoiceField)
        ticked.choices = [(item.id, item.text) for item in checklist]

    def clean_ticked(self) -> list[str]:
        """All items; the first that is missing is named."""
        ticked = list(self.cleaned_data["ticked"])
        left = unticked(self.checklist, ticked)
        if left:
            raise self.fault("incomplete", count=len(left), first=left[0].text)
        return ticked


class ReasonForm(PlainForm):
    """Why something is undone, closed or moved; ``needed`` False makes it a remark one may leave out."""

    texts = "review:reason"
    reason = forms.CharField(widget=forms.Textarea, max_length=2000)

    def __init__(self, *args: Any, needed: bool = True, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["reason"].required = needed
        if not needed:
            self.fields["reason"].label = text("review:sign_off.fields.remark.label")
            self.fields["reason"].help_text = text("review:sign_off.fields.remark.hint")


class TransferForm(ReasonForm):
    """The desk a case goes to, and why."""

    texts = "review:transfer"
    county = forms.ChoiceField()
    unit = forms.ChoiceField(widget=forms.RadioSelect)
    field_order = ("county", "unit", "reason")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        book = rulebook.current()
        counties = [("", text("shell:choose")), *((c.code, c.name) for c in book.counties.values())]
        units = [(unit.id, unit.label) for unit in book.types.local_units.values()]
        for name, choices in (("county", counties), ("unit", units)):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = choices


class NoteForm(PlainForm):
    """An internal note."""

    texts = "review:note"
    words = forms.CharField(widget=forms.Textarea, max_length=2000)


class SupplementForm(PlainForm):
    """What is to be mended: per item a phrase or own words, and until when."""

    texts = "review:supplement"
    due_day = RocDateField()
    due_time = forms.RegexField(regex=r"^([01]?\d|2[0-3]):[0-5]\d$", max_length=5)

    def __init__(self, checklist: Sequence[ChecklistItem], due: datetime, *args: Any, **options: Any) -> None:
        self.checklist = checklist
        local = due.astimezone(TAIPEI)
        options.setdefault("initial", {"due_day": local.date(), "due_time": f"{local:%H:%M}"})
        super().__init__(*args, **options)
        for item in checklist:
            self._ask_about(item)

    def _ask_about(self, item: ChecklistItem) -> None:
        phrases = [("", text("review:supplement.nothing"))]
        phrases += [(phrase.id, phrase.text) for phrase in item.phrases.values()]
        label = text("review:supplement.phrase", item=item.text)
        self.fields[f"phrase_{item.id}"] = forms.ChoiceField(choices=phrases, required=False, label=label)
        own = text("review:supplement.words", item=item.text)
        self.fields[f"words_{item.id}"] = forms.CharField(required=False, max_length=300, label=own)

    def rows(self) -> Iterator[tuple[ChecklistItem, BoundField, BoundField]]:
        """Each item with its two fields, in the order of the checklist."""
        for item in self.checklist:
            yield item, self[f"phrase_{item.id}"], self[f"words_{item.id}"]

    @property
    def wanted(self) -> list[Wanted]:
        """What was asked for; items with neither phrase nor words are fine as they are."""
        said = [
            Wanted(i.id, self.cleaned_data[f"phrase_{i.id}"], self.cleaned_data[f"words_{i.id}"])
            for i in self.checklist
        ]
        return [one for one in said if one.phrase or one.words]

    @property
    def due(self) -> datetime:
        """The moment it is due, on the clock of Taipei."""
        hour, minute = map(int, self.cleaned_data["due_time"].split(":"))
        return datetime.combine(self.cleaned_data["due_day"], time(hour, minute), tzinfo=TAIPEI)


class AnswerForm(PlainForm):
    """The institution's answer to 補件: words of its own if it likes, and the typed code."""

    texts = "review:answer"
    reply = forms.CharField(widget=forms.Textarea, required=False, max_length=1000)
    code = forms.CharField(max_length=40)

    def __init__(self, *args: Any, application: Application, **options: Any) -> None:
        super().__init__(*args, **options)
        self.application = application

    def clean_code(self) -> str:
        """The institution's code, however it is written."""
        typed = str(self.cleaned_data["code"])
        if nfkc(typed).replace(" ", "").casefold() != self.application.institution_code.casefold():
            raise self.fault("differs")
        return typed
