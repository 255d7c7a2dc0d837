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
        from careward.review.supplementing import parts_open
        from careward.shell.navigation import register_nav

        register_nav("review:nav.queue", "review:queue", roles=(*COUNTY, "auditor"), order=10, badge=_waiting)
        for role in COUNTY:
            start_page(role, "review:queue")
        opens_parts(SUPPLEMENT, parts_open)


def _waiting(request: HttpRequest) -> int:
    from careward.applications.models import Application

    return Application.objects.visible_to(request.user).waiting_for_review().count()
