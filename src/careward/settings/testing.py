"""For pytest: an embedded database of its own under .cache or CAREWARD_HOME, the app role as in production."""

import os
import tempfile
from pathlib import Path

_HOME = Path(os.environ.setdefault("CAREWARD_HOME", str(Path(tempfile.gettempdir()) / "careward-tests")))

from careward.settings.running import *  # noqa: E402, F403

ALLOWED_HOSTS = ["127.0.0.1", "localhost", "testserver"]
PUBLIC_URL = "http://127.0.0.1:8000"
SFTP_HOST = "127.0.0.1"
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STATIC_ROOT = _HOME / "static"
SECURE_SSL_REDIRECT = False
SESSION_COOKIE_SECURE = False
CSRF_COOKIE_SECURE = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_AUTOREFRESH = True
