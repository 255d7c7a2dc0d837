"""Django's name for correspondence."""

from django.apps import AppConfig


class CorrespondenceConfig(AppConfig):
    """The outbox."""

    name = "careward.correspondence"
    label = "correspondence"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Take the letters of every procedure."""
        from careward.correspondence import acts  # noqa: F401 - acts are bound by import
        from careward.correspondence.composing import letter_exists, post
        from careward.flow import outbox

        outbox.install(post, letter_exists)
