"""Whom an officer may call: the ministry's contact windows of the types in question (S0 註)."""

from collections.abc import Iterable

from careward.accounts.models import User
from careward.applications.models import Application
from careward.registry.rules import types_in_charge
from careward.rulebook import current
from careward.rulebook.season import Season

Windows = list[tuple[str, str]]
"""Type in words and telephone."""


def windows(season: Season, types: Iterable[str]) -> Windows:
    """The windows of some institution types, each once, in the rulebook's order."""
    wanted = set(types)
    known = current().institution_types.values()
    return [(one.label, season.contact_window(one.id).phone) for one in known if one.id in wanted]


def windows_of_desk(season: Season, user: User) -> Windows:
    """Those of the types somebody reviews, for others today too; of all types for who has no desk."""
    desks = [one for one in (user, *user.represented()) if one.county]
    types = [type_ for one in desks for type_ in types_in_charge(one.unit, one.county)]
    return windows(season, types or current().institution_types)


def windows_of_cases(season: Season, cases: Iterable[Application]) -> Windows:
    """Those of the types some cases are of."""
    return windows(season, (case.institution_type for case in cases))
