"""Django's name for excerpts; their links, their place in the institution's pages."""

from django.apps import AppConfig


class ExcerptsConfig(AppConfig):
    """Excerpts of receipts, shared with system vendors."""

    name = "careward.excerpts"
    label = "excerpts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Bind what follows a destruction; say what a link asks and opens; show the way from a receipt."""
        from django.urls import reverse

        from careward.accounts.links import purpose
        from careward.excerpts import acts, letters, panels  # noqa: F401 - binding and registering
        from careward.excerpts.models import PURPOSE, Excerpt
        from careward.shell.panels import register_panel

        register_panel("delivery.aside", "excerpts/panel_receipt.html", panels.of_delivery, order=60)
        register_panel("institution.home", "excerpts/panel_home.html", panels.of_institution, order=70)
        purpose(
            PURPOSE,
            challenge=lambda pk: Excerpt.objects.get(pk=pk).institution.code,
            opens=lambda _: reverse("excerpts:excerpt"),
            anew="excerpts:link_anew",
            asks="excerpts:open_link",
        )
