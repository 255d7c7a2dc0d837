"""Django's name for the accounts."""

from typing import TYPE_CHECKING

from django.apps import AppConfig
from django.http import HttpRequest

if TYPE_CHECKING:
    from careward.accounts.models import User


class AccountsConfig(AppConfig):
    """Sign-in, second factor, roles, mailed links."""

    name = "careward.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Follow allauth's signals; show the way in and out in the frame."""
        from allauth.account.signals import authentication_step_completed
        from allauth.account.signals import user_logged_in as came_in
        from allauth.mfa.signals import authenticator_added
        from django.contrib.auth.signals import user_logged_in, user_logged_out

        from careward.accounts import second_factor
        from careward.accounts.access import start_page
        from careward.shell.navigation import ANONYMOUS, register_nav
        from careward.shell.panels import register_panel

        # In the place of Django's own, which reads another clock than the platform's; under its id, whichever is first.
        user_logged_in.disconnect(dispatch_uid="update_last_login")
        user_logged_in.connect(_note_sign_in, dispatch_uid="update_last_login")
        authentication_step_completed.connect(
            second_factor.on_step_completed, dispatch_uid="accounts.second_factor.used"
        )
        authenticator_added.connect(second_factor.on_added, dispatch_uid="accounts.second_factor.added")
        came_in.connect(_note_device, dispatch_uid="accounts.device")
        user_logged_out.connect(_note_sign_out, dispatch_uid="accounts.session.signed_out")
        register_nav("accounts:nav.sign_in", "account_login", roles=(ANONYMOUS,), order=90)
        register_nav("accounts:nav.staff", "accounts:staff", roles=("administrator", "auditor"), order=80)
        start_page("administrator", "accounts:staff")
        register_panel("account", "accounts/panels/signed_in.html", _signed_in)
        register_panel("sign-in.passkey", "accounts/panels/passkey.html", _passkey)


def _note_sign_in(sender: type, user: "User", **_: object) -> None:
    from careward.kernel import clock

    user.last_login = clock.now()
    user.save(update_fields=["last_login"])


def _note_device(sender: type, request: HttpRequest, user: "User", **_: object) -> None:
    from careward.accounts.devices import note_sign_in

    note_sign_in(request, user)


def _note_sign_out(sender: type, request: HttpRequest | None, user: "User | None", **_: object) -> None:
    from careward.accounts.open_sessions import signed_out

    signed_out(request, user)


def _signed_in(request: HttpRequest | None, subject: object) -> dict[str, object] | None:
    user = getattr(request, "user", None)
    if request is None or user is None or not user.is_authenticated:
        return None
    match = request.resolver_match
    return {"person": user, "at_home": match is not None and match.view_name == "accounts:home"}


def _passkey(request: HttpRequest | None, subject: object) -> dict[str, object] | None:
    from django.urls import reverse

    from careward.accounts import passkeys

    offered = request is not None and passkeys.is_offered(request)
    return {"address": reverse("accounts:passkey_sign_in")} if offered else None
