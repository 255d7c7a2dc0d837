"""How an officer wants to be told of new cases."""

from django import forms

from careward.oversight.models import How
from careward.shell.forms import PlainForm, by_text


class ChoiceForm(PlainForm):
    """At once, or a digest a day."""

    texts = "oversight:choice"
    how = forms.ChoiceField(choices=by_text(*How.values), widget=forms.RadioSelect)
