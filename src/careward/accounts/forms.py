"""allauth's forms in the platform's words, and closed where a role must not pass."""

from typing import Any

from allauth.account import forms as account_forms
from allauth.mfa.base import forms as mfa_forms
from allauth.mfa.totp import forms as totp_forms
from django import forms
from django.core.exceptions import ValidationError

from careward.accounts.links import INSTITUTION_CODE
from careward.accounts.models import Role, User
from careward.kernel.texts import text
from careward.shell.forms import PlainForm


class _OwnWords(PlainForm):
    """Takes label and hint from our texts although allauth has set its own."""

    def _word(self, name: str, field: forms.Field) -> None:
        field.label, field.help_text = None, ""
        field.widget.attrs.pop("placeholder", None)
        super()._word(name, field)

    def add_error(self, field: str | None, error: Any) -> None:
        """Give allauth's bare sentence about two different new passwords a code."""
        if not isinstance(error, ValidationError):
            error = ValidationError(str(error), code="mismatch")
        super().add_error(field, error)


class _PersonFirst:
    """allauth's forms about a signed-in person take that person as the first positional argument."""

    def __init__(self, data: Any = None, files: Any = None, *, user: User, **options: Any) -> None:
        super().__init__(user, data, files, **options)  # type: ignore[call-arg]


class SignInForm(_OwnWords, account_forms.LoginForm):  # type: ignore[misc]
    """Staff: address and password."""

    texts = "accounts:sign_in"

    def add_error(self, field: str | None, error: Any) -> None:
        """A refused pair of address and password is shown at the first of the two."""
        super().add_error(field or "login", error)


class RequestCodeForm(_OwnWords, account_forms.RequestLoginCodeForm):  # type: ignore[misc]
    """Institutions: the mailbox to send a code to."""

    texts = "accounts:request_code"
    _user: User | None

    def clean_email(self) -> str:
        """Staff are as unknown here as strangers: the answer is the same, and nothing is sent."""
        email = str(super().clean_email())
        if self._user is not None and self._user.role != Role.INSTITUTION:
            self._user = None
        return email


class ConfirmCodeForm(_OwnWords, account_forms.ConfirmLoginCodeForm):  # type: ignore[misc]
    """The code from the letter."""

    texts = "accounts:confirm_code"


class RequestResetForm(_OwnWords, account_forms.ResetPasswordForm):  # type: ignore[misc]
    """Staff who forgot their password."""

    texts = "accounts:request_reset"
    users: list[User]

    def clean_email(self) -> str:
        """Only staff have a password; for everybody else the answer is the same, and nothing is sent."""
        email = str(super().clean_email())
        self.users = [user for user in self.users if user.is_staff_member]
        return email


class ConfirmResetForm(_OwnWords, account_forms.ConfirmPasswordResetCodeForm):  # type: ignore[misc]
    """The code from the letter about the forgotten password."""

    texts = "accounts:confirm_code"


class NewPasswordForm(_OwnWords, account_forms.ResetPasswordKeyForm):  # type: ignore[misc]
    """A new password after the code was right."""

    texts = "accounts:new_password"


class ChangePasswordForm(_OwnWords, _PersonFirst, account_forms.ChangePasswordForm):  # type: ignore[misc]
    """A new password while signed in."""

    texts = "accounts:new_password"


class PasswordAgainForm(_OwnWords, account_forms.ReauthenticateForm):  # type: ignore[misc]
    """The password once more, before something grave."""

    texts = "accounts:password_again"


class SecondFactorForm(_OwnWords, mfa_forms.AuthenticateForm):  # type: ignore[misc]
    """The app's code, or a recovery code, while signing in."""

    texts = "accounts:second_factor"


class SecondFactorAgainForm(_OwnWords, mfa_forms.ReauthenticateForm):  # type: ignore[misc]
    """The same, before something grave."""

    texts = "accounts:second_factor"


class ActivateForm(_OwnWords, totp_forms.ActivateTOTPForm):  # type: ignore[misc]
    """The first code of a new app."""

    texts = "accounts:activate"


class OpenLinkForm(PlainForm):
    """What must be typed to open a mailed link; ``asks`` are the texts that say what (a purpose's)."""

    code = forms.CharField(max_length=254)

    def __init__(self, data: Any = None, *, asks: str, **options: Any) -> None:
        self.texts = asks  # type: ignore[misc]
        super().__init__(data, **options)
        self.title, self.lead = text(f"{asks}.title"), text(f"{asks}.lead")
        self.code_width = 20 if asks == INSTITUTION_CODE else 30
