"""Django's name for correspondence."""

from django.apps import AppConfig


class CorrespondenceConfig(AppConfig):
    """The outbox."""

    name = "careward.correspondence"
    label = "correspondence"
    default_auto_field = "django.db.models.BigAutoField"
