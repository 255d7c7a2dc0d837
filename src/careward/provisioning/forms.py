"""The vendor's form."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.conf import settings

from careward.kernel import networks
from careward.provisioning.importing import USERNAME
from careward.provisioning.models import AccountKey, SystemAccount, UploadAccount
from careward.shell.forms import PlainForm
from careward.vendors.keys import RefusedKey, public_line


class CreateForm(PlainForm):
    """Account name and address list; the list has one address or CIDR range on each line."""

    texts = "provisioning:create"
    username = forms.CharField(max_length=32)
    sources = forms.CharField(widget=forms.Textarea, max_length=4000)

    def clean_username(self) -> str:
        """Lower-case letters, digits and hyphens, and not in use."""
        name = str(self.cleaned_data["username"]).strip().lower()
        if not USERNAME.fullmatch(name):
            raise self.fault("pattern")
        taken = (UploadAccount.objects, SystemAccount.objects)
        if any(accounts.filter(username=name).exists() for accounts in taken):
            raise self.fault("taken", name=name)
        return name

    def clean_sources(self) -> list[str]:
        """Every line a range that may stand on an address list; all bad ones are named."""
        lines = [line.strip() for line in str(self.cleaned_data["sources"]).splitlines() if line.strip()]
        good, faults = [], []
        for line in lines:
            try:
                good.append(str(networks.parse_source(line, allow_loopback=settings.DEMO)))
            except networks.RefusedSource as refused:
                faults.append(self.fault(refused.code, found=line))
        if faults:
            raise forms.ValidationError(faults)
        return good


class SuspendForm(PlainForm):
    """Why an account is stopped at once; institution and county read it."""

    texts = "provisioning:suspension"
    reason = forms.CharField(max_length=500)


class SystemSuspendForm(SuspendForm):
    """Why a system's account is stopped; the vendor and the institutions it uploads for read it."""

    texts = "provisioning:system_suspension"


class EndKeyForm(SuspendForm):
    """Which key opens an account no more, and why; one alone is chosen already."""

    texts = "provisioning:key_ending"
    key = forms.ChoiceField(widget=forms.RadioSelect)
    field_order = ("key", "reason")

    def __init__(self, data: Any = None, *, keys: Iterable[AccountKey]) -> None:
        choices = [(str(key.pk), key.fingerprint) for key in keys]
        super().__init__(
            data, auto_id="id_end_%s", initial={"key": choices[0][0] if len(choices) == 1 else None}
        )
        field = self.fields["key"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices


class KeyForm(PlainForm):
    """One SSH public key."""

    texts = "provisioning:key"
    line = forms.CharField(widget=forms.Textarea, max_length=8000)

    def clean_line(self) -> str:
        """Algorithm and key; what is wrong with anything else is said. A secret one is not shown again."""
        try:
            return public_line(self.cleaned_data["line"])
        except RefusedKey as refused:
            if refused.is_secret:
                self.data = {**self.data, "line": ""}
            raise self.fault(refused.code) from refused
