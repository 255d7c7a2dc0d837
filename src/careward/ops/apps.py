"""Django's name for operations; in demo mode the movable clock and its banner."""

from django.apps import AppConfig
from django.conf import settings
from django.http import HttpRequest


class OpsConfig(AppConfig):
    """Process runner, health, demo season."""

    name = "careward.ops"
    label = "ops"

    def ready(self) -> None:
        """Install the demo's clock, banner and sign-in help; nothing of it outside of demo mode."""
        if not settings.DEMO:
            return
        from careward.kernel import clock
        from careward.ops.demo import clock as demo_clock
        from careward.shell.panels import register_panel

        clock.install(demo_clock.source)
        register_panel("banner", "ops/banner.html", _banner)
        register_panel("sign-in", "ops/people.html", _people)


def _banner(request: HttpRequest | None, subject: object) -> dict[str, object]:
    from careward.kernel import clock
    from careward.ops import mailbox
    from careward.ops.views import jumps

    now = clock.now()
    later = [place for place in jumps() if place["at"] > now]  # type: ignore[operator]
    return {"now": now, "next": later[0] if later else None, "letters": mailbox.count()}


def _people(request: HttpRequest | None, subject: object) -> dict[str, object]:
    from careward.ops.demo import people

    return {"people": people.everybody(most=10)}
