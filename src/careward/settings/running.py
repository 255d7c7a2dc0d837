"""What demo and production share: home, database, secrets and addresses from the environment."""

import os

from careward.settings.base import *  # noqa: F403
from careward.store.database import database_settings
from careward.store.embedded import default_home
from careward.store.secrets import VARIABLES, secrets

HOME = default_home(os.environ)
for _name in VARIABLES:  # refuse to start without any of them, rather than fail at the first upload
    secrets(_name)
DATABASES = {"default": database_settings(os.environ)}
SECRET_KEY, *SECRET_KEY_FALLBACKS = [key.hex() for key in secrets("django-key")]
LINK_KEYS = secrets("link-keys")

WEB_PORT = int(os.environ.get("CAREWARD_PORT", "8000"))
SFTP_PORT = int(os.environ.get("CAREWARD_SFTP_PORT", "2022"))
SFTP_BALANCERS = [a for a in os.environ.get("CAREWARD_SFTP_BALANCERS", "").split(",") if a]
