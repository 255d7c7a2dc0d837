"""Django's name for the registry."""

from django.apps import AppConfig


class RegistryConfig(AppConfig):
    """Institutions."""

    name = "careward.registry"
    label = "registry"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Put the registry into the main navigation of those who keep it, and whom to call under every page."""
        import careward.registry.deputies  # noqa: F401 - registers in whose place somebody acts
        from careward.registry import contacts
        from careward.registry.views import IMPORTING
        from careward.shell.navigation import register_nav
        from careward.shell.panels import register_panel

        register_nav("registry:nav.import", "registry:imports", roles=IMPORTING, order=70)
        register_panel("help", "registry/help.html", contacts.panel)
