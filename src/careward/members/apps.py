"""Django's name for the people of institutions and vendors."""

from django.apps import AppConfig
from django.http import HttpRequest


class MembersConfig(AppConfig):
    """People, positions, delegations."""

    name = "careward.members"
    label = "members"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Say where people sit; lead from the institution's page to its people and delegations."""
        from careward.accounts.access import NO_SEAT, start_page
        from careward.members import acts, letters, seating  # noqa: F401 - binding and registering
        from careward.shell.panels import register_panel

        start_page(NO_SEAT, "members:choose")
        start_page("company_head", "members:clients")
        start_page("company_clerk", "members:clients")
        register_panel("institution.home", "members/panel_people.html", _seat, order=40)
        register_panel("account", "members/panel_seat.html", _elsewhere, order=5)


def _seat(request: HttpRequest | None, subject: object) -> dict[str, object] | None:
    from careward.accounts.models import User

    user = getattr(request, "user", None)
    if not isinstance(user, User) or user.seat is None:
        return None
    may = {right: user.seat.may(right) for right in ("people", "delegate")}
    return {"seat": user.seat, **may}


def _elsewhere(request: HttpRequest | None, subject: object) -> dict[str, object] | None:
    from careward.accounts.models import User
    from careward.accounts.seats import seats_of

    user = getattr(request, "user", None)
    if not isinstance(user, User) or user.is_staff_member or len(seats_of(user)) < 2:
        return None
    return {"seat": user.seat}
