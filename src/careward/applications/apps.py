"""Django's name for the applications."""

from django.apps import AppConfig


class ApplicationsConfig(AppConfig):
    """The public form and what lies behind the mailed link."""

    name = "careward.applications"
    label = "applications"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Put the form into the main navigation, and say what an applicant's mailed link asks and opens."""
        from django.urls import reverse

        from careward.accounts.links import purpose
        from careward.applications import dates, noticing  # noqa: F401
        from careward.applications.letters import DRAFT_PURPOSE, PURPOSE
        from careward.applications.models import Application
        from careward.seasons.signals import moment_announced
        from careward.shell.navigation import register_nav

        register_nav("applications:nav.apply", "applications:start", roles=("anonymous",), order=10)
        moment_announced.connect(dates.tell_applicants, dispatch_uid="applications.tell_applicants")
        moment_announced.connect(dates.tell_drafters, dispatch_uid="applications.tell_drafters")
        purpose(
            PURPOSE,
            challenge=lambda subject_id: Application.objects.get(pk=subject_id).institution_code,
            opens=lambda _: reverse("applications:case"),
            anew="applications:link_anew",
            anew_at="applications:resend",
        )
        purpose(
            DRAFT_PURPOSE,
            challenge=lambda subject_id: Application.objects.get(pk=subject_id).institution_code,
            opens=lambda _: reverse("applications:resume"),
            anew="applications:draft_link_anew",
            anew_at="applications:start",
        )
