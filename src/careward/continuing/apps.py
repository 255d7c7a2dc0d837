"""Django's name for the continuing institutions."""

from django.apps import AppConfig


class ContinuingConfig(AppConfig):
    """Invitations, consent, changes."""

    name = "careward.continuing"
    label = "continuing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Follow the acts on applications, fill panels, say what an invitation's link asks and opens."""
        from django.urls import reverse

        from careward.accounts.links import purpose
        from careward.continuing import acts, dates, following, letters, rectifying  # noqa: F401 - binding
        from careward.continuing.models import PURPOSE, Invitation
        from careward.continuing.panels import changes_panel, letter_panel
        from careward.continuing.staff_views import READERS
        from careward.seasons.signals import moment_announced
        from careward.shell.navigation import register_nav
        from careward.shell.panels import register_panel

        moment_announced.connect(dates.tell_invited, dispatch_uid="continuing.tell_invited")

        register_nav("continuing:nav.participants", "continuing:participants", roles=READERS, order=30)
        register_panel("apply.continuing", "continuing/panel_letter.html", letter_panel)
        register_panel("case.changes", "continuing/panel_changes.html", changes_panel)
        purpose(
            PURPOSE,
            challenge=lambda pk: Invitation.objects.select_related("institution").get(pk=pk).institution.code,
            opens=lambda _: reverse("continuing:answer"),
            anew="continuing:link_anew",
            anew_at="continuing:letter",
        )
