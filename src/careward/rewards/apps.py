"""Django's name for rewards; its place in the frame."""

from django.apps import AppConfig


class RewardsConfig(AppConfig):
    """Reward money."""

    name = "careward.rewards"
    label = "rewards"

    def ready(self) -> None:
        """Register the page that calculates one institution-year."""
        from careward.rewards.urls import ROLES
        from careward.shell.navigation import register_nav

        register_nav("rewards:page.nav", "rewards:calculate", roles=ROLES, order=60)
