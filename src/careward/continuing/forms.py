"""Forms of the continuing institution: one typed code, or code and mailbox; and of those who keep the list."""

from typing import Any

from django import forms

from careward.applications.forms import dialled, one_line
from careward.continuing.models import Invitation
from careward.continuing.rectifying import RECTIFIABLE
from careward.kernel import tokens
from careward.kernel.text import mask_name, nfkc
from careward.kernel.texts import text
from careward.shell.forms import PlainForm


class CodeForm(PlainForm):
    """The institution's code, typed to confirm what the page says will happen."""

    texts = "continuing:confirmation"

    code = forms.CharField(max_length=40)

    def __init__(self, *args: Any, invitation: Invitation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.invitation = invitation

    def clean_code(self) -> str:
        """Case, width and blanks do not matter."""
        code = _plain(self.cleaned_data["code"])
        if not tokens.same(code, _plain(self.invitation.institution.code)):
            raise self.fault("differs")
        return code


class LetterForm(PlainForm):
    """Who wants the invitation sent once more."""

    texts = "continuing:letter"

    institution_code = forms.CharField(max_length=40)
    mailbox = forms.EmailField(max_length=254)

    def clean_institution_code(self) -> str:
        """As its authority writes it, without blanks and full-width signs."""
        return "".join(nfkc(self.cleaned_data["institution_code"]).split())

    def clean_mailbox(self) -> str:
        """In lower case, as mailboxes are kept."""
        return str(self.cleaned_data["mailbox"]).lower()


class RectifyForm(PlainForm):
    """What the list has wrong of a participant; people are not shown, an empty box leaves them as they are."""

    texts = "continuing:rectifying"

    mailbox = forms.EmailField(max_length=254)
    person_name = forms.CharField(max_length=60, required=False)
    contact_name = forms.CharField(max_length=60, required=False)
    contact_phone = forms.CharField(max_length=40, required=False)
    reason = forms.CharField(max_length=200)

    def __init__(self, data: Any = None, *, invitation: Invitation) -> None:
        super().__init__(
            data, initial={"mailbox": invitation.mailbox, "contact_phone": invitation.contact_phone}
        )
        self.invitation = invitation
        for name in ("person_name", "contact_name"):
            known = getattr(invitation, name)
            if known:
                hint = text("continuing:rectifying.known", masked=mask_name(known))
                self.fields[name].help_text = hint

    @property
    def changes(self) -> dict[str, str]:
        """What is to be corrected, by field; of a valid form."""
        given = {name: self.cleaned_data[name] for name in RECTIFIABLE}
        return {
            name: value
            for name, value in given.items()
            if value and value != (getattr(self.invitation, name) or "")
        }

    def clean_mailbox(self) -> str:
        """In lower case, as mailboxes are kept."""
        return str(self.cleaned_data["mailbox"]).lower()

    def clean_person_name(self) -> str:
        """One line of plain signs."""
        return one_line(self.cleaned_data["person_name"])

    def clean_contact_name(self) -> str:
        """One line of plain signs."""
        return one_line(self.cleaned_data["contact_name"])

    def clean_contact_phone(self) -> str:
        """With its area code."""
        return dialled(self, "contact_phone") if self.cleaned_data["contact_phone"] else ""


class ReasonForm(PlainForm):
    """Why an institution is struck from the list."""

    texts = "continuing:reasons"

    reason = forms.CharField(max_length=200)


class PutBackForm(ReasonForm):
    """Why an institution is put back on the list."""

    texts = "continuing:reasons_to_put_back"


def _plain(code: str) -> str:
    return "".join(nfkc(code).split()).casefold()
