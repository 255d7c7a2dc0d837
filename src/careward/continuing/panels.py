"""What pages of other packages show of the continuing institutions."""

from django.http import HttpRequest

from careward.applications.models import Application
from careward.continuing.changes import changes_of, invitation_of


def letter_panel(request: HttpRequest | None, subject: object) -> dict[str, object] | None:
    """On the page of the public form that says 延續: how to get the letter once more."""
    return {}


def changes_panel(request: HttpRequest | None, subject: object) -> dict[str, object] | None:
    """On the reviewer's case page: what a continuing institution changed, old beside new."""
    assert isinstance(subject, Application)
    changes = changes_of(subject)
    if changes is None:
        return None
    return {"application": subject, "changes": changes, "invitation": invitation_of(subject)}
