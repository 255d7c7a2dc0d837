"""Asking for a reason, and for a witness."""

from django import forms

from careward.shell.forms import PlainForm


class LookForm(PlainForm):
    """Which record, and why it must be seen in full."""

    texts = "custody:look"
    line = forms.IntegerField(min_value=1, max_value=99_999_999)
    reason = forms.CharField(max_length=200)


class DisposalForm(PlainForm):
    """Who is there when it is destroyed."""

    texts = "custody:disposal"
    witness = forms.CharField(max_length=60)
