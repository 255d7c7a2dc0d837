"""Nothing but what the one view needs, on the platform's own database."""

import os

from careward.store.database import database_settings

DATABASES = {"default": database_settings(os.environ)}
SECRET_KEY = "of-a-benchmark-on-loopback"
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "benchmarks.bare.app"
INSTALLED_APPS = ["django.contrib.sessions"]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates"}]
USE_TZ = True
