"""The page of the form that asks for the vendor of a rented system: chosen by its code, or typed."""

from typing import Any, Final

from django import forms

from careward.applications.forms import ADDRESS, dialled, one_line
from careward.applications.models import Application
from careward.kernel.identifiers import is_business_id, normalise_id
from careward.kernel.text import nfkc
from careward.kernel.texts import text
from careward.shell.forms import PlainForm
from careward.vendors.models import SystemVendor

BUSINESS_ID_LENGTH: Final = 8
_VENDOR_FIELDS: Final = ("vendor_name", "vendor_business_id", "vendor_contact", "vendor_phone")


class VendorForm(PlainForm):
    """The vendor whose system the institution rents, and whom to reach there; one in the directory by its code.

    ``besides`` are answers of other pages that the directory knows: the vendor's addresses, while none are given.
    The code that stands is shown without the directory's data; whoever types some beside it is asked which counts.
    """

    texts = "applications:vendor"

    vendor_code = forms.CharField(max_length=20, required=False)
    vendor_name = forms.CharField(max_length=120)
    vendor_business_id = forms.CharField(max_length=20)
    vendor_contact = forms.CharField(max_length=60)
    vendor_phone = forms.CharField(max_length=40)

    def __init__(self, data: Any = None, *, application: Application, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.application = application
        if application.vendor_code:
            self.initial = {**self.initial, **dict.fromkeys(_VENDOR_FIELDS)}
            stands = text("applications:vendor.stands", name=application.vendor_name)
            self.fields["vendor_code"].help_text = stands
        self.besides: dict[str, object] = {}
        self.chosen = SystemVendor.objects.with_code(data.get("vendor_code", "")) if data else None
        if self.chosen is not None:
            for name in _VENDOR_FIELDS:
                self.fields[name].required = False

    def clean_vendor_code(self) -> str:
        """Of a vendor that stands in the directory; empty when the vendor is typed."""
        typed = str(self.cleaned_data["vendor_code"]).strip()
        if self.chosen is None:
            if typed:
                raise self.fault("unknown", typed=typed)
            return ""
        stood = self.chosen.code == self.application.vendor_code
        if stood and any(str(self.data.get(name, "")).strip() for name in _VENDOR_FIELDS):
            raise self.fault("both", known=self.chosen.code)
        return self.chosen.code

    def clean(self) -> dict[str, Any]:
        """What the directory says of the chosen vendor stands in place of what was typed."""
        vendor = self.chosen
        if vendor is not None:
            known = (vendor.name, vendor.business_id, vendor.contact, vendor.phone)
            for name, value in zip(_VENDOR_FIELDS, known, strict=True):
                self.errors.pop(name, None)
                self.cleaned_data[name] = value
            if not self.application.sources:
                self.besides = {"sources": list(vendor.sources)}
        return self.cleaned_data

    def clean_vendor_name(self) -> str:
        """One line, and no address: the name is printed on documents."""
        if self.chosen is not None:
            return self.chosen.name
        name = one_line(self.cleaned_data["vendor_name"])
        if ADDRESS.search(nfkc(name)):
            raise self.fault("address")
        return name

    def clean_vendor_business_id(self) -> str:
        """A 統一編號 by the rule in force since 2023-04. Source: domain.md §5."""
        if self.chosen is not None:
            return self.chosen.business_id
        number = normalise_id(self.cleaned_data["vendor_business_id"])
        if len(number) != BUSINESS_ID_LENGTH or not (number.isascii() and number.isdigit()):
            raise self.fault("shape", length=len(number))
        if not is_business_id(number):
            raise self.fault("checksum")
        return number

    def clean_vendor_contact(self) -> str:
        """One line of plain signs."""
        return one_line(self.cleaned_data["vendor_contact"])

    def clean_vendor_phone(self) -> str:
        """A number that can be dialled from anywhere in the country, with its extension."""
        return self.chosen.phone if self.chosen is not None else dialled(self, "vendor_phone")
