"""Django's name for intake; its place in the frame."""

from django.apps import AppConfig


class IntakeConfig(AppConfig):
    """Deliveries: receive, check, keep, receipt."""

    name = "careward.intake"
    label = "intake"

    def ready(self) -> None:
        """Register the institution's page, where its people land after signing in, and the specification."""
        from careward.accounts.access import start_page
        from careward.shell.navigation import register_nav

        register_nav("intake:nav.home", "intake:home", roles=("institution",), order=10)
        register_nav("intake:nav.precheck", "intake:precheck", roles=("institution",), order=30)
        register_nav("intake:nav.specification", "intake:specification", order=60)
        start_page("institution", "intake:home")
