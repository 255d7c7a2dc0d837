"""Django's name for the overview; its place in the frame."""

from django.apps import AppConfig


class OversightConfig(AppConfig):
    """What supervisors and the ministry look at."""

    name = "careward.oversight"
    label = "oversight"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the overview and where the ministry and auditors begin."""
        from careward.accounts.access import start_page
        from careward.shell.navigation import register_nav

        seers = ("supervisor", "ministry", "auditor")
        register_nav("oversight:nav.overview", "oversight:overview", roles=seers, order=20)
        for role in ("ministry", "auditor"):
            start_page(role, "oversight:overview")
