"""Which version is tried."""

from typing import Any

from django import forms

from careward import rulebook
from careward.shell.forms import PlainForm


class RecheckForm(PlainForm):
    """A version of the interchange rules in force."""

    texts = "rechecking:order"
    spec = forms.ChoiceField()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        versions = rulebook.current().interchanges
        spec = self.fields["spec"]
        assert isinstance(spec, forms.ChoiceField)
        spec.choices = [(version, version) for version in sorted(versions, reverse=True)]
