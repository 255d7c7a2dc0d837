"""Django's name for the mailroom; its place in the frame."""

from django.apps import AppConfig

STAFF = ("officer", "supervisor", "ministry", "vendor", "administrator")


class MailroomConfig(AppConfig):
    """Letters as staff see them."""

    name = "careward.mailroom"
    label = "mailroom"

    def ready(self) -> None:
        """Register the page, the case's panel, and the provider's notifications."""
        from anymail.signals import tracking

        from careward.mailroom import panels, provider
        from careward.shell.navigation import register_nav
        from careward.shell.panels import register_panel

        register_nav("mailroom:nav.letters", "mailroom:letters", roles=STAFF, order=60, badge=panels.waiting)
        register_panel("case.account", "mailroom/panel_case.html", panels.case, order=80)
        tracking.connect(provider.told, dispatch_uid="mailroom.told")
