"""Django's name for gateway; its place in the frame."""

from django.apps import AppConfig
from django.http import HttpRequest


class GatewayConfig(AppConfig):
    """The SFTP server."""

    name = "careward.gateway"
    label = "gateway"

    def ready(self) -> None:
        """Put 連線自我檢測 on the institution's page, and all connections, those of systems too, before the vendor."""
        from careward.shell.navigation import register_nav
        from careward.shell.panels import register_panel

        register_panel("institution.home", "gateway/panel_connection.html", _has_account, order=15)
        register_panel("system.account", "gateway/panel_system.html", _for_the_vendor)
        register_nav("gateway:nav.connections", "gateway:connections", roles=("vendor",), order=20)


def _has_account(request: HttpRequest | None, subject: object) -> dict[str, object] | None:
    from careward.provisioning.models import UploadAccount
    from careward.registry.models import Institution

    assert isinstance(subject, Institution)
    created = UploadAccount.objects.filter(institution=subject).exclude(username="", through="")
    return {} if created.exists() else None


def _for_the_vendor(request: HttpRequest | None, subject: object) -> dict[str, object] | None:
    return {} if getattr(getattr(request, "user", None), "role", "") == "vendor" else None
