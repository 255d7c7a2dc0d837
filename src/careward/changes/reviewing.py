"""Looking at the full ID number of the person a change names."""

from careward.accounts.models import User
from careward.changes.models import ConnectionChange
from careward.journal import acting
from careward.registry.deputies import actor_on
from careward.review.models import Unmasking


def unmask(change: ConnectionChange, user: User) -> str:
    """Give the full personal ID, and record who looked; empty when none was given."""
    with acting(actor_on(user, change), "connection_change.unmask"):
        Unmasking.objects.create(application=change.application, by=user)
    return change.person_id or ""
