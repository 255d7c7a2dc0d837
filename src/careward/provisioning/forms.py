"""The vendor's form."""

import re

from django import forms
from django.conf import settings

from careward.kernel import networks
from careward.provisioning.models import UploadAccount
from careward.shell.forms import PlainForm

_USERNAME = re.compile(r"[a-z][a-z0-9-]{2,31}")


class CreateForm(PlainForm):
    """Account name and address list; the list has one address or CIDR range on each line."""

    texts = "provisioning:create"
    username = forms.CharField(max_length=32)
    sources = forms.CharField(widget=forms.Textarea, max_length=4000)

    def clean_username(self) -> str:
        """Lower-case letters, digits and hyphens, and not in use."""
        name = str(self.cleaned_data["username"]).strip().lower()
        if not _USERNAME.fullmatch(name):
            raise self.fault("pattern")
        if UploadAccount.objects.filter(username=name).exists():
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
