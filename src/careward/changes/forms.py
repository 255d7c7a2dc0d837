"""Forms of a change: whose it is, why not, and the chosen office."""

from django import forms

from careward.kernel.text import nfkc
from careward.shell.forms import PlainForm


class LinkForm(PlainForm):
    """Which institution wants the link: its public code alone, as the link goes to the registered mailbox."""

    texts = "changes:link"

    institution_code = forms.CharField(max_length=40)

    def clean_institution_code(self) -> str:
        """As its authority writes it, without blanks and full-width signs."""
        return "".join(nfkc(self.cleaned_data["institution_code"]).split())


class ReasonForm(PlainForm):
    """Why it is given back, refused, or could not be processed; the institution reads it."""

    texts = "changes:reason"

    reason = forms.CharField(widget=forms.Textarea, max_length=1000)
