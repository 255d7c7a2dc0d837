"""How much of the months' lists waits for somebody."""

from careward.accounts.models import Role, User
from careward.changes.models import ConnectionChange, ListRelease
from careward.changes.releasing import may_release, months
from careward.kernel import clock


def waiting_for(viewer: object) -> int:
    """Lists to be released by the ministry's office, or items to be processed by the vendor; 0 for others."""
    if not isinstance(viewer, User):
        return 0
    open_ones = ConnectionChange.objects.visible_to(viewer).unprocessed()
    if not open_ones.exists():
        return 0
    if viewer.role == Role.MINISTRY:
        return sum(bool(may_release(viewer, month)) for month in months(clock.now()))
    released = ListRelease.objects.parts()
    return sum(one.part in released for one in open_ones.select_related("application"))
