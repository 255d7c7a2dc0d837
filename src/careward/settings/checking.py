"""For tools that read the code without a database: mypy, makemigrations --check, the drawing of diagrams."""

from pathlib import Path

from careward.settings.base import *  # noqa: F403

SECRET_KEY = "only-for-tools-that-read-the-code"  # noqa: S105  # nosec B105
LINK_KEYS = [b"only-for-tools-that-read-the-code"]
PUBLIC_URL = "http://127.0.0.1:8000"
WEB_PORT, SFTP_HOST, SFTP_PORT = 8000, "127.0.0.1", 2022
HOME = Path("/nonexistent")
STATIC_ROOT = HOME / "static"
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "none", "HOST": "/nonexistent"}}
