"""Forms of the directory."""

from typing import Any, Final

from django import forms
from django.conf import settings

from careward.kernel import tokens
from careward.kernel.identifiers import is_business_id, normalise_id
from careward.kernel.networks import RefusedSource, parse_source
from careward.kernel.text import NotAPhone, parse_phone, seen
from careward.shell.forms import PlainForm
from careward.vendors.keys import SMALLEST_RSA, RefusedKey, public_line
from careward.vendors.models import SystemVendor

MOST_SOURCES: Final = 20


class DataForm(PlainForm):
    """What a vendor may change at any time."""

    texts = "vendors:entry"

    name = forms.CharField(max_length=120)
    contact = forms.CharField(max_length=60)
    phone = forms.CharField(max_length=40)
    sources = forms.CharField(widget=forms.Textarea, max_length=2000)
    public_key = forms.CharField(widget=forms.Textarea, max_length=4000, required=False)

    def clean_name(self) -> str:
        """One line of plain signs."""
        return seen(" ".join(self.cleaned_data["name"].split()))

    def clean_phone(self) -> str:
        """With its area code."""
        try:
            return str(parse_phone(self.cleaned_data["phone"]))
        except NotAPhone as refused:
            raise self.fault("unreadable") from refused

    def clean_sources(self) -> list[str]:
        """One address or network a line; loopback in the demo season only."""
        found: list[str] = []
        lines = [line.strip() for line in self.cleaned_data["sources"].splitlines() if line.strip()]
        if len(lines) > MOST_SOURCES:
            raise self.fault("too_many", most=MOST_SOURCES, given=len(lines))
        for line in lines:
            try:
                found.append(str(parse_source(line, allow_loopback=settings.DEMO)))
            except RefusedSource as refused:
                raise self.fault("wrong", typed=line) from refused
        return list(dict.fromkeys(found))

    def clean_public_key(self) -> str:
        """One key as institutions may register it, too; its comment is left out. A secret one is not shown again."""
        written = self.cleaned_data["public_key"]
        try:
            return public_line(written) if written.strip() else ""
        except RefusedKey as refused:
            if refused.is_secret:
                self.data = {**self.data, "public_key": ""}
            raise self.fault(refused.code, least=SMALLEST_RSA) from refused


class LinkForm(PlainForm):
    """Which company wants its link: the 統一編號 alone, as the link goes to the mailbox of its entry."""

    texts = "vendors:link"

    business_id = forms.CharField(max_length=20)

    def clean_business_id(self) -> str:
        """A 統一編號 by the rule in force since 2023-04. Source: domain.md §5."""
        number = normalise_id(self.cleaned_data["business_id"])
        if not is_business_id(number):
            raise self.fault("checksum")
        return number


class EntryForm(DataForm, LinkForm):
    """A new vendor: also who it is and where it reads mail."""

    texts = "vendors:entry"

    mailbox = forms.EmailField(max_length=254)
    field_order = ("name", "business_id", "contact", "phone", "mailbox", "sources", "public_key")

    def clean_mailbox(self) -> str:
        """In lower case."""
        return str(self.cleaned_data["mailbox"]).lower()


class ConfirmForm(PlainForm):
    """The 統一編號, typed to confirm."""

    texts = "vendors:confirmation"

    business_id = forms.CharField(max_length=20)

    def __init__(self, *args: Any, vendor: SystemVendor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.vendor = vendor

    def clean_business_id(self) -> str:
        """Width and blanks do not matter."""
        typed = normalise_id(self.cleaned_data["business_id"])
        if not tokens.same(typed, self.vendor.business_id):
            raise self.fault("differs")
        return typed


class ClosingForm(PlainForm):
    """Why an entry is closed."""

    texts = "vendors:closing"

    reason = forms.CharField(max_length=200)
