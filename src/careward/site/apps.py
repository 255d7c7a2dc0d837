"""Django's name for the site; the footer's pages."""

from django.apps import AppConfig


class SiteConfig(AppConfig):
    """Home and the pages every public service owes its readers."""

    name = "careward.site"
    label = "site"

    def ready(self) -> None:
        """Register the footer."""
        from careward.shell.navigation import register_footer

        register_footer("site:footer.contact", "site:contact", order=10)
        register_footer("site:footer.privacy", "site:privacy", order=20)
        register_footer("site:footer.accessibility", "site:accessibility", order=30)
