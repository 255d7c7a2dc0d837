"""Django's name for the directory of system vendors."""

from django.apps import AppConfig


class VendorsConfig(AppConfig):
    """System vendors."""

    name = "careward.vendors"
    label = "vendors"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Bind acts and letters; say what a vendor's link asks and opens."""
        from django.urls import reverse

        from careward.accounts.links import purpose
        from careward.shell.navigation import register_footer
        from careward.shell.panels import register_panel
        from careward.vendors import acts, letters  # noqa: F401 - binding and registering
        from careward.vendors.models import PURPOSE, SystemVendor

        register_footer("vendors:nav.enter", "vendors:enter", order=40)
        register_panel("registry.imports", "vendors/panel_directory.html", lambda _request, _subject: {})
        purpose(
            PURPOSE,
            challenge=lambda pk: SystemVendor.objects.get(pk=pk).business_id,
            opens=lambda _: reverse("vendors:mine"),
            anew="vendors:link_anew",
            anew_at="vendors:link",
            asks="vendors:open_link",
        )
