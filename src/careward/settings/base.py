"""What is true in every mode. Security features are on here; a mode that needs one off says so by name."""

import os
from pathlib import Path
from typing import Any

import pghistory

from careward.accounts.configuration import *  # noqa: F403

DEMO = False
TRUSTED_PROXIES: list[str] = []
SFTP_BALANCERS: list[str] = []
DEBUG = False
USE_TZ = True
TIME_ZONE = "Asia/Taipei"
LANGUAGE_CODE = "zh-hant"
USE_I18N = True
ROOT_URLCONF = "careward.urls"
WSGI_APPLICATION = "careward.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "careward.journal.apps.JournalConfig",
    "careward.flow.apps.FlowConfig",
    "careward.correspondence.apps.CorrespondenceConfig",
    "careward.shell.apps.ShellConfig",
    "careward.accounts.apps.AccountsConfig",
    "careward.registry.apps.RegistryConfig",
    "careward.mailroom.apps.MailroomConfig",
    "careward.seasons.apps.SeasonsConfig",
    "careward.vendors.apps.VendorsConfig",
    "careward.members.apps.MembersConfig",
    "careward.applications.apps.ApplicationsConfig",
    "careward.continuing.apps.ContinuingConfig",
    "careward.review.apps.ReviewConfig",
    "careward.provisioning.apps.ProvisioningConfig",
    "careward.changes.apps.ChangesConfig",
    "careward.intake.apps.IntakeConfig",
    "careward.monthly.apps.MonthlyConfig",
    "careward.custody.apps.CustodyConfig",
    "careward.rechecking.apps.RecheckingConfig",
    "careward.excerpts.apps.ExcerptsConfig",
    "careward.gateway.apps.GatewayConfig",
    "careward.rewards.apps.RewardsConfig",
    "careward.oversight.apps.OversightConfig",
    "careward.site.apps.SiteConfig",
    "careward.ops.apps.OpsConfig",
    "pghistory",
    "pgtrigger",
    "procrastinate.contrib.django",
    *ACCOUNTS_APPS,  # noqa: F405
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
]

MIDDLEWARE = [
    "careward.shell.middleware.SafeHeaders",
    "careward.shell.proxy.BehindProxy",
    "careward.shell.middleware.NoNullInAddress",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    *ACCOUNTS_MIDDLEWARE,  # noqa: F405
    "careward.seasons.moves.HeldMoves",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "careward.shell.context_processors.frame",
            ],
        },
    }
]
FORM_RENDERER = "careward.shell.drawing.QuickRenderer"

STATIC_URL = "/static/"
STATICFILES_STORAGE_BACKEND = "whitenoise.storage.CompressedManifestStaticFilesStorage"
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": STATICFILES_STORAGE_BACKEND},
}

# The context of a change lies beside the event and must be there: a change without an actor fails.
PGHISTORY_APPEND_ONLY = True
PGHISTORY_CONTEXT_FIELD = pghistory.ContextJSONField(null=False)
PGHISTORY_CONTEXT_ID_FIELD = pghistory.ContextUUIDField(null=False)
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache_entries",
        # Django's 300 would throw away lock counters, and with them the locks.
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    },
}

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "careward.shell.errors.csrf_failure"
SECURE_SSL_REDIRECT = True
SECURE_HSTS_SECONDS = 31_536_000
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# One upload page may carry a scan; what is larger is refused while it arrives, not after.
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576
# The longest form is a list with 500 boxes, beside what every form carries.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 600
FILE_UPLOAD_PERMISSIONS = 0o600

# Socket of clamd, as a path or host:port; empty: nobody looks, and every file says so (未掃毒).
VIRUS_SCANNER = os.environ.get("CAREWARD_CLAMAV", "")
ACCEPT_UPLOADS_WITHOUT_VIRUS_SCAN = True

DEFAULT_FROM_EMAIL = "careward@localhost"
EMAIL_TIMEOUT = 20
# Where mail servers send what they cannot deliver (VERP: local+letter@host); empty: to the sender of the letter.
BOUNCE_MAILBOX = ""
# A provider of django-anymail tells of bounces at /mail/told/; without its name and secret nobody is listened to.
MAIL_PROVIDER = ""
ANYMAIL: dict[str, Any] = {}

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"mask_tokens": {"()": "careward.accounts.logs.MaskTokens"}},
    "formatters": {
        "line": {
            "format": "{asctime} {levelname:<7} {name}: {message}",
            "style": "{",
            "datefmt": "%Y-%m-%dT%H:%M:%S%z",
        },
        "json": {"()": "careward.kernel.logs.JsonLine"},
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["mask_tokens"]},
        "json": {"class": "logging.StreamHandler", "formatter": "json", "filters": ["mask_tokens"]},
    },
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django.server": {"handlers": ["console"], "propagate": False},
        "asyncssh": {"level": "WARNING"},
        "fido2": {"level": "WARNING"},
        "careward.gateway.sessions": {"handlers": ["json"], "propagate": False},
        "procrastinate": {"level": "WARNING"},
    },
}

PROJECT = Path(__file__).resolve().parents[3]
