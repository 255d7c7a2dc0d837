"""Django's name for the review desk; its place in the frame."""

from django.apps import AppConfig
from django.http import HttpRequest


class ReviewConfig(AppConfig):
    """The county's desk."""

    name = "careward.review"
    label = "review"

    def ready(self) -> None:
        """Register the queue and the officer's start page."""
        from careward.accounts.access import COUNTY, start_page
        from careward.applications.opening import opens_parts
        from careward.applications.procedure import SUPPLEMENT
        from careward.review import answering_views
        from careward.review.supplementing import parts_open
        from careward.shell.navigation import register_nav
        from careward.shell.panels import register_panel

        register_nav("review:nav.queue", "review:queue", roles=(*COUNTY, "auditor"), order=10, badge=_waiting)
        for role in COUNTY:
            start_page(role, "review:queue")
        opens_parts(SUPPLEMENT, parts_open)
        register_panel("applicant.supplement", "review/panel_supplement.html", answering_views.panel)


def _waiting(request: HttpRequest) -> int:
    from careward.applications.models import Application

    return Application.objects.visible_to(request.user).waiting_for_review().count()
