"""Forms of a place's people and of delegations."""

from typing import Any

from django import forms

from careward.kernel.text import seen
from careward.members.models import Member
from careward.shell.forms import PlainForm, RocDateField
from careward.vendors.models import SystemVendor


class AddForm(PlainForm):
    """A new clerk."""

    texts = "members:add"

    name = forms.CharField(max_length=60)
    mailbox = forms.EmailField(max_length=254)

    def clean_name(self) -> str:
        """One line of plain signs."""
        return seen(" ".join(self.cleaned_data["name"].split()))

    def clean_mailbox(self) -> str:
        """In lower case."""
        return str(self.cleaned_data["mailbox"]).lower()


class CodeForm(PlainForm):
    """The code that came to a clerk's mailbox."""

    texts = "members:code"

    code = forms.CharField(max_length=20)

    def __init__(self, data: Any = None, *, member: Member) -> None:
        super().__init__(data)
        self.member = member


class DelegationForm(PlainForm):
    """To whom, and from when to when."""

    texts = "members:delegation"

    company = forms.CharField(max_length=20)
    first_day = RocDateField()
    last_day = RocDateField()

    def clean_company(self) -> SystemVendor:
        """The company of a code, as the company hands it out: nobody browses the directory."""
        found = SystemVendor.objects.with_code(self.cleaned_data["company"])
        if found is None:
            raise self.fault("unknown")
        return found
