"""Django's name for the changes of connection data; their place in the frame."""

from django.apps import AppConfig
from django.http import HttpRequest


class ChangesConfig(AppConfig):
    """Changes after the accounts are made, and the months' lists."""

    name = "careward.changes"
    label = "changes"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Say what the link asks and opens; fill panels, navigation and the timeline."""
        from django.urls import reverse

        from careward.accounts.access import COUNTY
        from careward.accounts.links import purpose
        from careward.changes import acts, following, letters  # noqa: F401 - binding and registering
        from careward.changes.models import PURPOSE
        from careward.changes.views import of_application
        from careward.continuing.carrying import answers_from
        from careward.review.timeline import follow
        from careward.shell.navigation import register_footer, register_nav
        from careward.shell.panels import register_panel

        purpose(
            PURPOSE,
            challenge=of_application,
            opens=lambda _: reverse("changes:mine"),
            anew="changes:link_anew",
            anew_at="changes:link",
        )
        answers_from(following.answers_now)
        follow("changes.ConnectionChange", "application_id", following.told)
        register_nav("changes:nav.queue", "changes:queue", roles=COUNTY, order=15, badge=_waiting)
        register_nav(
            "changes:nav.lists", "changes:lists", roles=("vendor", "ministry"), order=16, badge=_to_do
        )
        register_footer("changes:nav.link", "changes:link", order=35)
        register_panel("institution.home", "changes/panel_home.html", following.home_panel, order=20)
        register_panel("applicant.case", "changes/panel_applicant.html", following.applicant_panel, order=20)
        register_panel("case.account", "changes/panel_case.html", following.case_panel, order=20)


def _waiting(request: HttpRequest) -> int:
    from careward.changes.models import ConnectionChange

    return ConnectionChange.objects.visible_to(request.user).waiting_for_review().count()


def _to_do(request: HttpRequest) -> int:
    """What waits for this reader: lists to release for the ministry, items to process for the vendor."""
    from careward.changes.duties import waiting_for

    return waiting_for(request.user)
