"""Django's name for provisioning; its place in the frame."""

from django.apps import AppConfig
from django.http import HttpRequest


class ProvisioningConfig(AppConfig):
    """Upload accounts and address lists."""

    name = "careward.provisioning"
    label = "provisioning"

    def ready(self) -> None:
        """Register the vendor's queue, the secret's link and the account panel."""
        from careward.accounts.access import start_page
        from careward.accounts.links import purpose
        from careward.applications.sharing import also_used
        from careward.continuing.carrying import networks_from
        from careward.correspondence.signals import letter_sent
        from careward.provisioning import dates, following, system_acts  # noqa: F401 - bound by import
        from careward.review.timeline import follow
        from careward.shell.navigation import register_nav
        from careward.shell.panels import register_panel

        start_page("vendor", "provisioning:queue")
        networks_from(following.networks_now)
        also_used(following.uses_of)
        follow("provisioning.UploadAccount", "application_id", following.told)
        purpose(
            "secret",
            challenge=following.code_of_account,
            opens=following.secret_address,
            anew="provisioning:link_anew",
            anew_at="site:contact",
        )
        letter_sent.connect(following.account_letter_left, dispatch_uid="provisioning.account_letter_left")
        register_nav(
            "provisioning:nav.queue",
            "provisioning:queue",
            roles=("vendor", "ministry"),
            order=10,
            badge=_waiting,
        )
        register_nav(
            "provisioning:nav.indicator", "provisioning:import_indicator", roles=("ministry",), order=45
        )
        register_panel(
            "institution.home", "provisioning/panel_account.html", following.account_panel, order=10
        )
        register_panel("applicant.case", "provisioning/panel_applicant.html", following.case_panel, order=10)
        register_panel("case.account", "provisioning/panel_case.html", following.case_panel, order=10)


def _waiting(request: HttpRequest) -> int | None:
    """What the vendor has to make; the ministry only looks."""
    from careward.provisioning.models import UploadAccount

    if getattr(request.user, "role", "") != "vendor":
        return None
    return UploadAccount.objects.waiting_for_the_vendor().count()
