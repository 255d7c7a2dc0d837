"""Production: everything that has no safe default must be named in the environment; see docs/guides/operate.md."""

import os


class SettingMissing(RuntimeError):
    """Production does not start without this environment variable."""


def _needed(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise SettingMissing(f"{name} must be set in production; see docs/guides/operate.md")
    return value


_needed("CAREWARD_DATABASE_URL")

from careward.settings.running import *  # noqa: E402, F403

PUBLIC_URL = _needed("CAREWARD_PUBLIC_URL")
ALLOWED_HOSTS = [PUBLIC_URL.partition("://")[2].partition(":")[0].partition("/")[0], "127.0.0.1"]
SECURE_REDIRECT_EXEMPT = ["^healthz$"]
TRUSTED_PROXIES = [a for a in os.environ.get("CAREWARD_TRUSTED_PROXIES", "").split(",") if a]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
SFTP_HOST = _needed("CAREWARD_SFTP_HOST")
STATIC_ROOT = _needed("CAREWARD_STATIC_ROOT")
EMAIL_HOST = _needed("CAREWARD_EMAIL_HOST")
EMAIL_PORT = int(os.environ.get("CAREWARD_EMAIL_PORT", "587"))
EMAIL_HOST_USER = os.environ.get("CAREWARD_EMAIL_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("CAREWARD_EMAIL_PASSWORD", "")
EMAIL_USE_TLS = True
DEFAULT_FROM_EMAIL = _needed("CAREWARD_EMAIL_FROM")
BOUNCE_MAILBOX = os.environ.get("CAREWARD_BOUNCE_MAILBOX", "")
MAIL_PROVIDER = os.environ.get("CAREWARD_MAIL_PROVIDER", "")
if MAIL_PROVIDER:
    ANYMAIL = {"WEBHOOK_SECRET": _needed("CAREWARD_MAIL_WEBHOOK_SECRET")}

# A file nobody scanned is not taken, unless the operator says so in these words.
ACCEPT_UPLOADS_WITHOUT_VIRUS_SCAN = os.environ.get("CAREWARD_ACCEPT_UPLOADS_WITHOUT_VIRUS_SCAN") == "1"
if not ACCEPT_UPLOADS_WITHOUT_VIRUS_SCAN:
    _needed("CAREWARD_CLAMAV")
