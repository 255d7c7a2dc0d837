"""Django's name for the flow; finds every package's acts and letters."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class FlowConfig(AppConfig):
    """Imports ``acts`` and ``letters`` of every package, so that the system check sees all bindings."""

    name = "careward.flow"
    label = "flow"

    def ready(self) -> None:
        """Bind everything, then register the check that nothing is missing."""
        autodiscover_modules("letters", "acts")
        import careward.flow.checks  # noqa: F401
