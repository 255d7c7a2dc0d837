"""Addresses of signing in and of mailed links.

Of allauth only the pages we use, under its own names; sign-up, e-mail and deactivation have no address.
"""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from django.urls import include, path
from django.views.generic import RedirectView

from careward.accounts import passkey_views, staff_views
from careward.accounts.access import STAFF, for_roles, only
from careward.accounts.views import OpenLink, home, sessions

_own = (
    [
        path("accounts/", home, name="home"),
        path("accounts/deputies/", staff_views.deputies, name="deputies"),
        path("accounts/sessions/", sessions, name="sessions"),
        path("accounts/passkeys/", passkey_views.mine, name="passkeys"),
        path("accounts/passkeys/new/", passkey_views.add, name="add_passkey"),
        path("accounts/passkeys/one/", passkey_views.one, name="passkey"),
        path("accounts/sign-in/passkey/", passkey_views.SignIn.as_view(), name="passkey_sign_in"),
        path("accounts/sign-in/again/", passkey_views.sign_in_again, name="sign_in_again"),
        path("staff/", staff_views.people, name="staff"),
        path("staff/import/", staff_views.import_staff, name="import_staff"),
        path("staff/review/", staff_views.review, name="review"),
        path("staff/<uuid:user_id>/", staff_views.person, name="person"),
        path("l/<str:token>/", OpenLink.as_view(), name="open_link"),
    ],
    "accounts",
)
_back_to_account = RedirectView.as_view(pattern_name="accounts:home")

urlpatterns = [
    path("", include(_own)),
    path("accounts/sign-in/", account.login, name="account_login"),
    path("accounts/sign-in/code/", account.request_login_code, name="account_request_login_code"),
    path("accounts/sign-in/code/confirm/", account.confirm_login_code, name="account_confirm_login_code"),
    path("accounts/sign-in/second-factor/", passkey_views.SecondFactor.as_view(), name="mfa_authenticate"),
    path("accounts/sign-out/", account.logout, name="account_logout"),
    path("accounts/inactive/", account.account_inactive, name="account_inactive"),
    path("accounts/confirm/", only(*STAFF)(account.reauthenticate), name="account_reauthenticate"),
    path("accounts/confirm/second-factor/", for_roles(*STAFF)(mfa.reauthenticate), name="mfa_reauthenticate"),
    path(
        "accounts/password/change/",
        for_roles(*STAFF)(account.password_change),
        name="account_change_password",
    ),
    path("accounts/password/reset/", account.password_reset, name="account_reset_password"),
    path(
        "accounts/password/reset/code/",
        account.confirm_password_reset_code,
        name="account_confirm_password_reset_code",
    ),
    path(
        "accounts/password/reset/new/",
        account.complete_password_reset,
        name="account_complete_password_reset",
    ),
    path(
        "accounts/password/reset/done/",
        account.password_reset_from_key_done,
        name="account_password_reset_completed",
    ),
    path("accounts/second-factor/", _back_to_account, name="mfa_index"),
    path("accounts/second-factor/set-up/", only(*STAFF)(totp.activate_totp), name="mfa_activate_totp"),
    path("accounts/second-factor/active/", _back_to_account, name="mfa_deactivate_totp"),
    path(
        "accounts/recovery-codes/",
        for_roles(*STAFF)(recovery.view_recovery_codes),
        name="mfa_view_recovery_codes",
    ),
    path(
        "accounts/recovery-codes/new/",
        for_roles(*STAFF)(recovery.generate_recovery_codes),
        name="mfa_generate_recovery_codes",
    ),
]
