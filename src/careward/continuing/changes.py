"""What an application changes of what was carried over: old beside new, for the institution and the reviewer."""

from functools import partial

from careward import rulebook
from careward.applications.models import ANSWERS, Application
from careward.continuing.models import Invitation
from careward.continuing.rules import Difference, as_text
from careward.kernel.texts import text
from careward.rulebook import Season


def invitation_of(application: Application) -> Invitation | None:
    """The invitation an application continues, however it was begun; None for one that continues nothing."""
    if application.kind != "continuing":
        return None
    mine = Invitation.objects.of_season(application.season).of_institution(application.institution_code)
    return mine.with_standing().first()


def changes_of(application: Application) -> tuple[Difference, ...] | None:
    """What differs from last season, label, old and new in words, in the form's order.

    Empty: nothing differs (同意, or a change that changes no answer). None: it continues nothing that is known.
    """
    invitation = invitation_of(application)
    if invitation is None:
        return None
    before, after = invitation.carried_answers, application.answers
    said = partial(_said, application.rules)
    return tuple(
        Difference(text(f"continuing:fields.{name}"), said(name, before[name]), said(name, after[name]))
        for name in ANSWERS
        if name in before and (before[name] or "") != (after[name] or "")
    )


def _said(season: Season, name: str, value: object) -> str:
    book, written = rulebook.current(), as_text(value)
    if not written:
        return ""
    if name == "institution_type":
        return book.institution_type(written).label
    if name == "county":
        return book.county(written).name
    if name == "ownership":
        return book.ownership(written).label
    return season.mode(written).label if name == "mode" else written
