"""The pages of the form.

Each cleans to the fields of :data:`careward.applications.models.ANSWERS` it answers for.
"""

import re
from typing import Any, ClassVar

from django import forms

from careward import rulebook
from careward.applications.models import Application
from careward.applications.rules import shown_source
from careward.kernel.identifiers import is_personal_id, normalise_id
from careward.kernel.networks import RefusedSource, parse_source
from careward.kernel.text import NotAPhone, nfkc, parse_phone, seen
from careward.kernel.texts import text
from careward.shell.forms import PlainForm, by_text

_ID_LENGTH = 10
ADDRESS = re.compile(r"[@/\\]|[a-z0-9-]\.[a-z]{2,}", re.IGNORECASE)
"""Of a page or a mailbox, as mail programs make links of them."""


def one_line(typed: str) -> str:
    """A name as it is written, blanks tidied and unseen signs taken out.

    Full-width signs stay: documents are compared by eye.
    """
    return seen(" ".join(typed.split()))


def dialled(form: PlainForm, field: str) -> str:
    """A number that can be dialled from anywhere in the country; raises the fault of its field."""
    try:
        return str(parse_phone(form.cleaned_data[field]))
    except NotAPhone as refused:
        raise form.fault(refused.reason) from refused


class InstitutionForm(PlainForm):
    """Which institution it is."""

    texts = "applications:institution"
    purposes: ClassVar = {"institution_name": "organization"}

    institution_type = forms.ChoiceField(widget=forms.RadioSelect)
    institution_code = forms.CharField(max_length=20)
    institution_name = forms.CharField(max_length=120)
    county = forms.ChoiceField()
    ownership = forms.ChoiceField(widget=forms.RadioSelect)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        book = rulebook.current()
        self._choose("institution_type", [(kind.id, kind.label) for kind in book.institution_types.values()])
        self._choose("ownership", [(entry.id, entry.label) for entry in book.ownerships.values()])
        counties = [(county.code, county.name) for county in book.counties.values()]
        self._choose("county", [("", text("applications:institution.fields.county.none")), *counties])

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def choice_hint(self, name: str, value: str) -> str:
        """Under each type stands which code is meant."""
        if name == "institution_type":
            return rulebook.current().institution_type(value).code.says
        return super().choice_hint(name, value)

    def clean_institution_code(self) -> str:
        """Text as its authority writes it, without blanks and full-width signs."""
        return "".join(nfkc(self.cleaned_data["institution_code"]).split())

    def clean_institution_name(self) -> str:
        """One line, and no address: the name stands in letters, which anybody could have sent to anybody."""
        name = one_line(self.cleaned_data["institution_name"])
        if ADDRESS.search(nfkc(name)):
            raise self.fault("address")
        return name

    def clean(self) -> dict[str, Any]:
        """The code is written as codes of the chosen type are."""
        chosen, code = self.cleaned_data.get("institution_type"), self.cleaned_data.get("institution_code")
        if chosen and code:
            kind = rulebook.current().institution_type(chosen)
            if not kind.accepts_code(code):
                self.fail(
                    "institution_code", "of_type", type=kind.label, says=kind.code.says, length=len(code)
                )
        return self.cleaned_data


class PersonForm(PlainForm):
    """The person in charge.

    A number already given stays when its box is left empty: it is never shown again. A continuing institution is
    never asked for one (domain.md §2).
    """

    texts = "applications:person"

    person_name = forms.CharField(max_length=60)
    person_id = forms.CharField(max_length=20)

    def __init__(self, *args: Any, application: Application, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = application.person_id
        if application.identified_by_name:
            del self.fields["person_id"]
        elif self.known:
            self.fields["person_id"].required = False
            self.fields["person_id"].help_text = text(
                "applications:person.known_id", masked=application.masked_person_id
            )

    def clean_person_name(self) -> str:
        """One line of plain signs."""
        return one_line(self.cleaned_data["person_name"])

    def clean_person_id(self) -> str:
        """A national ID or a resident's number with its right check digit. Source: domain.md §5."""
        number = normalise_id(self.cleaned_data["person_id"]) or (self.known or "")
        if len(number) != _ID_LENGTH:
            raise self.fault("length", length=len(number))
        if not (
            number[0].isascii() and number[0].isalpha() and number[2:].isascii() and number[2:].isdigit()
        ):
            raise self.fault("shape")
        if number[1] not in "1289ABCD":
            raise self.fault("second")
        if not is_personal_id(number):
            raise self.fault("checksum")
        return number


class ContactForm(PlainForm):
    """Whom to reach, and the mailbox everything is sent to.

    A continuing institution keeps the mailbox it has (domain.md §2).
    """

    texts = "applications:contact"
    purposes: ClassVar = {"contact_name": "name", "contact_phone": "tel", "mailbox": "email"}

    contact_name = forms.CharField(max_length=60)
    contact_phone = forms.CharField(max_length=40)
    mailbox = forms.EmailField(max_length=254)

    def __init__(self, *args: Any, application: Application, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if application.kind == "continuing":
            del self.fields["mailbox"]

    def clean_contact_name(self) -> str:
        """One line of plain signs."""
        return one_line(self.cleaned_data["contact_name"])

    def clean_contact_phone(self) -> str:
        """A number that can be dialled from anywhere in the country, with its extension."""
        return dialled(self, "contact_phone")

    def clean_mailbox(self) -> str:
        """Small letters: a mailbox is one, however it is typed."""
        mailbox: str = self.cleaned_data["mailbox"]
        return mailbox.lower()


class MailboxForm(PlainForm):
    """The mailed code; whether it is the right one, :mod:`careward.applications.proofs` knows."""

    texts = "applications:mailbox"

    code = forms.CharField(max_length=40)


class ModeForm(PlainForm):
    """How the institution connects, of the modes its type may choose."""

    texts = "applications:mode"

    mode = forms.ChoiceField(widget=forms.RadioSelect)

    def __init__(self, *args: Any, application: Application, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        possible = application.rules.modes_for(application.institution_type)
        self.guidance: dict[str, str] = {mode.id: mode.guidance.value for mode in possible}
        field = self.fields["mode"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(mode.id, mode.label) for mode in possible]

    def choice_hint(self, name: str, value: str) -> str:
        """Under each mode stands whom it is for."""
        return self.guidance.get(value, "")


class SourcesForm(PlainForm):
    """The addresses the institution will upload from, one a line; each refused one is told with its line."""

    texts = "applications:sources"

    sources = forms.CharField(widget=forms.Textarea, required=False, max_length=2000)
    add_current = forms.BooleanField(required=False)

    def __init__(
        self, *args: Any, application: Application, current: str, allow_loopback: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.allow_loopback = allow_loopback
        self.most = application.rules.limits.source_networks.value
        self.current = self._offered(current, application.sources)
        if self.current:
            label = text("applications:sources.fields.add_current.offer", address=shown_source(self.current))
            self.fields["add_current"].label = label
        else:
            del self.fields["add_current"]

    def _offered(self, address: str, known: list[str]) -> str:
        try:
            found = str(parse_source(address, allow_loopback=self.allow_loopback))
        except RefusedSource:
            return ""
        return "" if found in known else found

    def clean(self) -> dict[str, Any]:
        """Networks as CIDR text, each once, in the order given; at least one, at most the season's limit."""
        written = self.cleaned_data.get("sources", "").replace(",", "\n").replace(";", "\n").splitlines()
        lines = [(number, line.strip()) for number, line in enumerate(written, start=1) if line.strip()]
        found = [source for number, line in lines if (source := self._read(number, line))]
        if self.cleaned_data.get("add_current"):
            found.append(self.current)
        networks = list(dict.fromkeys(found))
        if not self.errors and not networks:
            self.fail("sources", "none")
        if len(networks) > self.most:
            self.fail("sources", "too_many", most=self.most, given=len(networks))
        if not self.errors:
            self.cleaned_data["sources"] = networks
        return self.cleaned_data

    def _read(self, number: int, line: str) -> str:
        try:
            return str(parse_source(line, allow_loopback=self.allow_loopback))
        except RefusedSource as refused:
            self.fail("sources", refused.code, line=number, typed=line[:60])
            return ""


class WhichForm(PlainForm):
    """Which procedure fits: asked by GET, nothing is kept."""

    texts = "applications:which"

    connected = forms.ChoiceField(choices=by_text("no", "yes"), widget=forms.RadioSelect)
    mailbox = forms.ChoiceField(choices=by_text("same", "other"), widget=forms.RadioSelect, required=False)

    def clean(self) -> dict[str, Any]:
        """Who was connected last season says whether the mailbox stays."""
        if self.cleaned_data.get("connected") == "yes" and not self.cleaned_data.get("mailbox"):
            self.fail("mailbox", "required")
        return self.cleaned_data

    @property
    def kind(self) -> str:
        """新加入 or 延續, once the form is valid (S0: a changed mailbox goes the way of new applicants)."""
        stays = self.cleaned_data["connected"] == "yes" and self.cleaned_data["mailbox"] == "same"
        return "continuing" if stays else "new"


class DeclarationForm(PlainForm):
    """What is declared when sending."""

    texts = "applications:declaration"

    notice_read = forms.BooleanField()
    declared = forms.BooleanField()


class ResendForm(PlainForm):
    """Which case's link is to be mailed again: what the public knows and what only the institution knows."""

    texts = "applications:resend"

    institution_code = forms.CharField(max_length=40)
    mailbox = forms.EmailField(max_length=254)

    def clean_institution_code(self) -> str:
        """Written as in the application."""
        return "".join(nfkc(self.cleaned_data["institution_code"]).split())

    def clean_mailbox(self) -> str:
        """Small letters, as it is kept."""
        mailbox: str = self.cleaned_data["mailbox"]
        return mailbox.lower()


class NothingForm(PlainForm):
    """Nothing to fill: the button is the answer."""

    texts = "applications:nothing"


class RemovalForm(PlainForm):
    """Nothing to fill: the button is the answer."""

    texts = "applications:removal"


class CodeForm(PlainForm):
    """The typed confirmation of a binding act. Source: security-baseline.md, "Mailed links" 3."""

    texts = "applications:confirmation"

    code = forms.CharField(max_length=40)

    def __init__(self, *args: Any, application: Application, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.expected = application.institution_code

    def clean_code(self) -> str:
        """The institution's code, however wide or spaced it is typed."""
        typed = "".join(nfkc(self.cleaned_data["code"]).split())
        if typed.casefold() != self.expected.casefold():
            raise self.fault("differs")
        return typed


class CompletionForm(CodeForm):
    """The confirmation of 完成申請."""

    texts = "applications:completion"
