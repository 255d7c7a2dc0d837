"""Django's name for the overview; its place in the frame."""

from django.apps import AppConfig


class OversightConfig(AppConfig):
    """What supervisors and the ministry look at."""

    name = "careward.oversight"
    label = "oversight"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the overview and where the ministry and auditors begin."""
        from careward.accounts import links
        from careward.accounts.access import start_page
        from careward.oversight import panels, receipts
        from careward.review import timeline
        from careward.shell.navigation import register_nav
        from careward.shell.panels import register_panel

        seers = ("supervisor", "ministry", "auditor")
        register_nav("oversight:nav.overview", "oversight:overview", roles=seers, order=20)
        register_nav(
            "oversight:nav.exports", "oversight:exports", roles=("administrator", "auditor"), order=85
        )
        for role in ("ministry", "auditor"):
            start_page(role, "oversight:overview")
        links.purpose(
            receipts.PURPOSE,
            challenge=panels.mailbox_of,
            opens=panels.page_of,
            anew="oversight:link_anew",
            anew_at="account_login",
            asks="oversight:open_receipt",
        )
        timeline.follow("oversight.Arrival", "application_id")
        register_panel("case.account", "oversight/panel_receipt.html", panels.receipts_of, order=5)
        register_panel("account.home", "oversight/panel_choice.html", panels.choice_of)
