"""The demo season on one machine: plain HTTP on loopback, mails into a folder, a clock that can be moved."""

from careward.settings.running import *  # noqa: F403
from careward.settings.running import HOME, WEB_PORT

DEMO = True
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
PUBLIC_URL = f"http://127.0.0.1:{WEB_PORT}"
SFTP_HOST = "127.0.0.1"
STATIC_ROOT = HOME / "static"

EMAIL_BACKEND = "careward.ops.mailbox.FolderBackend"

# Loopback has no certificate: these are off here, and only here, for that reason alone.
SECURE_SSL_REDIRECT = False
SECURE_HSTS_SECONDS = 0
SESSION_COOKIE_SECURE = False
CSRF_COOKIE_SECURE = False
