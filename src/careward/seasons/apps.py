"""Django's name for the seasons; their place in the frame."""

from django.apps import AppConfig


class SeasonsConfig(AppConfig):
    """Moved moments."""

    name = "careward.seasons"
    label = "seasons"

    def ready(self) -> None:
        """Let every season know of the moved moments; register the page and the announcement."""
        from careward.rulebook import moving
        from careward.seasons import acts, announcing, letters, moves  # noqa: F401 - registered by import
        from careward.shell.navigation import register_nav
        from careward.shell.panels import register_panel

        moving.install(moves.in_force)
        register_nav("seasons:nav.moments", "seasons:moments", roles=("ministry", "administrator"), order=40)
        register_panel("season.moved", "seasons/panel_moved.html", announcing.panel)
