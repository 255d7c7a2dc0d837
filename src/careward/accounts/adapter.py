"""Where allauth asks the platform: who may use which way in, what counts as one account, what is mailed."""

from typing import Any, ClassVar, Final

import segno
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.stagekit import clear_login
from allauth.core.internal.ratelimit import truncate_ip
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from careward.accounts import passkeys
from careward.accounts.access import start_page_of, user_of
from careward.accounts.models import User
from careward.correspondence import post
from careward.kernel import clock
from careward.kernel.texts import text
from careward.store.sealing import open_text, seal_text

_LETTERS: Final = {
    "account/email/login_code": "login_code",
    "account/email/password_reset_code": "password_reset_code",
}
_NOTICES: Final = {
    "account/email/password_changed": "password_changed",
    "account/email/password_reset": "password_changed",
    "mfa/email/totp_activated": "second_factor_set_up",
    "mfa/email/recovery_codes_generated": "recovery_codes_made",
}
_SAID: Final = {
    "account/messages/password_changed.txt": "password_changed",
    "account/messages/logged_out.txt": "signed_out",
    "mfa/messages/totp_activated.txt": "second_factor_set_up",
}
"""Messages worth a banner; the others stand on the page itself."""


class UnsupportedLetter(RuntimeError):
    """allauth wants to send a mail for which there is no letter: a way in was opened by accident."""


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """No sign-up; institutions by mailed code only, staff never by it; letters through correspondence."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultAccountAdapter.error_messages,
        **{
            code: text(f"accounts:errors.{code}")
            for code in (
                "email_password_mismatch",
                "enter_current_password",
                "incorrect_code",
                "incorrect_password",
                "rate_limited",
                "too_many_login_attempts",
            )
        },
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Accounts are made by the platform's own people."""
        return False

    def pre_login(self, request: HttpRequest, user: User, **facts: Any) -> HttpResponse | None:
        """Refuse staff who come by a mailed code or a passkey alone, whatever path led there."""
        ways = get_authentication_records(request, user)
        if user.is_staff_member and any(_opens_alone(way) for way in ways):
            clear_login(request)
            messages.error(request, text("accounts:errors.staff_by_password"))
            return redirect("account_login")
        if user.idle(clock.now()):
            clear_login(request)
            messages.error(request, text("accounts:errors.unused"))
            return redirect("account_login")
        return super().pre_login(request, user, **facts)  # type: ignore[no-any-return]

    def reauthenticate(self, user: User, password: str) -> bool:
        """Ask for the password again; counted like a sign-in."""
        found = self.authenticate(self.request, email=user.email, password=password)
        return found is not None and found.pk == user.pk

    def is_reauthentication_required(self, *, app: str, **facts: Any) -> bool:
        """Setting up the second factor right after signing in needs no second password."""
        user = user_of(self.request)
        setting_up = app == "allauth.mfa" and self.request.path == reverse("mfa_activate_totp")
        if setting_up and get_authentication_records(self.request, user):
            return False
        return bool(super().is_reauthentication_required(app=app, **facts))

    def get_reauthentication_methods(self, user: User) -> list[dict[str, Any]]:
        """Staff: the password, else the app. Who has neither signs in anew (:mod:`careward.accounts.freshness`)."""
        if not isinstance(user, User) or not user.is_staff_member:
            return []
        names = ("account_reauthenticate", "mfa_reauthenticate")
        return [
            {"id": name, "url": reverse(name), "description": text(f"accounts:confirm_by.{name}")}
            for name in names
        ]

    def get_login_stages(self) -> list[str]:
        """The second factor is asked of staff alone."""
        theirs, ours = (
            "allauth.mfa.stages.AuthenticateStage",
            "careward.accounts.passkeys.SecondFactorOfStaff",
        )
        return [ours if stage == theirs else stage for stage in super().get_login_stages()]

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Where the role's work begins."""
        return reverse(start_page_of(user_of(request)))

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Back to the account page, which shows that it was done."""
        return reverse("accounts:home")

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """One account from one source: a stranger cannot lock an institution out.

        Source: security-baseline.md 40.
        """
        return f"{truncate_ip(self.get_client_ip(request))}:{str(credentials.get('email', '')).lower()}"

    def add_message(
        self, request: HttpRequest, level: int, message_template: str | None = None,
        message_context: dict[str, Any] | None = None, extra_tags: str = "", message: str | None = None,
    ) -> None:  # fmt: skip
        """Say it in our words, or not at all."""
        if message is None and message_template in _SAID:
            message = text(f"accounts:messages.{_SAID[message_template]}")
        if message:
            messages.add_message(request, level, message, extra_tags=extra_tags)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Put the letter into the outbox. Raises :class:`UnsupportedLetter`."""
        letter = _LETTERS.get(template_prefix)
        if letter is None:
            raise UnsupportedLetter(template_prefix)
        with transaction.atomic():
            post(letter, User.objects.get(email=email.lower()), code=context["code"])

    def send_notification_mail(
        self,
        template_prefix: str,
        user: User,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """Tell people that their account was changed. Raises :class:`UnsupportedLetter`."""
        letter = _NOTICES.get(template_prefix)
        if letter is None:
            raise UnsupportedLetter(template_prefix)
        with transaction.atomic():
            post(letter, user, at=clock.now())


def _opens_alone(way: dict[str, Any]) -> bool:
    return way["method"] == "code" or bool(way.get("passwordless"))


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Secrets sealed at rest; a picture that needs no style; no way to go without."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": text("accounts:errors.incorrect_code"),
    }

    def encrypt(self, text: str) -> str:
        """Seal a secret."""
        return seal_text(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Open it. Raises StoredBroken."""
        return open_text(encrypted_text)

    def build_totp_svg(self, url: str) -> str:
        """The address as a QR code without style attributes, which the content policy forbids."""
        code = segno.make(url, error="m")
        return str(code.svg_inline(scale=4, border=4, light="#fff", svgclass=None, lineclass=None))

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """The platform as devices know it: by its public name, whatever name a request carries."""
        return {"id": passkeys.domain(), "name": text("accounts:issuer")}

    def get_public_key_credential_user_entity(self, user: User) -> dict[str, Any]:
        """Somebody as a device shows the key: by the mailbox; the id says nothing of the person."""
        return {**super().get_public_key_credential_user_entity(user), "display_name": user.email}

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Staff cannot go back to the password alone."""
        return not authenticator.user.is_staff_member
