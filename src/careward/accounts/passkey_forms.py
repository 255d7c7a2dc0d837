"""What browsers answer about passkeys: it comes from anywhere, so that whatever is malformed is refused alike."""

from typing import Any, Final

from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn import forms as webauthn_forms
from allauth.mfa.webauthn.internal import auth
from django import forms
from django.core.exceptions import ValidationError
from fido2.utils import websafe_encode

from careward.kernel.text import seen
from careward.shell.forms import PlainForm

_MALFORMED: Final = (TypeError, ValueError, KeyError, IndexError, AttributeError, OverflowError)
"""What fido2 and allauth let through from an answer that is JSON, but no answer of a key."""
_LONGEST: Final = 32_768
"""Characters of an answer; those of real keys have one or two thousand."""


class _Answer(forms.JSONField):
    """An answer as JSON, neither longer nor deeper than a device's."""

    widget = forms.HiddenInput

    def to_python(self, value: Any) -> Any:
        """Read it. Raises ValidationError."""
        try:
            if len(value or "") <= _LONGEST:
                return super().to_python(value)
        except RecursionError:
            pass
        raise ValidationError("", code="invalid", params={"value": ""})


class PasskeyNameForm(PlainForm):
    """What somebody calls a key, to tell it from the others."""

    texts = "accounts:passkey"

    name = forms.CharField(max_length=40)

    def clean_name(self) -> str:
        """One line of plain signs."""
        return seen(" ".join(self.cleaned_data["name"].split()))


class AddPasskeyForm(PasskeyNameForm):
    """A new key: its name, and what the browser made.

    A blank name is no reason to refuse a key that already lies on the device: it gets the one that was offered.
    """

    credential = _Answer()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["name"].required = False

    def clean_name(self) -> str:
        """As written, else as it was offered."""
        return super().clean_name() or str(self.initial["name"])

    def clean_credential(self) -> dict[str, Any]:
        """Check that it was made for this session's question, at our address, with its owner verified."""
        credential = self.cleaned_data["credential"]
        try:
            auth.parse_registration_response(credential)
            auth.complete_registration(credential)
        except (ValidationError, *_MALFORMED) as broken:
            raise self.fault("refused") from broken
        return dict(credential)


def _handle(key: Authenticator) -> str:
    return websafe_encode(auth.build_user_payload(key.user).id)


class _Shown(PlainForm):
    """A key that was shown: allauth checks it, our words say what is wrong."""

    texts = "accounts:passkey"

    def clean_credential(self) -> Authenticator:
        """The key, checked. One refusal for every reason: unknown, removed, another's, malformed."""
        answer = self.cleaned_data["credential"]
        try:
            key: Authenticator = super().clean_credential()  # type: ignore[misc]
        except ValidationError as refused:
            if refused.code == "too_many_login_attempts":
                raise self.fault(refused.code) from refused
            raise self.fault("refused") from refused
        except _MALFORMED as broken:
            raise self.fault("refused") from broken
        # allauth reads the owner's number however it is spelt; nothing signs it, so it must be as it was given out.
        if answer["response"].get("userHandle") not in (None, "", _handle(key)):
            raise self.fault("refused")
        return key


class PasskeySignInForm(_Shown, webauthn_forms.LoginWebAuthnForm):  # type: ignore[misc]
    """Signing in by a key alone."""

    credential = _Answer()


class SecondFactorPasskeyForm(_Shown, webauthn_forms.AuthenticateWebAuthnForm):  # type: ignore[misc]
    """Staff: the key after the password."""

    credential = _Answer()
