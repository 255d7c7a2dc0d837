"""The web application as granian loads it."""

import gc
import os

from django.core.wsgi import get_wsgi_application

from careward import rulebook

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "careward.settings.production")

rulebook.whole()
application = get_wsgi_application()

# What is loaded stays: the collector need not walk through it again and again while pages are made.
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 20, 50)
