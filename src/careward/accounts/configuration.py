"""Django's and allauth's settings for signing in; ``settings/base.py`` takes all public names of this module.

Limits come from rules/policies.yaml, words from texts.yaml. Needs no Django set-up.
Source: security-baseline.md 6, 37, 40–47 and "Passwords and secrets".
"""

from typing import Any, Final

from careward import rulebook
from careward.kernel.texts import text

_SIGN_IN = rulebook.current().policies.sign_in
_LOCK_SECONDS = int(_SIGN_IN.lock.total_seconds())

ACCOUNTS_APPS: Final = [
    "django.contrib.auth",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
]
"""After ``careward.accounts``, whose templates win over allauth's."""

ACCOUNTS_MIDDLEWARE: Final = [
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "careward.accounts.middleware.StrangersTakeTheirTime",
    "careward.accounts.middleware.SecondFactorFirst",
    "careward.accounts.middleware.TakesSeat",
    "careward.accounts.middleware.ActingOnOwnAccount",
    "careward.accounts.middleware.RemembersDevice",
]
"""After sessions and CSRF."""

AUTH_USER_MODEL: Final = "accounts.User"
AUTHENTICATION_BACKENDS: Final = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS: Final = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS: Final[list[dict[str, Any]]] = [
    {"NAME": "careward.accounts.passwords.LongEnough"},
    {"NAME": "careward.accounts.passwords.NotWellKnown"},
    {"NAME": "careward.accounts.passwords.NotOneOfTheLast"},
]

LOGIN_URL: Final = "account_login"
LOGIN_REDIRECT_URL: Final = "accounts:home"
LOGOUT_REDIRECT_URL: Final = "/"

SESSION_ENGINE: Final = "careward.accounts.sessions"
SESSION_SERIALIZER: Final = "careward.accounts.sessions.SealedSerializer"
SESSION_COOKIE_AGE: Final = int(_SIGN_IN.idle.total_seconds())
SESSION_SAVE_EVERY_REQUEST: Final = True
SESSION_EXPIRE_AT_BROWSER_CLOSE: Final = True

ACCOUNT_ADAPTER: Final = "careward.accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD: Final = None
ACCOUNT_LOGIN_METHODS: Final = {"email"}
ACCOUNT_SIGNUP_FIELDS: Final = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION: Final = "none"
ACCOUNT_EMAIL_NOTIFICATIONS: Final = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS: Final = False
ACCOUNT_PREVENT_ENUMERATION: Final = True
ACCOUNT_SESSION_REMEMBER: Final = False
ACCOUNT_LOGIN_BY_CODE_ENABLED: Final = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT: Final = 600
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS: Final = 3
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND: Final = True
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED: Final = True
ACCOUNT_PASSWORD_RESET_BY_CODE_TIMEOUT: Final = 600
ACCOUNT_PASSWORD_RESET_BY_CODE_MAX_ATTEMPTS: Final = 3
ACCOUNT_REAUTHENTICATION_TIMEOUT: Final = int(_SIGN_IN.fresh.total_seconds())
ACCOUNT_RATE_LIMITS: Final = {
    # The key is account and source together (AccountAdapter), so that a stranger cannot lock anybody out.
    "login_failed": f"{_SIGN_IN.failures_before_lock.value}/{_LOCK_SECONDS}s/key,60/{_LOCK_SECONDS}s/ip",
    "request_login_code": "20/m/ip,3/m/key",
    "reset_password": "20/m/ip,3/m/key",  # nosec B105
}
ACCOUNT_FORMS: Final = {
    "login": "careward.accounts.forms.SignInForm",
    "request_login_code": "careward.accounts.forms.RequestCodeForm",
    "confirm_login_code": "careward.accounts.forms.ConfirmCodeForm",
    "reset_password": "careward.accounts.forms.RequestResetForm",  # nosec B105
    "confirm_password_reset_code": "careward.accounts.forms.ConfirmResetForm",  # nosec B105
    "reset_password_from_key": "careward.accounts.forms.NewPasswordForm",  # nosec B105
    "change_password": "careward.accounts.forms.ChangePasswordForm",  # nosec B105
    "reauthenticate": "careward.accounts.forms.PasswordAgainForm",
}

MFA_ADAPTER: Final = "careward.accounts.adapter.SecondFactorAdapter"
MFA_SUPPORTED_TYPES: Final = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED: Final = True
MFA_WEBAUTHN_USER_VERIFICATION: Final = "required"
MFA_RATE_LIMITS: Final = {
    # One office behind one address in the last minute; the key cannot be guessed, so no account is named.
    "webauthn_login": "60/m/ip",
}
MFA_ALLOW_UNVERIFIED_EMAIL: Final = True
MFA_TOTP_ISSUER: Final = text("accounts:issuer")
MFA_TOTP_TOLERANCE: Final = 1
MFA_RECOVERY_CODES_SHOW_ONCE: Final = True
MFA_FORMS: Final = {
    "authenticate": "careward.accounts.forms.SecondFactorForm",
    "authenticate_webauthn": "careward.accounts.passkey_forms.SecondFactorPasskeyForm",
    "login_webauthn": "careward.accounts.passkey_forms.PasskeySignInForm",
    "reauthenticate": "careward.accounts.forms.SecondFactorAgainForm",
    "activate_totp": "careward.accounts.forms.ActivateForm",
}
