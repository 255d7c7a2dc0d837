"""Django's name for gateway."""

from django.apps import AppConfig


class GatewayConfig(AppConfig):
    """The SFTP server."""

    name = "careward.gateway"
    label = "gateway"
