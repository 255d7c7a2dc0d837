"""The officer's checklist."""

from collections.abc import Sequence
from typing import Any

from django import forms

from careward.review.rules import unticked
from careward.rulebook.season import ChecklistItem
from careward.shell.forms import PlainForm


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
