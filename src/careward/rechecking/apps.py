"""Django's name for rechecking; its place in the frame."""

from django.apps import AppConfig


class RecheckingConfig(AppConfig):
    """Changed rules tried in shadow."""

    name = "careward.rechecking"
    label = "rechecking"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the list of rechecks."""
        from careward.rechecking.views import READERS
        from careward.shell.navigation import register_nav

        register_nav("rechecking:nav", "rechecking:rechecks", roles=(*READERS, "auditor"), order=58)
