"""Django's name for custody; its place in the frame."""

from django.apps import AppConfig


class CustodyConfig(AppConfig):
    """What becomes of files that were received."""

    name = "careward.custody"
    label = "custody"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the page of what is free to be destroyed."""
        from careward.custody import panels
        from careward.shell.navigation import register_nav
        from careward.shell.panels import register_panel

        register_panel("delivery.aside", "custody/panel_look.html", panels.of_delivery)
        register_nav("custody:nav", "custody:keeping", roles=("administrator", "auditor"), order=55)
