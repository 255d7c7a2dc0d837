"""Django's name for the registry."""

from django.apps import AppConfig


class RegistryConfig(AppConfig):
    """Institutions."""

    name = "careward.registry"
    label = "registry"
    default_auto_field = "django.db.models.BigAutoField"
