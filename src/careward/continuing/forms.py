"""Forms of the continuing institution: one typed code, or code and mailbox."""

from typing import Any

from django import forms

from careward.continuing.models import Invitation
from careward.kernel import tokens
from careward.kernel.text import nfkc
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


def _plain(code: str) -> str:
    return "".join(nfkc(code).split()).casefold()
