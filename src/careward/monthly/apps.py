"""Django's name for the month board; its place in the frame."""

from django.apps import AppConfig


class MonthlyConfig(AppConfig):
    """Month by month: delivered, missing, reminded, proposed."""

    name = "careward.monthly"
    label = "monthly"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the boards, and the summary on the institution's page."""
        from careward.monthly import panels
        from careward.monthly.views import READERS
        from careward.shell.navigation import register_nav
        from careward.shell.panels import register_panel

        register_nav("monthly:nav.own", "monthly:own", roles=("institution",), order=20)
        register_nav("monthly:nav.board", "monthly:board", roles=(*READERS, "auditor"), order=50)
        register_panel("institution.home", "monthly/panel_home.html", panels.of_institution, order=40)
