"""Who may see what of which institution: decided once, asked by every package that shows them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol, cast

from django.db.models import Q

from careward import rulebook

NOBODY: Final = Q(pk__in=[])


class Viewer(Protocol):
    """As much of a signed-in person as reach depends on; ``unit`` is a local or a central unit of the rulebook."""

    role: str
    county: str
    unit: str
    institution_code: str


@dataclass(frozen=True, slots=True)
class Fields:
    """What a table calls an institution's code, type and county, and the unit a row was handed to, if it has one."""

    code: str
    kind: str
    county: str
    unit: str = ""


def types_in_charge(local_unit: str, county: str = "") -> tuple[str, ...]:
    """Ids of the institution types a county's unit (``social``, ``health``) is in charge of.

    Source: domain.md §5 (老福, 身障 → 社會局處; 護理之家, 住宿長照 → 衛生局), unless rules/counties.yaml says
    otherwise for this county.
    """
    book = rulebook.current()
    return tuple(kind for kind in book.institution_types if book.local_unit(kind, county).id == local_unit)


def types_of_office(central_unit: str) -> tuple[str, ...]:
    """Ids of the institution types one of the ministry's offices is in charge of (domain.md §5)."""
    types = rulebook.current().institution_types.values()
    return tuple(kind.id for kind in types if kind.central_unit == central_unit)


def types_of(viewer: object) -> tuple[str, ...]:
    """Ids of the institution types somebody looks after, for others today too (職務代理), in the rulebook's order.

    Those of the unit where the role's scope is one; all of them for everybody else.
    """
    people = (viewer, *getattr(viewer, "represented", tuple)())
    theirs = {kind for person in people for kind in _own_types(person)}
    return tuple(kind for kind in rulebook.current().institution_types if kind in theirs)


def _own_types(viewer: object) -> tuple[str, ...]:
    book = rulebook.current()
    role = book.roles.get(getattr(viewer, "role", ""))
    if role is not None and role.scope in _TYPES:
        return _TYPES[role.scope](cast("Viewer", viewer))
    return tuple(book.institution_types)


_TYPES: Final[Mapping[str, Callable[[Viewer], tuple[str, ...]]]] = {
    "county_unit": lambda viewer: types_in_charge(viewer.unit, viewer.county),
    "central_unit": lambda viewer: types_of_office(viewer.unit),
}


def reach(viewer: object, *, code: str, kind: str, county: str, unit: str = "") -> Q:
    """What ``viewer`` may see of a table, whose fields for institution code, type and county are named here.

    The role's scope in rules/roles.yaml decides; the anonymous visitor and whoever lacks the county, unit or
    institution that the scope is made of sees nothing. A deputy sees besides what those see whom they stand in
    for today. ``unit`` names the field, if there is one, that hands a single row to another local unit of the
    county; empty in a row, the type decides.
    """
    fields = Fields(code, kind, county, unit)
    found = _own_reach(viewer, fields)
    for person in getattr(viewer, "represented", tuple)():
        found |= _own_reach(person, fields)
    return found


def _own_reach(viewer: object, fields: Fields) -> Q:
    role = rulebook.current().roles.get(getattr(viewer, "role", ""))
    return _SCOPES[role.scope](cast("Viewer", viewer), fields) if role else NOBODY


def _of_county(viewer: Viewer, fields: Fields) -> Q:
    types = types_in_charge(viewer.unit, viewer.county)
    if not (viewer.county and viewer.unit):
        return NOBODY
    mine = Q(**{f"{fields.kind}__in": types})
    if fields.unit:
        mine = (mine & Q(**{fields.unit: ""})) | Q(**{fields.unit: viewer.unit})
    return Q(**{fields.county: viewer.county}) & mine


def _of_office(viewer: Viewer, fields: Fields) -> Q:
    types = types_of_office(viewer.unit)
    return Q(**{f"{fields.kind}__in": types}) if types else NOBODY


def _own(viewer: Viewer, fields: Fields) -> Q:
    return Q(**{fields.code: viewer.institution_code}) if viewer.institution_code else NOBODY


_SCOPES: Final[Mapping[str, Callable[[Viewer, Fields], Q]]] = {
    "county_unit": _of_county,
    "central_unit": _of_office,
    "everything": lambda _viewer, _fields: Q(),
    "own_institution": _own,
    "nothing": lambda _viewer, _fields: NOBODY,
}
